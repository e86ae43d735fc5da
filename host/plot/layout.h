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

struct Layout {
  double width = 1200, height = 750;
  Box frame{};  // of the axes
  Range x{}, y{};
  std::vector<PlacedText> labels;  // of marks and levels
  std::vector<Leader> leaders;
};

inline constexpr double tick_font = 17, label_font = 19, title_font = 23, note_font = 16;  // pixels
/// The mean width of a character of a proportional font, as a share of its size, on the generous side.
inline constexpr double character_width = 0.6;
inline constexpr std::size_t longest_series_label = 40, longest_mark_label = 48;

Layout layout_of(const Picture& picture);

/// Where a logarithmic axis has ticks: 1, 2, 5 of each decade, the decades alone where there are many, even
/// steps where there is less than one.
std::vector<double> logarithmic_tick_values(Range range);

/// What a level's line says about itself.
std::string level_text(const Series& series);

}  // namespace innate::host
