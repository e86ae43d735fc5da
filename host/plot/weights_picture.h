#pragma once

#include <string>
#include <vector>

#include "host/plot/canvas.h"

namespace innate::host {

/// The weights of one network's only layer, as images of what each output looks at.
struct WeightImages {
  std::string label;  // which run
  int height = 0, width = 0, channels = 1;
  std::vector<std::string> outputs;  // what each output is called: its class
  std::vector<float> weights;        // (height x width x channels) x outputs, row-major
};

inline constexpr std::size_t most_weight_images = 24;  // networks on one picture

/// A row of images for each network, ten outputs at a time, one row a channel; blue is negative, red is
/// positive; a network's scale ends where half a percent of its weights lie beyond. Where that would become
/// higher than 12,000 pixels, each network shows its first outputs and says so. Throws PlotError where
/// there is nothing to draw or too much, or a weight is not finite.
Canvas weights_picture(const std::string& title, const std::string& subtitle,
                       const std::vector<WeightImages>& networks);

}  // namespace innate::host
