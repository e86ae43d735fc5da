#include "host/results/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace innate::host {

namespace {

using Span = std::pair<char32_t, char32_t>;

// As Unicode's East_Asian_Width W and F have them, roughly; emoji too.
constexpr std::array<Span, 11> wide{{{0x1100, 0x115F},
                                     {0x2E80, 0x303E},
                                     {0x3041, 0xA4CF},
                                     {0xA960, 0xA97C},
                                     {0xAC00, 0xD7A3},
                                     {0xF900, 0xFAFF},
                                     {0xFE30, 0xFE6F},
                                     {0xFF00, 0xFF60},
                                     {0xFFE0, 0xFFE6},
                                     {0x1F300, 0x1FAFF},
                                     {0x20000, 0x3FFFD}}};
// What joins the character before it or is not seen.
constexpr std::array<Span, 8> narrow{{{0x0300, 0x036F},
                                      {0x0483, 0x0489},
                                      {0x0591, 0x05BD},
                                      {0x200B, 0x200F},
                                      {0x202A, 0x202E},
                                      {0x20D0, 0x20FF},
                                      {0xFE00, 0xFE0F},
                                      {0xFE20, 0xFE2F}}};

template <std::size_t count>
bool in(const std::array<Span, count>& spans, char32_t code) {
  return std::any_of(spans.begin(), spans.end(),
                     [&](const Span& span) { return code >= span.first && code <= span.second; });
}

// The length of the valid UTF-8 sequence at the start of `text`, 0 where it is not one.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  if (byte(0) < 0x80) return 1;
  if (byte(0) >= 0xC2 && byte(0) <= 0xDF && follows(1)) return 2;
  const bool three = follows(1) && follows(2);
  if (byte(0) == 0xE0 && three && byte(1) >= 0xA0) return 3;
  if (byte(0) == 0xED && three && byte(1) <= 0x9F) return 3;
  if (byte(0) >= 0xE1 && byte(0) <= 0xEF && byte(0) != 0xED && three) return 3;
  const bool four = three && follows(3);
  if (byte(0) == 0xF0 && four && byte(1) >= 0x90) return 4;
  if (byte(0) >= 0xF1 && byte(0) <= 0xF3 && four) return 4;
  if (byte(0) == 0xF4 && four && byte(1) <= 0x8F) return 4;
  return 0;
}

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

// Marks that turn or hide the text around them are as good as control characters; joiners are not.
bool turns_text(char32_t code) {
  return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

std::size_t columns_of(char32_t code) { return in(narrow, code) ? 0 : in(wide, code) ? 2 : 1; }

// The text's start that takes at most `most`, as `size` counts a character; with "…", of size 1, where more
// follows.
template <typename Size>
std::string cut(std::string_view text, std::size_t most, Size size) {
  std::string result;
  std::size_t taken = 0, room = 0;  // room: where the last character that leaves room for "…" ends
  while (!text.empty()) {
    const auto [code, length] = first_character(text);
    const bool valid = code != 0xFFFD || length == 3;
    taken += size(code);
    if (taken > most) return result.substr(0, room) + (most > 0 ? "…" : "");
    result += !valid ? "?" : is_control(code) || turns_text(code) ? " " : std::string(text.substr(0, length));
    if (taken < most) room = result.size();
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace

Character first_character(std::string_view text) {
  const std::size_t length = sequence_length(text);
  if (length == 0) return {0xFFFD, 1};
  constexpr std::array<unsigned, 5> mask{0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code = static_cast<unsigned char>(text[0]) & mask[length];
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return {code, length};
}

std::string printable(std::string_view text, std::size_t longest) {
  return cut(text, longest, [](char32_t) { return std::size_t{1}; });
}

std::size_t terminal_columns(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto [code, length] = first_character(text);
    columns += columns_of(code);
    text.remove_prefix(length);
  }
  return columns;
}

std::string fitted(std::string_view text, std::size_t columns) { return cut(text, columns, columns_of); }

std::string fitted_name(std::string_view name, std::size_t columns) {
  if (terminal_columns(name) <= columns) return fitted(name, columns);
  std::string_view end = name;  // a third of the room
  while (terminal_columns(end) > columns / 3) end.remove_prefix(first_character(end).length);
  return fitted(name, columns - terminal_columns(end)) + printable(end);
}

std::string short_name(std::string_view name) { return fitted_name(name, 40); }

std::string quoted_list(const std::vector<std::string>& names) {
  constexpr std::size_t most = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", short_name(names[i]));
  return names.size() > most ? fmt::format("{} and {} more", text, names.size() - most) : text;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t most) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > most) return std::nullopt;
  return number;
}

}  // namespace innate::host
