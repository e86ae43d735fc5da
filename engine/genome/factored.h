// What GEM and S-GEM share: W = s X O Y^T, with O, and Y and biases where they are learned, among the learned
// arrays. Y of a layer is X of the next one: a hidden neuron has one identity, towards its inputs and its
// outputs (Barabasi 2023); the last layer's Y is the output identity. They differ in where X comes from.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/genome/parts.h"
#include "innate/engine/genome.h"
#include "innate/engine/schema.h"

namespace innate::engine {

enum class OutputIdentity { frozen, learned };
enum class Interaction { shared, own };

/// The fields of `genome` that both have.
struct Factors {
  std::int64_t genes;
  OutputIdentity output;
  Interaction interaction;

  explicit Factors(const Json& json);
  /// `options` with these fields.
  Json with(Json options) const;
  std::string interaction_of(int layer) const {
    return interaction == Interaction::own ? of_layer("interaction", layer) : "interaction";
  }
};
Field genes_field();
Field output_field();
Field interaction_field();

/// Adds interactions, output_identity and biases behind what the layout holds already.
void add_factors(const Network& network, const Factors& factors, Layout* layout);

/// A Draw with places for every array, each O drawn with deviation `interaction`, Y as N(0, 1), and the
/// biases.
Draw draw_factors(const Network& network, const Layout& layout, const Factors& factors, std::uint64_t seed,
                  double interaction);

/// X of a layer's inputs (inputs x genes), of a draw.
using ExpressionOf = std::function<std::vector<float>(int layer)>;

/// The deviation of the layer's W = X O Y^T. Its Y is the next layer's X, or the draw's.
double deviation_of_weights(const Network& network, const Layout& layout, const Factors& factors, int layer,
                            const ExpressionOf& x, Draw* draw);

/// Sets s of each layer: `size` where that is a number, or a word for one layer that is not kaiming. Else
/// such that the deviation of W is kaiming's: layers that share their O and X cannot be drawn so.
void draw_scales(const Network& network, const Layout& layout, const Factors& factors, const Json& size,
                 const ExpressionOf& x, Draw* draw);

/// The weights of every layer, for the X of its inputs.
std::vector<Weights> factored_weights(const Network& network, const Inherited& inherited,
                                      const Factors& factors, const std::vector<Variable>& x);

}  // namespace innate::engine
