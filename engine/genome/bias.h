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

/// The array's place in a draw; null where there is none of that name.
float* place_of(const Layout& layout, const std::string& name, Draw* draw);

/// A Draw of zeros, with the frozen bias where the layout has one.
inline Draw draw_zeros(const DenseLayer& layer, const Layout& layout, std::uint64_t seed) {
  Draw draw{std::vector<float>(static_cast<std::size_t>(Layout::size(layout.learned))),
            std::vector<float>(static_cast<std::size_t>(Layout::size(layout.frozen))), 1.0f};
  if (layer.bias == Bias::frozen) draw_frozen_bias(layer, seed, place_of(layout, "bias", &draw));
  return draw;
}

}  // namespace innate::engine
