#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace innate::host {

/// A character at the start of a text.
struct Character {
  char32_t code;       // U+FFFD where the bytes are not UTF-8
  std::size_t length;  // bytes; 1 where they are not UTF-8
};

/// The first character of a text that is not empty.
Character first_character(std::string_view text);

/// Text that any font and terminal can take: valid UTF-8, no control characters, at most `longest` characters
/// ("…").
std::string printable(std::string_view text, std::size_t longest = 1000000);

/// How many columns of a terminal a text takes: two for a Chinese, Japanese or Korean character, none for an
/// accent that joins the letter before it.
std::size_t terminal_columns(std::string_view text);

/// Printable text of at most this many columns of a terminal; "…" stands for what was cut off its end.
std::string fitted(std::string_view text, std::size_t columns);

/// The same for a name, cut in its middle: names that are long often differ at their ends.
std::string fitted_name(std::string_view name, std::size_t columns);

/// What messages call a variant: its name, as much of it as a line has room for.
std::string short_name(std::string_view name);

/// "'a', 'b'", and how many more there are where there are more than ten.
std::string quoted_list(const std::vector<std::string>& names);

/// A number of the command line. "0", "42": digits alone, the first of several not 0, up to `most`; nothing
/// else is a number here.
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t most);

}  // namespace innate::host
