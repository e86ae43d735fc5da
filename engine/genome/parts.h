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
double kaiming(const Network& network, int layer = 0);

/// The number that `size` stands for; `kaiming` stands for `otherwise`, since it needs the grown weights.
double size_of(const Json& size, int inputs, std::int64_t genes, double otherwise = 1.0);

// ---- several layers

/// The name of a layer's array: the first layer's is `name`, those of others have their number behind it.
inline std::string of_layer(const std::string& name, int layer) {
  return layer == 0 ? name : name + "_" + std::to_string(layer);
}

/// The sizes of a layer's weights, and its bias; the encoding adds the rest.
Weights weights_of(const Network& network, const Inherited& inherited, int layer);

// ---- the bias of a layer, which every encoding treats alike: it is not part of the genome's encoding

/// Adds the biases of all layers, for those alone that have one of this kind.
void add_biases(const Network& network, Bias kind, Layout* layout);
inline void add_biases(const Network& network, Layout* layout) {
  add_biases(network, Bias::learned, layout);
  add_biases(network, Bias::frozen, layout);
}

/// Throws SchemaError where a layer is not dense: `type` grows no others.
void only_dense(const Network& network, const char* type);

/// The array's place in a draw; null where there is none of that name.
float* place_of(const Layout& layout, const std::string& name, Draw* draw);

/// A Draw of zeros, with the frozen biases where the layout has some (0.5 N(0, 1), as in the code of Barabasi
/// 2023; learned ones start at 0), and every s 1.
Draw draw_zeros(const Network& network, const Layout& layout, std::uint64_t seed);

}  // namespace innate::engine
