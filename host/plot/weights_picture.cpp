#include "host/plot/weights_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/plot/error.h"
#include "host/plot/layout.h"
#include "host/plot/words.h"

namespace innate::host {
namespace {

constexpr int panels_a_row = 10;
constexpr double width = 1200, left = 34, gap = 8, scale_width = 120, head = 96, label_height = 30,
                 class_height = 22, block_gap = 22, bottom = 16, channel_width = 52;

struct Sizes {
  double panel_width, panel_height, left;
  int rows;  // of panels: channels x lines of ten outputs

  explicit Sizes(const WeightImages& network) {
    left = host::left + (network.channels > 1 ? channel_width : 0);
    panel_width = (width - left - scale_width - gap * (panels_a_row - 1)) / panels_a_row;
    panel_height = std::clamp(panel_width * network.height / network.width, 12.0, 3 * panel_width);
    rows = lines(network) * network.channels;
  }
  static int lines(const WeightImages& network) {
    return (static_cast<int>(network.outputs.size()) + panels_a_row - 1) / panels_a_row;
  }
  double height(const WeightImages& network) const {
    return label_height + lines(network) * class_height + rows * (panel_height + gap);
  }
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
void draw(Canvas& canvas, const WeightImages& network, double top) {
  const Sizes sizes(network);
  const double most = scale_end(network);
  canvas.text({left, top - label_height / 2}, printable(network.label, 110),
              {17, text_color, Canvas::Align::left, true});
  double y = top - label_height;
  const double first = y - class_height;
  for (int line = 0; line < Sizes::lines(network); ++line) {
    const auto begin = static_cast<std::size_t>(line * panels_a_row);
    const std::size_t end = std::min(begin + panels_a_row, network.outputs.size());
    const auto x_of = [&](std::size_t output) {
      return sizes.left + static_cast<double>(output - begin) * (sizes.panel_width + gap);
    };
    for (std::size_t output = begin; output < end; ++output)
      canvas.text({x_of(output) + sizes.panel_width / 2, y - class_height / 2},
                  printable(network.outputs[output], 12), {15, faint_color, Canvas::Align::center});
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
  double height = head + bottom;
  for (const WeightImages& network : networks) height += Sizes(network).height(network) + block_gap;
  Canvas canvas(width, std::ceil(height));
  canvas.text({left, std::ceil(height) - 34}, printable(title, 75),
              {title_font, text_color, Canvas::Align::left, true});
  canvas.text({left, std::ceil(height) - 65}, printable(subtitle, 120), {note_font, faint_color});
  double top = std::ceil(height) - head;
  for (const WeightImages& network : networks) {
    draw(canvas, network, top);
    top -= Sizes(network).height(network) + block_gap;
  }
  return canvas;
}

}  // namespace innate::host
