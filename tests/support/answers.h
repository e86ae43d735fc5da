// What a network answers, by plain loops over the weights that it is said to have.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "innate/engine/grown.h"
#include "tests/reference/activation.h"

namespace innate::engine {

inline std::vector<GrownWeights> all_layers(const Grown& grown, const Network& network) {
  std::vector<GrownWeights> layers;
  for (int l = 0; l < network.depth(); ++l) layers.push_back(grown.weights(l));
  return layers;
}

/// To one image, in float64.
inline std::vector<double> answers(const Network& network, const std::vector<GrownWeights>& layers,
                                   const std::uint8_t* image) {
  std::vector<double> y;
  for (int p = 0; p < network.inputs(); ++p) y.push_back(image[p] / 255.0);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const auto outputs = layers[l].bias.size();
    std::vector<double> next(layers[l].bias.begin(), layers[l].bias.end());
    for (std::size_t i = 0; i < y.size(); ++i)
      for (std::size_t k = 0; k < outputs; ++k) next[k] += y[i] * layers[l].w[i * outputs + k];
    const std::string function = activation::name(network.layers[l].activation);
    for (double& x : next) x = reference::activation::value(function, x);
    y = next;
  }
  return y;
}

}  // namespace innate::engine
