// Network: the phenotype that sees data. It knows no genome: a layer is given its weights.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "innate/engine/tape.h"
#include "innate/kernels/activation.h"
#include "innate/kernels/api.h"

namespace innate::engine {

/// none: no bias. frozen: drawn once, 0.5 N(0, 1), never learned (the code of Barabasi 2023). learned: starts
/// at 0.
enum class Bias { none, frozen, learned };

struct DenseLayer {
  int units = 0;
  Bias bias = Bias::none;
  activation::Function activation = activation::Function::none;
  int height = 0, width = 0;  // the grid that its neurons stand on; 0: as square as their number allows

  /// The grid: height x width is units.
  Grid grid() const;
};

struct INNATE_API Network {
  int height = 0, width = 0, channels = 1;  // the grids of input neurons, one grid a channel
  std::vector<DenseLayer> layers;

  int inputs() const { return height * width * channels; }
  /// These throw Error as `check` does, or where there is no such layer.
  const DenseLayer& last() const;
  int outputs() const { return last().units; }
  int inputs_of(int layer) const;
  int outputs_of(int layer) const;
  int depth() const { return static_cast<int>(layers.size()); }
  /// Where the neurons stand that the layer sees: the input's grids, or the grid of the layer before.
  Grid grid_of(int layer) const;
  /// Throws Error where the grids or a layer have no neurons, or there is no layer.
  void check() const;
  /// Puts a signal through all layers; `weights`: one for each.
  Variable apply(Tape& tape, Signal signal, const std::vector<Weights>& weights) const;
  /// Weights of the direct network, without biases: what `compression` divides by.
  std::int64_t direct_weights() const;
};

}  // namespace innate::engine
