// The bias of a layer, which every encoding treats alike: it is not part of the genome's encoding.
#pragma once

#include "innate/engine/genome.h"
#include "innate/kernels/random.h"

namespace innate::engine {

inline void add_bias(const DenseLayer& layer, Layout* layout) {
  if (layer.bias == Bias::none) return;
  (layer.bias == Bias::learned ? layout->learned : layout->frozen).push_back({"bias", 1, layer.units});
}

/// Frozen biases are 0.5 N(0, 1), as in the code of Barabasi 2023; learned ones start at 0. `to` has
/// layer.units places.
inline void draw_frozen_bias(const DenseLayer& layer, std::uint64_t seed, float* to) {
  random::fill_normal({seed, random::Purpose::bias}, 0.0, 0.5, to, static_cast<std::size_t>(layer.units));
}

inline Ragged<const float> bias_of(const Arrays& arrays, const Layout& layout) {
  const int learned = Layout::index(layout.learned, "bias"), frozen = Layout::index(layout.frozen, "bias");
  if (learned >= 0) return arrays.learned[static_cast<std::size_t>(learned)];
  if (frozen >= 0) return arrays.frozen[static_cast<std::size_t>(frozen)];
  return {};
}

/// One replica's biases, as Weights has them.
inline std::vector<float> download_bias(Context& context, Ragged<const float> bias, int units) {
  std::vector<float> numbers(static_cast<std::size_t>(units), 0.0f);
  if (bias) context.download(numbers.data(), bias.data, numbers.size() * sizeof(float));
  return numbers;
}

}  // namespace innate::engine
