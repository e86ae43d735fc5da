// What GEM and S-GEM share: W = s X O Y^T, with O, and Y and the bias where they are learned, among the
// learned arrays. They differ in where X comes from.
#pragma once

#include "engine/genome/parts.h"
#include "innate/engine/genome.h"
#include "innate/engine/schema.h"

namespace innate::engine {

enum class OutputIdentity { frozen, learned };
OutputIdentity output_from_json(const Json& json);
const char* name(OutputIdentity output);

/// Fields of `genome` that both have.
Field genes_field();
Field output_field();

/// Adds interaction, output_identity and bias behind what the layout holds already.
void add_factors(const Network& network, std::int64_t genes, OutputIdentity output, Layout* layout);

/// A Draw with places for every array, O drawn with deviation `interaction`, Y as N(0, 1), and the bias.
Draw draw_factors(const Network& network, const Layout& layout, std::uint64_t seed, double interaction);

/// The deviation of W = X O Y^T for X as given (inputs x genes) and the draw's O and Y.
double deviation_of_weights(const Network& network, const Layout& layout, std::int64_t genes, const float* x,
                            Draw* draw);

/// The weights of the network's layer, for X as given.
Weights factored_weights(const Network& network, const Inherited& inherited, Variable x);

}  // namespace innate::engine
