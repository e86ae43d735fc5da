// What a network answers, by plain loops over the weights that it is said to have.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "innate/engine/grown.h"
#include "tests/reference/activation.h"
#include "tests/reference/field.h"
#include "tests/reference/pooling.h"

namespace innate::engine {

inline std::vector<GrownWeights> all_layers(const Grown& grown, const Network& network) {
  std::vector<GrownWeights> layers;
  for (int l = 0; l < network.depth(); ++l) layers.push_back(grown.weights(l));
  return layers;
}

namespace answering {

inline std::vector<double> through_dense(const GrownWeights& layer, const std::vector<double>& x) {
  const auto outputs = layer.bias.size();
  std::vector<double> sums(layer.bias.begin(), layer.bias.end());
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t k = 0; k < outputs; ++k) sums[k] += x[i] * layer.w[i * outputs + k];
  return sums;
}

inline std::vector<double> through_fields(const field::Geometry& g, bool shared, const GrownWeights& layer,
                                          const std::vector<double>& x) {
  const reference::field::Shape shape{g.height,  g.width,   g.channels, g.size, g.stride,
                                      g.padding, g.outputs, 1,          shared, true};
  return reference::field::outputs<double>(shape, {layer.w.begin(), layer.w.end()}, x, 1.0,
                                           {layer.bias.begin(), layer.bias.end()});
}

inline std::vector<double> pooled(const Grid& grid, const pooling::Window& window, std::vector<double> x) {
  const auto rows = static_cast<std::int64_t>(x.size());
  return reference::pooling::forward<double>(
             window.function == pooling::Function::max ? "max" : "average",
             {grid.height, grid.width, grid.channels, window.height, window.width}, {rows, 1, std::move(x)})
      .data;
}

}  // namespace answering

/// To one image's numbers, in float64.
inline std::vector<double> answers(const Network& network, const std::vector<GrownWeights>& layers,
                                   std::vector<double> y) {
  for (int l = 0; l < network.depth(); ++l) {
    const Layer& layer = network.layers[static_cast<std::size_t>(l)];
    const GrownWeights& weights = layers[static_cast<std::size_t>(l)];
    y = layer.kind == Layer::Kind::dense
            ? answering::through_dense(weights, y)
            : answering::through_fields(network.geometry(l), layer.kind == Layer::Kind::convolution, weights,
                                        y);
    const std::string function = activation::name(layer.activation);
    for (double& x : y) x = reference::activation::value(function, x);
    Grid grid = network.own_grid(l);
    for (const pooling::Window& window : layer.pools) {
      y = answering::pooled(grid, window, std::move(y));
      grid.height /= window.height, grid.width /= window.width;
    }
  }
  return y;
}
inline std::vector<double> answers(const Network& network, const std::vector<GrownWeights>& layers,
                                   const std::uint8_t* image) {
  std::vector<double> y;
  for (int p = 0; p < network.inputs(); ++p) y.push_back(image[p] / 255.0);
  return answers(network, layers, std::move(y));
}

}  // namespace innate::engine
