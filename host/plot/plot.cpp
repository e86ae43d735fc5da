#include "host/plot/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <string>

#include "host/plot/canvas.h"
#include "host/plot/child.h"
#include "host/plot/fonts.h"
#include "host/plot/geometry.h"
#include "host/plot/picture.h"
#include "host/plot/words.h"
#include "host/results/csv.h"
#include "host/results/file.h"
#include "host/results/text.h"

namespace innate::host {

// ---- the script

namespace {

// Filled circle, square, triangle, diamond, triangle down, pentagon: shape tells what colour may not.
constexpr std::array<int, 6> symbols{7, 5, 9, 13, 11, 15};

constexpr std::string_view others_color = "#B3B3B3";

struct Style {
  std::string_view color;
  int symbol;
  std::string_view dashes;  // where colours come again
};

Style style_of(std::size_t series) {
  return {series_color(series), symbols[series % symbols.size()], series < color_count ? "solid" : "(4,3)"};
}

class Script {
 public:
  Script(const Picture& picture, PictureFormat format)
      : picture_(picture), geometry_(geometry_of(picture)), named_(named_series(picture)), format_(format) {}

  std::string text() {
    terminal();
    axes();
    legend();
    texts();
    for (std::size_t i = 0; i < named_; ++i) data(fmt::format("$series{}", i), i, i + 1);
    if (named_ < picture_.series.size()) data("$others", named_, picture_.series.size());
    mark_data();
    plot();
    return std::move(text_);
  }

 private:
  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }

  std::string font(double size, bool bold = false) const { return font_words(format_, size, bold); }

  double across(double pixels) const { return pixels / geometry_.width; }
  double up(double pixels) const { return pixels / geometry_.height; }

  void terminal() {
    line("set terminal {} noenhanced size {},{} {} background '#ffffff'",
         format_ == PictureFormat::svg ? "svg" : "pngcairo", geometry_.width, geometry_.height,
         font(tick_font));
    line("set encoding utf8");
  }

  void axes() {
    const Box& frame = geometry_.frame;
    line("set lmargin at screen {:.5f}", across(frame.left));
    line("set rmargin at screen {:.5f}", across(frame.right));
    line("set bmargin at screen {:.5f}", up(frame.bottom));
    line("set tmargin at screen {:.5f}", up(frame.top));
    line("set border 3 linewidth 1.5 linecolor rgb '{}'", faint_color);
    line("set grid xtics ytics linetype 1 linewidth 1 linecolor rgb '{}'", grid_color);
    line("set tics nomirror out scale 0.6 textcolor rgb '{}'", text_color);
    line("set format '%.8g'");
    line("set xrange [{}:{}]", number(geometry_.x.low), number(geometry_.x.high));
    line("set yrange [{}:{}]", number(geometry_.y.low), number(geometry_.y.high));
    if (picture_.log_x) logarithmic_ticks("x", geometry_.x);
    if (picture_.log_y) logarithmic_ticks("y", geometry_.y);
    const double middle = (frame.left + frame.right) / 2,
                 room = 2 * std::min(middle, geometry_.width - middle);
    line("set xlabel {} {} textcolor rgb '{}'",
         gnuplot_quoted(fitted(picture_.x_label, fitting(room, label_font))), font(label_font), text_color);
    line("set ylabel {} {} textcolor rgb '{}' offset -1,0",
         gnuplot_quoted(fitted(picture_.y_label, fitting(geometry_.height - 60, label_font))),
         font(label_font), text_color);
  }

  void logarithmic_ticks(std::string_view axis, Range range) {
    line("set logscale {} 10", axis);
    std::string ticks;
    for (const double value : logarithmic_tick_values(range))
      ticks += fmt::format("{}'{:.8g}' {:.8g}", ticks.empty() ? "" : ", ", value, value);
    line("set {}tics ({})", axis, ticks);
  }

  void legend() {
    const double x = geometry_.frame.right + 22, y = geometry_.frame.top + 6;
    line(
        "set key at screen {:.5f},{:.5f} left top Left reverse vertical noenhanced samplen 1.6 spacing 1.35 "
        "textcolor rgb '{}'",
        across(x), up(y), text_color);
  }

  void label(const std::string& text, double x, double y, const std::string& looks) {
    if (text.empty()) return;
    line("set label {} at screen {:.5f},{:.5f} left front noenhanced {}", gnuplot_quoted(text), across(x),
         up(y), looks);
  }

  void texts() {
    const double left = geometry_.frame.left, top = geometry_.height;
    label(fitted(picture_.title, longest_title), left, top - 34,
          fmt::format("{} textcolor rgb '{}'", font(title_font, true), text_color));
    label(fitted(picture_.subtitle, longest_subtitle), left, top - 65,
          fmt::format("{} textcolor rgb '{}'", font(note_font), faint_color));
    for (const auto& placed : geometry_.labels)
      label(placed.text, placed.start.x, placed.start.y,
            fmt::format("{} textcolor rgb '{}'", font(note_font), text_color));
    for (const auto& leader : geometry_.leaders)
      line(
          "set arrow from screen {:.5f},{:.5f} to screen {:.5f},{:.5f} nohead front linewidth 1.2 linecolor "
          "rgb '{}'",
          across(leader.from.x), up(leader.from.y), across(leader.to.x), up(leader.to.y), text_color);
  }

