// What kinds of genome share: how the registry knows them, how large numbers are when they are drawn, the
// bias, and where an array lies in a draw.
#pragma once

#include <memory>

#include "innate/engine/genome.h"
#include "innate/engine/json.h"
#include "innate/kernels/random.h"

namespace innate::engine {

/// A kind of genome: its name in an experiment, its fields, and how it is made of them.
struct GenomeKind {
  const char* type;
  Value (*fields)();
  std::unique_ptr<Genome> (*make)(const Json&);
};

// ---- how large: a number, or a word for a size that follows the network

/// `words` of: inverse_sqrt_inputs, inverse_sqrt_genes, kaiming.
inline Value size_value(std::vector<std::string> words) {
  return either({number_above(0), word(std::move(words))});
}

inline bool is_kaiming(const Json& size) { return size.is_string() && size.get<std::string>() == "kaiming"; }

/// Standard deviation of Kaiming's normal initialisation for rectified units (He et al. 2015), which the
/// authors use as the size of grown weights (as in their code).
double kaiming(const Network& network);

/// The number that `size` stands for; `kaiming` stands for `otherwise`, since it needs the grown weights.
double size_of(const Json& size, const Network& network, std::int64_t genes, double otherwise = 1.0);

// ---- the bias of a layer, which every encoding treats alike: it is not part of the genome's encoding

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
