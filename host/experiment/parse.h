// Text to JSON, for files that people write: comments are allowed, a key written twice is not, and every
// error says where it is.
#pragma once

#include <innate/engine/schema.h>

#include <stdexcept>
#include <string>

namespace innate::host {

using engine::Json;

/// A text that is not JSON, or holds a key twice, or a file that cannot be read. The message names the file
/// and, where there is one, the line and column.
class ParseError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `name` is what messages call the text: a file's name. Comments: `//` to the end of the line, and `/* */`.
Json parse(const std::string& text, const std::string& name);

/// Reads and parses a file of at most 16 MiB.
Json parse_file(const std::string& file);

}  // namespace innate::host
