// Where a byte of a text is, as people count.
#pragma once

#include <cstddef>
#include <string>

namespace innate::host {

struct Position {
  std::size_t line = 1, column = 1;  // column in characters, not bytes
};

Position position_of(const std::string& text, std::size_t byte);

/// The line that holds `byte` and below it a mark, or the part of it around `byte` where it is long.
std::string excerpt(const std::string& text, std::size_t byte);

/// `name:line:column: message`, then the excerpt.
std::string located(const std::string& name, const std::string& text, std::size_t byte,
                    const std::string& message);

}  // namespace innate::host
