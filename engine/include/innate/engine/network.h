// Network: the phenotype that sees data. It knows no genome: a layer is given its weights.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "innate/engine/schema.h"
#include "innate/engine/tape.h"
#include "innate/kernels/api.h"

namespace innate::engine {

/// none: no bias. frozen: drawn once, 0.5 N(0, 1), never learned (the code of Barabasi 2023). learned: starts
/// at 0.
enum class Bias { none, frozen, learned };

struct DenseLayer {
  int units = 0;
  Bias bias = Bias::none;
};

struct INNATE_API Network {
  int height = 0, width = 0, channels = 1;  // the grids of input neurons, one grid a channel
  std::vector<DenseLayer> layers;

  int inputs() const { return height * width * channels; }
  const DenseLayer& last() const { return layers.back(); }
  int outputs() const { return last().units; }
  int inputs_of(int layer) const {
    return layer == 0 ? inputs() : layers[static_cast<std::size_t>(layer - 1)].units;
  }
  /// Puts a signal through all layers; `weights`: one for each.
  Variable apply(Tape& tape, Signal signal, const std::vector<Weights>& weights, Variable seed) const;
  /// Weights of the direct network, without biases: what `compression` divides by.
  std::int64_t direct_weights() const;
};

/// From `network` of a resolved experiment, for images of this size.
INNATE_API Network network_from_json(const Json& json, int height, int width, int channels);

}  // namespace innate::engine
