// Numbers of the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace innate::host {

/// "0", "42": digits alone, the first of several not 0, up to `most`; nothing else is a number here.
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t most);

}  // namespace innate::host
