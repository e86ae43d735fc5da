#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace innate::host {

/// Characters by their codes, first and last of each span.
using CharacterSpans = std::vector<std::pair<char32_t, char32_t>>;

/// What the fonts of this machine can draw, of which a picture's text takes the next where one lacks a
/// character: what `fc-list` says, which gnuplot-nox brings along. Nothing where that cannot be asked.
CharacterSpans drawable_characters();

/// The spans of a list as fc-list prints it: a line a font, "TrueType 20-7e a0 4e00-9fff".
CharacterSpans listed_characters(std::string_view list);

/// The text with one mark ("□", or "?" where that cannot be drawn either) for each row of characters that are
/// not among these. Text of ASCII, and any text where nothing is known, stays as it is.
std::string with_marks(std::string_view text, const CharacterSpans& drawable);

/// The same for this machine's fonts, which are asked only where the text is not ASCII.
std::string drawable_text(std::string text);

}  // namespace innate::host
