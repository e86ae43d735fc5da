#include "host/plot/canvas.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "host/plot/words.h"

namespace innate::host {
namespace {

constexpr std::array<std::string_view, color_count> colors{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                           "#E69F00", "#56B4E9", "#000000"};

// From -1 to 1 in even steps: blue, white, red.
constexpr std::array<std::array<int, 3>, 5> shades{
    {{0x21, 0x66, 0xAC}, {0x92, 0xC5, 0xDE}, {0xFF, 0xFF, 0xFF}, {0xF4, 0xA5, 0x82}, {0xB2, 0x18, 0x2B}}};

// Red, green and blue, a byte each.
std::string image_color(float value) {
  const float place = (std::clamp(value, -1.0f, 1.0f) + 1) / 2 * (shades.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), shades.size() - 2);
  const float share = place - static_cast<float>(below);
  std::string bytes;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto from = static_cast<float>(shades[below][i]), to = static_cast<float>(shades[below + 1][i]);
    bytes += static_cast<char>(std::lround(from + share * (to - from)));
  }
  return bytes;
}

const char* word(Canvas::Align align) {
  return align == Canvas::Align::left ? "left" : align == Canvas::Align::center ? "center" : "right";
}

}  // namespace

std::string_view series_color(std::size_t number) { return colors[number % colors.size()]; }

std::string font_words(PictureFormat format, double pixels, bool bold) {
  // pngcairo draws a font of n points larger than n pixels.
  return format == PictureFormat::svg ? fmt::format("font 'sans-serif,{}'", pixels)
                                      : fmt::format("font 'Sans{},{}'", bold ? ":Bold" : "", pixels * 0.75);
}

void Canvas::text(Pixel at, const std::string& text, const Look& look) { texts_.push_back({at, text, look}); }

void Canvas::line(const std::vector<Pixel>& points, std::string_view color, double width) {
  const std::size_t number = lines_.size();
  data_ += fmt::format("$data{} << END\n", number);
  for (const Pixel& p : points)
    data_ += std::isfinite(p.x) && std::isfinite(p.y) ? fmt::format("{:.2f} {:.2f}\n", p.x, p.y) : "\n";
  data_ += "END\n";
  lines_.push_back(
      fmt::format("$data{} using 1:2 with lines linewidth {} linecolor rgb '{}'", number, width, color));
}

void Canvas::box(const Box& box, std::string_view color, double width) {
  line({{box.left, box.bottom},
        {box.right, box.bottom},
        {box.right, box.top},
        {box.left, box.top},
        {box.left, box.bottom}},
       color, width);
}

void Canvas::disc(Pixel center, double radius, std::string_view color) {
  objects_ += fmt::format(
      "set object circle at first {:.2f},{:.2f} size first {:.2f} front fillcolor rgb '{}' fillstyle solid "
      "noborder\n",
      center.x, center.y, radius, color);
}

void Canvas::ring(Pixel center, double radius, std::string_view color) {
  disc(center, radius, color);
  disc(center, radius - 1.5, "#FFFFFF");
}

void Canvas::circle_within(const Box& frame, Pixel center, double radius, std::string_view color,
                           double width) {
  constexpr int steps = 180;
  std::vector<Pixel> points;
  for (int i = 0; i <= steps; ++i) {
    const double angle = 2 * M_PI * i / steps;
    const Pixel p{center.x + radius * std::cos(angle), center.y + radius * std::sin(angle)};
    const bool inside = p.x >= frame.left && p.x <= frame.right && p.y >= frame.bottom && p.y <= frame.top;
    points.push_back(inside ? p : Pixel{NAN, NAN});
  }
  line(points, color, width);
}

void Canvas::image(const Box& box, int rows, int columns, const std::vector<float>& values) {
  // Every pixel as several: gnuplot wants two a side at least, and viewers of an SVG blur what they enlarge.
  const double across = (box.right - box.left) / columns, down = (box.top - box.bottom) / rows;
  const int times = std::max(2, static_cast<int>(std::lround(std::min(across, down))));
  for (int r = 0; r < rows * times; ++r)
    for (int c = 0; c < columns * times; ++c)
      pixels_ += image_color(values[static_cast<std::size_t>(r / times * columns + c / times)]);
  const double dx = across / times, dy = down / times;
  images_.push_back(fmt::format(
      "'-' binary array=({},{}) flipy format='%uchar%uchar%uchar' origin=({:.4f},{:.4f}) dx={:.6f} dy={:.6f} "
      "with rgbimage",
      columns * times, rows * times, box.left + dx / 2, box.bottom + dy / 2, dx, dy));
}

std::string Canvas::script(PictureFormat format) const {
  std::string script = fmt::format(
      "set terminal {} noenhanced size {},{} {} background '#ffffff'\nset encoding utf8\n"
      "set lmargin at screen 0\nset rmargin at screen 1\nset bmargin at screen 0\nset tmargin at screen 1\n"
      "unset border\nunset tics\nunset key\nunset colorbox\nset xrange [0:{}]\nset yrange [0:{}]\n",
      format == PictureFormat::svg ? "svg" : "pngcairo", width_, height_, font_words(format, 16), width_,
      height_);
  for (const Text& text : texts_)
    script += fmt::format("set label {} at first {:.2f},{:.2f} {} front noenhanced {} textcolor rgb '{}'\n",
                          gnuplot_quoted(text.text), text.at.x, text.at.y, word(text.look.align),
                          font_words(format, text.look.size, text.look.bold), text.look.color);
  script += objects_ + data_;
  std::vector<std::string> parts = images_;
  parts.insert(parts.end(), lines_.begin(), lines_.end());
  return script + "plot " + joined(parts, ", \\\n     ") + "\n";
}

}  // namespace innate::host
