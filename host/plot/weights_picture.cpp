#include "host/plot/learned_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/plot/child.h"
#include "host/plot/geometry.h"
#include "host/results/text.h"

namespace innate::host {
namespace {

constexpr int panels_a_row = 10;
constexpr double width = 1200, left = 34, gap = 8, scale_width = 120, head = 96, label_height = 30,
                 class_height = 22, block_gap = 22, bottom = 16, channel_width = 52, most_height = 12000;
constexpr std::size_t longest_label = 100;

/// How a network is laid out within the height that it may take: all of its outputs, or the first ones.
struct Sizes {
  double panel_width, panel_height, left;
  int lines;  // of ten outputs

  Sizes(const WeightImages& network, double most)
      : left(host::left + (network.channels > 1 ? channel_width : 0)), channels_(network.channels) {
    panel_width = (width - left - scale_width - gap * (panels_a_row - 1)) / panels_a_row;
    panel_height = std::clamp(panel_width * network.height / network.width, 12.0, 3 * panel_width);
    const int all = (static_cast<int>(network.outputs.size()) + panels_a_row - 1) / panels_a_row;
    const int drawn = network.hidden ? std::min(all, panels_a_row) : all;
    lines = std::clamp(static_cast<int>((most - label_height) / line_height()), 1, std::max(drawn, 1));
  }
  std::size_t outputs(const WeightImages& network) const {
    return std::min(network.outputs.size(), static_cast<std::size_t>(lines * panels_a_row));
  }
  double height() const { return label_height + lines * line_height(); }

 private:
  double line_height() const { return class_height + channels_ * (panel_height + gap); }
  int channels_;
};

/// The weight, without its sign, that few others exceed: a handful of large ones would make all others pale.
double scale_end(const WeightImages& network) {
  std::vector<float> sizes;
  for (const float w : network.weights) {
    if (!std::isfinite(w))
      throw PlotError(fmt::format("{}: its weights are not finite: there is nothing to draw", network.label));
    sizes.push_back(std::abs(w));
  }
  const auto place =
      sizes.begin() + static_cast<std::ptrdiff_t>(0.995 * static_cast<double>(sizes.size() - 1));
  std::nth_element(sizes.begin(), place, sizes.end());
  return *place > 0 ? *place : *std::max_element(sizes.begin(), sizes.end());
}

/// The weights of one output and channel, as shares of `most`, none beyond 1.
std::vector<float> shares(const WeightImages& network, std::size_t output, int channel, double most) {
  std::vector<float> values;
  const int pixels = network.height * network.width;
  for (int p = 0; p < pixels; ++p) {
    const std::size_t row = static_cast<std::size_t>(p) * static_cast<std::size_t>(network.channels) +
                            static_cast<std::size_t>(channel);
    const float w = network.weights[row * network.outputs.size() + output];
    values.push_back(most > 0 ? static_cast<float>(std::clamp(w / most, -1.0, 1.0)) : 0.0f);
  }
  return values;
}

void draw_scale(Canvas& canvas, const Box& box, double most) {
  std::vector<float> ramp;
  constexpr int steps = 41;
  for (int i = 0; i < steps; ++i) ramp.push_back(1 - 2.0f * static_cast<float>(i) / (steps - 1));
  canvas.image(box, steps, 1, ramp);
  canvas.box(box, faint_color, 0.8);
  const Canvas::Look look{14, text_color};
  canvas.text({box.right + 7, box.top - 6}, fmt::format("{:.2g}", most), look);
  canvas.text({box.right + 7, (box.top + box.bottom) / 2}, "0", look);
  canvas.text({box.right + 7, box.bottom + 6}, fmt::format("−{:.2g}", most), look);
}

/// From `top` downwards.
void draw(Canvas& canvas, const WeightImages& network, const Sizes& sizes, double top) {
  const double most = scale_end(network);
  const std::size_t outputs = sizes.outputs(network);
  const std::string some = outputs < network.outputs.size()
                               ? fmt::format(" (the first {} of {} {})", outputs, network.outputs.size(),
                                             network.hidden ? network.each : "classes")
                               : "";
  canvas.text({left, top - label_height / 2}, fitted(network.label, longest_label - some.size()) + some,
              {17, text_color, Canvas::Align::left, true});
  double y = top - label_height;
  const double first = y - class_height;
  for (int line = 0; line < sizes.lines; ++line) {
    const auto begin = static_cast<std::size_t>(line * panels_a_row);
    const std::size_t end = std::min(begin + panels_a_row, outputs);
    const auto x_of = [&](std::size_t output) {
      return sizes.left + static_cast<double>(output - begin) * (sizes.panel_width + gap);
    };
    for (std::size_t output = begin; output < end; ++output)
      canvas.text({x_of(output) + sizes.panel_width / 2, y - class_height / 2},
                  fitted_name(network.outputs[output], 12), {15, faint_color, Canvas::Align::center});
    y -= class_height;
    for (int channel = 0; channel < network.channels; ++channel) {
      constexpr const char* names[] = {"red", "green", "blue"};
      if (network.channels > 1)
        canvas.text({left, y - sizes.panel_height / 2},
                    network.channels == 3 ? names[channel] : fmt::format("{}", channel), {14, faint_color});
      for (std::size_t output = begin; output < end; ++output) {
        const Box panel{x_of(output), y - sizes.panel_height, x_of(output) + sizes.panel_width, y};
        canvas.image(panel, network.height, network.width, shares(network, output, channel, most));
        canvas.box(panel, faint_color, 0.8);
      }
      y -= sizes.panel_height + gap;
    }
  }
  const double scale = width - scale_width + 22;
  draw_scale(canvas, {scale, first - std::min(first - y - gap, 3 * sizes.panel_height), scale + 16, first},
             most);
}

}  // namespace

Canvas weights_picture(const std::string& title, const std::string& subtitle,
                       const std::vector<WeightImages>& networks) {
  if (networks.empty()) throw PlotError("there are no weights to draw");
  if (networks.size() > most_weight_images)
    throw PlotError(
        fmt::format("{} networks do not fit on one picture, at most {} do; choose some with --variant "
                    "or --run",
                    networks.size(), most_weight_images));
  const double share = (most_height - head - bottom) / static_cast<double>(networks.size()) - block_gap;
  double height = head + bottom;
  for (const WeightImages& network : networks) height += Sizes(network, share).height() + block_gap;
  Canvas canvas(width, std::ceil(height));
  canvas.text({left, std::ceil(height) - 34}, fitted(title, longest_title),
              {title_font, text_color, Canvas::Align::left, true});
  canvas.text({left, std::ceil(height) - 65}, fitted(subtitle, longest_subtitle), {note_font, faint_color});
  double top = std::ceil(height) - head;
  for (const WeightImages& network : networks) {
    const Sizes sizes(network, share);
    draw(canvas, network, sizes, top);
    top -= sizes.height() + block_gap;
  }
  return canvas;
}

}  // namespace innate::host
