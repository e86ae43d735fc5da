#include "host/plot/fonts.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "host/plot/child.h"
#include "host/results/text.h"

namespace innate::host {
namespace {

constexpr char32_t box = 0x25A1;

bool can_draw(const CharacterSpans& drawable, char32_t code) {
  return std::any_of(drawable.begin(), drawable.end(),
                     [code](const auto& span) { return code >= span.first && code <= span.second; });
}

// Joiners, directions and variants of the character before: no font draws them.
bool is_unseen(char32_t code) {
  return (code >= 0x200B && code <= 0x200F) || (code >= 0x2060 && code <= 0x2064) ||
         (code >= 0xFE00 && code <= 0xFE0F) || code == 0xFEFF;
}

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// "20-7e" or "a0"; an empty span (1, 0) for anything else.
std::pair<char32_t, char32_t> span_of(std::string_view word) {
  std::uint32_t first = 1, last = 0;
  const char* end = word.data() + word.size();
  const auto [dash, error] = std::from_chars(word.data(), end, first, 16);
  if (error != std::errc()) return {1, 0};
  last = first;
  if (dash != end && (*dash != '-' || std::from_chars(dash + 1, end, last, 16).ptr != end)) return {1, 0};
  return {first, last};
}

CharacterSpans merged(CharacterSpans spans) {
  std::sort(spans.begin(), spans.end());
  CharacterSpans result;
  for (const auto& [first, last] : spans)
    if (result.empty() || first > result.back().second + 1)
      result.emplace_back(first, last);
    else
      result.back().second = std::max(result.back().second, last);
  return result;
}

}  // namespace

CharacterSpans listed_characters(std::string_view list) {
  CharacterSpans spans;
  bool counts = false;  // pango draws with outlines alone
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(" \n"), list.size());
    const std::string_view word = list.substr(0, end);
    if (word == "TrueType" || word == "CFF")
      counts = true;
    else if (const auto span = span_of(word); counts && span.first <= span.second)
      spans.push_back(span);
    if (end < list.size() && list[end] == '\n') counts = false;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return merged(std::move(spans));
}

CharacterSpans drawable_characters() {
  try {
    const ChildEnding ending = run_child({"fc-list", "--format", "%{fontformat} %{charset}\\n"}, "");
    return ending.problem.empty() ? listed_characters(ending.output) : CharacterSpans{};
  } catch (const PlotError&) {
    return {};
  }
}

std::string with_marks(std::string_view text, const CharacterSpans& drawable) {
  if (drawable.empty()) return std::string(text);
  const std::string mark = can_draw(drawable, box) ? "□" : "?";
  std::string result;
  bool marked = false;
  while (!text.empty()) {
    const auto [code, length] = first_character(text);
    if (!is_unseen(code)) {
      const bool lacks = code >= 0x80 && !can_draw(drawable, code);
      if (lacks && !marked) result += mark;
      marked = lacks;
    }
    if (!marked) result += text.substr(0, length);
    text.remove_prefix(length);
  }
  return result;
}

std::string drawable_text(std::string text) {
  return is_ascii(text) ? std::move(text) : with_marks(text, drawable_characters());
}

}  // namespace innate::host
