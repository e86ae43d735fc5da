// Network: the phenotype that sees data. It knows no genome: a layer is given its weights.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "innate/engine/tape.h"
#include "innate/kernels/activation.h"
#include "innate/kernels/api.h"
#include "innate/kernels/field.h"
#include "innate/kernels/pooling.h"

namespace innate::engine {

/// none: no bias. frozen: drawn once, 0.5 N(0, 1), never learned (the code of Barabasi 2023). learned: starts
/// at 0.
enum class Bias { none, frozen, learned };

/// dense: every neuron sees all of the layer before. fields: neurons on a map, each of which sees its own
/// part of the map before through weights of its own. convolution: the same, with one set of weights for all
/// places.
struct Layer {
  enum class Kind { dense, fields, convolution };

  int units = 0;  // of fields and convolutions: channels
  Bias bias = Bias::none;
  activation::Function activation = activation::Function::none;
  int height = 0, width = 0;  // the grid that dense neurons stand on; 0: as square as their number allows
  Kind kind = Kind::dense;
  int size = 1, stride = 1, padding = 0;    // of a field
  bool each_bias = true;                    // of fields: a bias for each neuron, not for each channel
  std::vector<pooling::Window> pools = {};  // behind the activation, of a map
  double dropout = 0;                       // the share of its numbers that learning drops, behind the pools
  int number = -1;                          // in an experiment's list, which has a place for each pool too

  /// The grid of a dense layer: height x width is units.
  Grid grid() const;
};

struct INNATE_API Network {
  int height = 0, width = 0, channels = 1;  // the grids of input neurons, one grid a channel
  std::vector<Layer> layers;

  int inputs() const { return height * width * channels; }
  /// These throw Error as `check` does, or where there is no such layer.
  const Layer& last() const;
  int outputs() const { return last().units; }
  int inputs_of(int layer) const;
  int outputs_of(int layer) const;
  int depth() const { return static_cast<int>(layers.size()); }
  /// Where the neurons stand that the layer sees: the input's grids, or the grid of the layer before, pooled.
  Grid grid_of(int layer) const;
  /// Where its own neurons stand, before they are pooled.
  Grid own_grid(int layer) const;
  Grid pooled_grid(int layer) const;  // and behind its pools
  /// Of a layer of fields or a convolution.
  field::Geometry geometry(int layer) const;
  /// Weights of the direct layer: rows x columns; of fields, places x weights of a place.
  std::int64_t weight_rows(int layer) const;
  std::int64_t weight_columns(int layer) const;
  /// Inputs of one of its neurons.
  int fan_in(int layer) const;
  /// How many biases it has, where it has some.
  int biases(int layer) const;
  bool all_dense() const;
  /// Throws Error where the grids or a layer have no neurons, or there is no layer.
  void check() const;
  /// Its number in an experiment's list, or, where it comes from none, among the layers.
  int number_of(int layer) const;
  /// A map of the layer's own neurons (neurons x columns) through its pools.
  Variable pool(Tape& tape, int layer, Variable map) const;
  /// What a learner drops by: its replica's seed, and its clock. Tests have none, and drop nothing.
  struct Chance {
    Variable seed, clock;
  };
  /// Puts a signal through all layers; `weights`: one for each.
  Variable apply(Tape& tape, Signal signal, const std::vector<Weights>& weights,
                 const Chance& chance = {}) const;
  /// Weights of the direct network, without biases: what `compression` divides by.
  std::int64_t direct_weights() const;
};

}  // namespace innate::engine
