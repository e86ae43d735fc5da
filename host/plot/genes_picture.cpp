#include "host/plot/learned_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/plot/child.h"
#include "host/plot/geometry.h"
#include "host/results/text.h"

namespace innate::host {
namespace {

constexpr double left = 62, right = 26, gap = 58, head = 138, label_height = 34, ticks_height = 62,
                 bottom = 12;

struct Sizes {
  int columns, rows;
  double panel, width, height;

  explicit Sizes(std::size_t panels)
      : columns(static_cast<int>(std::min<std::size_t>(panels, panels == 4 ? 2 : 3))),
        rows((static_cast<int>(panels) + columns - 1) / columns),
        panel(columns == 1   ? 640
              : columns == 2 ? 500
                             : 350),
        width(left + right + columns * panel + (columns - 1) * gap),
        height(head + bottom + rows * (panel + label_height + ticks_height)) {}
};

bool finite(const GenePath::PlaceAt& place) {
  return std::isfinite(place.row) && std::isfinite(place.column) && std::isfinite(place.width);
}

/// Places on the panel's frame.
struct Grid {
  Box frame;
  double x(double column) const { return frame.left + (column + 1) / 2 * (frame.right - frame.left); }
  double y(double row) const { return frame.top - (row + 1) / 2 * (frame.top - frame.bottom); }
  Pixel at(const GenePath::PlaceAt& place) const { return {x(place.column), y(place.row)}; }
};

void draw_frame(Canvas& canvas, const Grid& grid) {
  const Box& f = grid.frame;
  for (const double tick : {-0.5, 0.0, 0.5}) {
    canvas.line({{grid.x(tick), f.bottom}, {grid.x(tick), f.top}}, grid_color, 1);
    canvas.line({{f.left, grid.y(tick)}, {f.right, grid.y(tick)}}, grid_color, 1);
  }
  canvas.box(f, faint_color, 1.2);
  for (const double tick : {-1.0, 0.0, 1.0}) {
    const std::string text = tick < 0 ? "−1" : fmt::format("{}", tick);
    canvas.text({grid.x(tick), f.bottom - 14}, text, {14, text_color, Canvas::Align::center});
    canvas.text({f.left - 8, grid.y(tick)}, text, {14, text_color, Canvas::Align::right});
  }
  canvas.text({(f.left + f.right) / 2, f.bottom - 34}, "column", {14, faint_color, Canvas::Align::center});
  canvas.text({f.left - 10, grid.y(0.5)}, "row", {14, faint_color, Canvas::Align::right});
}

void draw_panel(Canvas& canvas, const GenePanel& panel, const Grid& grid) {
  canvas.text({grid.frame.left, grid.frame.top + label_height / 2 - 2},
              fitted_name(panel.label, fitting(grid.frame.right - grid.frame.left, 16)),
              {16, text_color, Canvas::Align::left, true});
  draw_frame(canvas, grid);
  for (std::size_t i = 0; i < panel.paths.size(); ++i) {
    const std::string_view color = series_color(i);
    std::vector<Pixel> way;
    const GenePath::PlaceAt *first = nullptr, *last = nullptr;
    for (const GenePath::PlaceAt& place : panel.paths[i].places) {
      if (!finite(place)) continue;
      if (!first) first = &place;
      last = &place;
      way.push_back(grid.at(place));
    }
    if (!last) continue;
    const double radius = last->width / 2 * (grid.frame.right - grid.frame.left);
    canvas.circle_within(grid.frame, grid.at(*last), radius, color, 0.9);
    canvas.line(way, color, 2);
    canvas.ring(grid.at(*first), 4, color);
    canvas.disc(grid.at(*last), 5, color);
  }
}

/// "step 0 to step 20000", over all panels.
std::string steps_text(const std::vector<GenePanel>& panels) {
  std::int64_t first = -1, last = -1;
  for (const GenePanel& panel : panels)
    for (const GenePath& path : panel.paths)
      for (const GenePath::PlaceAt& place : path.places) {
        first = first < 0 ? place.at : std::min(first, place.at);
        last = std::max(last, place.at);
      }
  return fmt::format("steps {} to {}", first, last);
}

void draw_key(Canvas& canvas, const Sizes& sizes, const std::vector<GenePanel>& panels) {
  const double y = sizes.height - 98;
  double x = left;
  const auto say = [&](const std::string& words) {
    canvas.text({x + 12, y}, words, {note_font, text_color});
    x += 12 + character_width * note_font * static_cast<double>(words.size()) * 0.85 + 34;
  };
  canvas.ring({x, y}, 4, text_color);
  say("start");
  canvas.disc({x, y}, 5, text_color);
  say("end");
  x += 4;
  canvas.circle_within({0, 0, sizes.width, sizes.height}, {x, y}, 9, text_color, 0.9);
  x += 6;
  say("width at the end");
  canvas.text({x, y}, steps_text(panels), {note_font, faint_color});
}

}  // namespace

Canvas genes_picture(const std::string& title, const std::string& subtitle,
                     const std::vector<GenePanel>& panels) {
  if (panels.empty()) throw PlotError("there are no genes to draw");
  if (panels.size() > most_gene_panels)
    throw PlotError(
        fmt::format("{} grids do not fit on one picture, at most {} do; choose some with --variant or "
                    "--run",
                    panels.size(), most_gene_panels));
  const Sizes sizes(panels.size());
  Canvas canvas(sizes.width, sizes.height);
  canvas.text({left, sizes.height - 34}, fitted_name(title, fitting(sizes.width - left - right, title_font)),
              {title_font, text_color, Canvas::Align::left, true});
  canvas.text({left, sizes.height - 65}, fitted(subtitle, fitting(sizes.width - left - right, note_font)),
              {note_font, faint_color});
  draw_key(canvas, sizes, panels);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const int row = static_cast<int>(i) / sizes.columns, column = static_cast<int>(i) % sizes.columns;
    const double x = left + column * (sizes.panel + gap);
    const double top =
        sizes.height - head - row * (sizes.panel + label_height + ticks_height) - label_height + 18;
    draw_panel(canvas, panels[i], {{x, top - sizes.panel, x + sizes.panel, top}});
  }
  return canvas;
}

}  // namespace innate::host