  // Of several series, an empty line between two.
  void data(const std::string& name, std::size_t first, std::size_t last) {
    line("{} << END", name);
    for (std::size_t i = first; i < last; ++i) {
      const Series& series = picture_.series[i];
      if (i > first) line("");
      if (series.level) {
        const PicturePoint& point = series.points[0];
        for (const double x : {geometry_.x.low, geometry_.x.high})
          line("{} {} {}", number(x), number(point.y), number(point.sd));
      } else {
        for (const auto& point : series.points)
          line("{} {} {}", number(point.x), number(point.y), number(point.sd));
      }
    }
    line("END");
  }

  void mark_data() {
    line("$marks << END");
    for (const auto& mark : picture_.marks) line("{} {}", number(mark.x), number(mark.y));
    line("END");
  }

  // Bands first, so that no line lies under one; what has no name of its own lies under all that has.
  void plot() {
    std::vector<std::string> parts;
    const bool others = named_ < picture_.series.size();
    if (others) parts.push_back("$others using 1:2 " + others_look("notitle"));
    for (std::size_t i = 0; i < named_; ++i) band(parts, i);
    for (std::size_t i = 0; i < named_; ++i) curve(parts, i);
    if (others) parts.push_back("NaN " + others_look("title " + gnuplot_quoted(others_text(picture_))));
    if (!picture_.marks.empty())
      parts.push_back(
          fmt::format("$marks using 1:2 with points pointtype 2 pointsize 1.8 linewidth 3 linecolor rgb '{}' "
                      "notitle",
                      text_color));
    line("plot {}", joined(parts, ", \\\n     "));
  }

  static std::string others_look(const std::string& title) {
    return fmt::format("with linespoints linewidth 1 pointtype 7 pointsize 0.5 linecolor rgb '{}' {}",
                       others_color, title);
  }

  void band(std::vector<std::string>& parts, std::size_t index) const {
    const Series& series = picture_.series[index];
    if (series.points.size() == 1 && !series.level) return;
    parts.push_back(
        fmt::format("$series{} using 1:($2-$3>{}?$2-$3:{}):($2+$3) with filledcurves linecolor rgb '{}' "
                    "fillstyle transparent solid 0.18 noborder notitle",
                    index, number(geometry_.y.low), number(geometry_.y.low), style_of(index).color));
  }

  void curve(std::vector<std::string>& parts, std::size_t index) const {
    const Series& series = picture_.series[index];
    const auto [color, symbol, dashes] = style_of(index);
    const std::string source = fmt::format("$series{} using 1:2", index);
    if (series.level) {
      parts.push_back(fmt::format("{} with lines linewidth 2.5 dashtype (12,7) linecolor rgb '{}' notitle",
                                  source, color));
      return;
    }
    const std::string title = "title " + gnuplot_quoted(fitted_name(series.label, longest_series_label));
    if (series.points.size() > 1) {
      parts.push_back(fmt::format(
          "{} with linespoints linewidth 2.5 dashtype {} pointtype {} pointsize 1.3 linecolor rgb '{}' {}",
          source, dashes, symbol, color, title));
      return;
    }
    if (series.points[0].sd > 0)
      parts.push_back(
          fmt::format("{}:3 with yerrorbars linewidth 2 pointtype {} pointsize 0 linecolor rgb '{}' notitle",
                      source, symbol, color));
    parts.push_back(fmt::format("{} with points pointtype {} pointsize 1.7 linecolor rgb '{}' {}", source,
                                symbol, color, title));
  }

  const Picture& picture_;
  const Geometry geometry_;
  const std::size_t named_;
  const PictureFormat format_;
  std::string text_;
};

}  // namespace

std::string gnuplot_script(const Picture& picture, PictureFormat format) {
  return Script(picture, format).text();
}

std::string gnuplot_quoted(std::string_view text) {
  constexpr std::string_view plain = " .,:;()+-/=_%<>";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool harmless = byte >= 0x80 || std::isalnum(byte) != 0 || plain.find(c) != plain.npos;
    quoted += harmless ? std::string(1, c) : fmt::format("\\{:03o}", byte);
  }
  return quoted + "\"";
}

// ---- the files

namespace {

std::string drawn(const std::string& script, std::string_view ending) {
  std::string file = run_gnuplot(script);
  if (!file.ends_with(ending))
    throw PlotError("gnuplot wrote a picture that is cut off; is the disk or memory full?");
  return file;
}

std::filesystem::path with_ending(std::filesystem::path stem, const char* ending) { return stem += ending; }

}  // namespace

void write_picture(const std::function<std::string(PictureFormat)>& script,
                   const std::filesystem::path& output_stem, const std::string& pixels) {
  const std::string svg = drawn(script(PictureFormat::svg) + pixels, "</svg>\n\n");
  const std::string png =
      drawn(drawable_text(script(PictureFormat::png)) + pixels, std::string_view("IEND\xAE\x42\x60\x82", 8));
  write_file(with_ending(output_stem, ".svg"), svg);
  write_file(with_ending(output_stem, ".png"), png);
}

void plot(const std::vector<std::filesystem::path>& folders, const std::filesystem::path& output_stem,
          const AxisChoice& choice) {
  const Picture picture = picture_of(folders, choice);
  write_picture([&picture](PictureFormat format) { return gnuplot_script(picture, format); }, output_stem);
}

}  // namespace innate::host
