#include "host/plot/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/plot/words.h"

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

Range x_range(const Picture& picture) {
  Range range{infinity, -infinity};
  for (const auto& series : picture.series)
    if (!series.level)
      for (const auto& point : series.points) include(range, point.x);
  for (const auto& mark : picture.marks) include(range, mark.x);
  if (picture.log_x) {
    const double factor = std::max(1.15, std::pow(range.high / range.low, 0.04));
    return {range.low / factor, range.high * factor};
  }
  if (range.low >= 0 && range.low < 0.3 * range.high) return {0, 1.04 * range.high};
  return widened(range, 0.04);
}

Range y_range(const Picture& picture) {
  Range range{infinity, -infinity};
  for (const auto& series : picture.series)
    for (const auto& point : series.points) {
      include(range, point.y - point.sd);
      include(range, point.y + point.sd);
    }
  for (const auto& mark : picture.marks) include(range, mark.y);
  Range padded = widened(range, 0.06);
  if (range.low >= 0) padded.low = std::max(padded.low, 0.0);
  if (picture.y_label.ends_with(", %") && range.high <= 100) padded.high = std::min(padded.high, 100.0);
  return padded;
}

double text_width(const std::string& text, double font) {
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return character_width * font * static_cast<double>(characters);
}

double legend_width(const Picture& picture) {
  double widest = 0;
  for (const auto& series : picture.series)
    if (!series.level) widest = std::max(widest, text_width(printable(series.label, longest_series_label), tick_font));
  return widest + 75;  // the sample and the gaps beside it
}

// ---- labels

struct Pixel {
  double x, y;
};

class Placement {
 public:
  Placement(const Picture& picture, const Layout& layout) : picture_(picture), layout_(layout) {
    for (const auto& series : picture.series) add_obstacles(series);
    for (const auto& mark : picture.marks) add_symbol(at(mark.x, mark.y));
  }

  PlacedText mark_label(const Mark& mark) {
    const std::string text = printable(mark.label, longest_mark_label);
    const double width = text_width(text, note_font), height = 1.3 * note_font;
    const Pixel center = at(mark.x, mark.y);
    std::vector<Pixel> starts;  // of the text: right, left, above, below, diagonals; then further out
    for (const double gap : {13.0, 30.0, 55.0}) {
      const double right = center.x + gap, left = center.x - gap - width, middle = center.x - width / 2;
      const double above = center.y + gap + height / 2, below = center.y - gap - height / 2;
      starts.insert(starts.end(), {{right, center.y}, {left, center.y}, {middle, above}, {middle, below},
                                   {right, above}, {right, below}, {left, above}, {left, below}});
    }
    return best_of(text, width, height, starts);
  }

  PlacedText level_label(const Series& series) {
    const std::string text = level_text(series);
    const double width = text_width(text, note_font), height = 1.3 * note_font;
    const double line = at(layout_.x.low, series.points[0].y).y, band = pixels_of(series.points[0].sd);
    const double room = layout_.frame.right - layout_.frame.left - width;
    std::vector<Pixel> starts;
    for (const double share : {0.985, 0.75, 0.5, 0.25, 0.015})
      for (const double side : {1.0, -1.0})
        starts.push_back({layout_.frame.left + share * room, line + side * (band + 0.75 * height)});
    return best_of(text, width, height, starts);
  }

 private:
  Pixel at(double x, double y) const {
    const auto share = [](double value, Range range) { return (value - range.low) / (range.high - range.low); };
    const double across = picture_.log_x
                              ? share(std::log(x), {std::log(layout_.x.low), std::log(layout_.x.high)})
                              : share(x, layout_.x);
    const Box& frame = layout_.frame;
    return {frame.left + across * (frame.right - frame.left),
            frame.bottom + share(y, layout_.y) * (frame.top - frame.bottom)};
  }

  double pixels_of(double dy) const {
    return dy / (layout_.y.high - layout_.y.low) * (layout_.frame.top - layout_.frame.bottom);
  }

  void add_segment(Pixel a, Pixel b) {
    const double length = std::hypot(b.x - a.x, b.y - a.y);
    const int pieces = 1 + static_cast<int>(length / 4);
    for (int i = 0; i <= pieces; ++i) {
      const double share = static_cast<double>(i) / pieces;
      obstacles_.push_back({a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)});
    }
  }

  void add_symbol(Pixel center) {
    for (const double dx : {-7.0, 0.0, 7.0})
      for (const double dy : {-7.0, 0.0, 7.0}) obstacles_.push_back({center.x + dx, center.y + dy});
  }

  void add_obstacles(const Series& series) {
    if (series.level) {
      const double y = series.points[0].y;
      add_segment(at(layout_.x.low, y), at(layout_.x.high, y));
      return;
    }
    for (std::size_t i = 0; i < series.points.size(); ++i) {
      const PicturePoint& point = series.points[i];
      add_symbol(at(point.x, point.y));
      add_segment(at(point.x, point.y - point.sd), at(point.x, point.y + point.sd));
      if (i > 0)
        add_segment(at(series.points[i - 1].x, series.points[i - 1].y), at(point.x, point.y));
    }
  }

  double cost(const Box& box) const {
    double sum = 0;
    for (const auto& point : obstacles_)
      sum += point.x > box.left && point.x < box.right && point.y > box.bottom && point.y < box.top;
    for (const auto& other : taken_)
      if (box.left < other.right && other.left < box.right && box.bottom < other.top && other.bottom < box.top)
        sum += 1000;
    const Box& frame = layout_.frame;
    if (box.left < frame.left || box.right > frame.right || box.bottom < frame.bottom || box.top > frame.top)
      sum += 10000;
    return sum;
  }

  PlacedText best_of(const std::string& text, double width, double height, const std::vector<Pixel>& starts) {
    const auto box = [&](Pixel start) {
      return Box{start.x - 3, start.y - height / 2, start.x + width + 3, start.y + height / 2};
    };
    const auto best = std::min_element(starts.begin(), starts.end(),
                                       [&](Pixel a, Pixel b) { return cost(box(a)) < cost(box(b)); });
    taken_.push_back(box(*best));
    return {text, best->x, best->y};
  }

  const Picture& picture_;
  const Layout& layout_;
  std::vector<Pixel> obstacles_;
  std::vector<Box> taken_;
};

}  // namespace

Layout layout_of(const Picture& picture) {
  Layout layout;
  layout.height = std::max(layout.height, 200 + 1.5 * tick_font * static_cast<double>(picture.series.size()));
  layout.frame = {105, 85, layout.width - legend_width(picture), layout.height - 92};
  layout.x = x_range(picture);
  layout.y = y_range(picture);
  Placement placement(picture, layout);
  std::vector<PlacedText> labels;
  for (const auto& series : picture.series)
    if (series.level) labels.push_back(placement.level_label(series));
  for (const auto& mark : picture.marks)
    if (!mark.label.empty()) labels.push_back(placement.mark_label(mark));
  layout.labels = std::move(labels);
  return layout;
}

std::string level_text(const Series& series) {
  return fmt::format("{} (at x = {:.4g})", printable(series.label, longest_series_label), series.points[0].x);
}

}  // namespace innate::host
