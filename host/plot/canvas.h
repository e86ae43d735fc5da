#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/plot/label_placement.h"
#include "host/plot/plot.h"

namespace innate::host {

inline constexpr std::string_view text_color = "#333333", faint_color = "#666666", grid_color = "#E3E3E3";

/// The colour of the n-th thing: Okabe and Ito's colours, which colour-blind readers can tell apart, without
/// the yellow that white swallows.
std::string_view series_color(std::size_t number);
inline constexpr std::size_t color_count = 7;

/// "font 'Sans,12'" for text of this many pixels in height.
std::string font_words(PictureFormat format, double pixels, bool bold = false);

/// A picture that is put together from texts, lines and images, without axes. All in pixels, y upwards.
class Canvas {
 public:
  Canvas(double width, double height) : width_(width), height_(height) {}

  enum class Align { left, center, right };
  struct Look {
    double size;
    std::string_view color = text_color;
    Align align = Align::left;
    bool bold = false;
  };
  /// Centred vertically on `at`.
  void text(Pixel at, const std::string& text, const Look& look);
  void line(const std::vector<Pixel>& points, std::string_view color, double width);
  void box(const Box& box, std::string_view color, double width);
  /// A filled disc, or a ring with white inside.
  void disc(Pixel center, double radius, std::string_view color);
  void ring(Pixel center, double radius, std::string_view color);
  /// A circle of which only what lies within `frame` is drawn.
  void circle_within(const Box& frame, Pixel center, double radius, std::string_view color, double width);
  /// Numbers from -1 (blue) through 0 (white) to 1 (red), row by row, the first row on top.
  void image(const Box& box, int rows, int columns, const std::vector<float>& values);

  /// What gnuplot is told. The same calls give the same script.
  std::string script(PictureFormat format) const;
  /// The pixels of the images, which gnuplot reads behind the script.
  const std::string& pixels() const { return pixels_; }

 private:
  struct Text {
    Pixel at;
    std::string text;
    Look look;
  };
  double width_, height_;
  std::vector<Text> texts_;
  std::string data_, objects_, pixels_;
  std::vector<std::string> images_, lines_;
};

}  // namespace innate::host
