#include "host/plot/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/results/text.h"

namespace innate::host {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void include(Range& range, double value) {
  range.low = std::min(range.low, value);
  range.high = std::max(range.high, value);
}

Range widened(Range range, double share) {
  double pad = share * (range.high - range.low);
  if (pad <= 0) pad = range.low == 0 ? 1 : 0.1 * std::abs(range.low);
  return {range.low - pad, range.high + pad};
}

Range log_widened(Range range, double share) {
  const double factor = std::max(1.15, std::pow(range.high / range.low, share));
  return {range.low / factor, range.high * factor};
}

Range x_range(const Picture& picture) {
  Range range{infinity, -infinity};
  for (const auto& series : picture.series)
    if (!series.level)
      for (const auto& point : series.points) include(range, point.x);
  for (const auto& mark : picture.marks) include(range, mark.x);
  if (picture.log_x) return log_widened(range, 0.04);
  if (range.low >= 0 && range.low < 0.3 * range.high) return {0, 1.04 * range.high};
  return widened(range, 0.04);
}

Range y_range(const Picture& picture) {
  Range range{infinity, -infinity};
  for (const auto& series : picture.series)
    for (const auto& point : series.points) {
      // A band that reaches 0 has no lower end on a logarithmic axis: it goes down to the frame.
      include(range, picture.log_y && point.y <= point.sd ? point.y : point.y - point.sd);
      include(range, point.y + point.sd);
    }
  for (const auto& mark : picture.marks) include(range, mark.y);
  Range padded = picture.log_y ? log_widened(range, 0.06) : widened(range, 0.06);
  if (range.low >= 0) padded.low = std::max(padded.low, 0.0);
  if (picture.y_label.ends_with(", %") && range.high <= 100) padded.high = std::min(padded.high, 100.0);
  return padded;
}

double text_width(const std::string& text, double font) {
  return character_width * font * static_cast<double>(terminal_columns(text));
}

double legend_width(const Picture& picture) {
  const std::size_t named = named_series(picture);
  double widest = named < picture.series.size() ? text_width(others_text(picture), tick_font) : 0;
  for (std::size_t i = 0; i < named; ++i)
    if (!picture.series[i].level)
      widest =
          std::max(widest, text_width(fitted_name(picture.series[i].label, longest_series_label), tick_font));
  return widest + 90;  // the sample and the gaps beside it
}

// ---- labels

TextSize size_of(const std::string& text) { return {text_width(text, note_font), 1.3 * note_font}; }

/// How far along an axis a value lies, from 0 to 1; what has no place on a logarithmic axis lies at its
/// start.
double share(double value, Range range, bool logarithmic) {
  if (!logarithmic) return (value - range.low) / (range.high - range.low);
  return std::log(std::max(value, range.low) / range.low) / std::log(range.high / range.low);
}

class Labels {
 public:
  Labels(const Picture& picture, Geometry& geometry)
      : picture_(picture), geometry_(geometry), placement_(geometry.frame) {}

  void place() {
    for (const auto& series : picture_.series) avoid(series);
    for (std::size_t i = 0; i < picture_.marks.size(); ++i) {
      const Pixel place = at(picture_.marks[i].x, picture_.marks[i].y);
      labelled(i) ? placement_.avoid_labelled_symbol(place) : placement_.avoid_symbol(place);
    }
    for (std::size_t i = 0; i < named_series(picture_); ++i)
      if (picture_.series[i].level) place_level(picture_.series[i]);
    for (std::size_t i = 0; i < picture_.marks.size(); ++i)
      if (labelled(i)) place_mark(picture_.marks[i]);
  }

 private:
  bool labelled(std::size_t mark) const {
    return mark < most_mark_labels && !picture_.marks[mark].label.empty();
  }

  Pixel at(double x, double y) const {
    const Box& frame = geometry_.frame;
    return {frame.left + share(x, geometry_.x, picture_.log_x) * (frame.right - frame.left),
            frame.bottom + share(y, geometry_.y, picture_.log_y) * (frame.top - frame.bottom)};
  }

  void avoid(const Series& series) {
    if (series.level) {
      const double y = series.points[0].y;
      placement_.avoid_line(at(geometry_.x.low, y), at(geometry_.x.high, y));
      return;
    }
    for (std::size_t i = 0; i < series.points.size(); ++i) {
      const PicturePoint& point = series.points[i];
      placement_.avoid_symbol(at(point.x, point.y));
      placement_.avoid_line(at(point.x, point.y - point.sd), at(point.x, point.y + point.sd));
      if (i > 0)
        placement_.avoid_line(at(series.points[i - 1].x, series.points[i - 1].y), at(point.x, point.y));
    }
  }

  void place_level(const Series& series) {
    const std::string text = level_text(series);
    const PicturePoint& point = series.points[0];
    const double line = at(geometry_.x.low, point.y).y,
                 band = at(geometry_.x.low, point.y + point.sd).y - line;
    geometry_.labels.push_back({text, placement_.along_line(line, band + 5, size_of(text))});
  }

  void place_mark(const Mark& mark) {
    const std::string text = fitted(mark.label, longest_mark_label);
    std::optional<Leader> leader;
    geometry_.labels.push_back({text, placement_.beside_symbol(at(mark.x, mark.y), size_of(text), leader)});
    if (leader) geometry_.leaders.push_back(*leader);
  }

  const Picture& picture_;
  Geometry& geometry_;
  LabelPlacement placement_;
};

}  // namespace

std::size_t named_series(const Picture& picture) {
  return std::min(picture.series.size(), most_named_series);
}

std::string others_text(const Picture& picture) {
  return fmt::format("and {} more", picture.series.size() - named_series(picture));
}

Geometry geometry_of(const Picture& picture) {
  Geometry geometry;
  geometry.frame = {105, 85, geometry.width - legend_width(picture), geometry.height - 92};
  geometry.x = x_range(picture);
  geometry.y = y_range(picture);
  Labels(picture, geometry).place();
  return geometry;
}

std::vector<double> logarithmic_tick_values(Range range) {
  const int first = static_cast<int>(std::floor(std::log10(range.low))),
            last = static_cast<int>(std::floor(std::log10(range.high)));
  const int every = 1 + (last - first) / 12;  // decades, where there are very many
  const bool few = range.high / range.low < 2000;
  std::vector<double> ticks;
  for (int decade = first; decade <= last; decade += every)
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double value = digit * std::pow(10, decade);
      if (value >= range.low && value <= range.high && (digit == 1 || few)) ticks.push_back(value);
    }
  if (ticks.size() >= 3) return ticks;
  ticks.clear();
  const double rough = (range.high - range.low) / 6, unit = std::pow(10, std::floor(std::log10(rough)));
  const double step = unit * (rough < 1.5 * unit ? 1 : rough < 3.5 * unit ? 2 : rough < 7.5 * unit ? 5 : 10);
  for (double n = std::ceil(range.low / step); n * step <= range.high; ++n) ticks.push_back(n * step);
  return ticks;
}

std::string level_text(const Series& series) {
  return fmt::format("{} (at x = {:.4g})", fitted_name(series.label, longest_series_label),
                     series.points[0].x);
}

}  // namespace innate::host
