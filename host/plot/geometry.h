#pragma once

#include <string>
#include <vector>

#include "host/plot/label_placement.h"
#include "host/plot/picture.h"

namespace innate::host {

/// Where everything stands on the canvas, in pixels from its lower left corner. Worked out here and not left
/// to gnuplot, so that labels can be put where they cover nothing.
struct Range {
  double low, high;
};

struct Geometry {
  double width = 1200, height = 750;
  Box frame{};  // of the axes
  Range x{}, y{};
  std::vector<PlacedText> labels;  // of marks and levels
  std::vector<Leader> leaders;
};

inline constexpr double tick_font = 17, label_font = 19, title_font = 23, note_font = 16;  // pixels
/// The mean width of a character of a proportional font, as a share of its size, on the generous side; what
/// takes two columns of a terminal is twice as wide.
inline constexpr double character_width = 0.6;
/// How many columns of text (host/results/text.h) fit into a width.
constexpr std::size_t fitting(double pixels, double font) {
  return static_cast<std::size_t>(pixels / (character_width * font));
}
inline constexpr std::size_t longest_series_label = 40, longest_mark_label = 48, longest_title = 72,
                             longest_subtitle = 105;

/// More series than this cannot be told apart: the others are drawn as one, in grey.
inline constexpr std::size_t most_named_series = 20;
inline constexpr std::size_t most_mark_labels = 20;

/// How many series, from the first on, have a colour and a name.
std::size_t named_series(const Picture& picture);
/// What the legend says of the others: "and 980 more".
std::string others_text(const Picture& picture);

Geometry geometry_of(const Picture& picture);

/// Where a logarithmic axis has ticks: 1, 2, 5 of each decade, the decades alone where there are many, even
/// steps where there is less than one.
std::vector<double> logarithmic_tick_values(Range range);

/// What a level's line says about itself.
std::string level_text(const Series& series);

}  // namespace innate::host
