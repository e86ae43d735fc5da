// What both backends and programs share (formulas: field.h).
#pragma once

#include "innate/kernels/field.h"
#include "kernels/core/operands.h"

namespace innate::field {

/// One replica's call of any of the three entries.
struct Call {
  Geometry at;
  int64_t columns;
  float *t, *u, *m;
  const float* scale;  // null: 1
  const float* bias;   // of outputs; may be null
  float* sums;         // of weights; may be null
  bool shared, add, each_bias;

  INNATE_HD float factor() const { return scale ? *scale : 1.0f; }
  /// Place r's weights, k x outputs.
  INNATE_HD int64_t first_weight(int64_t r) const { return shared ? 0 : r * at.weights() * at.outputs; }
};

/// The part of a place's field that lies on the map: rows kh from `top` to bottom - 1, of each the columns kw
/// from `left` to right - 1, which with their channels are neurons that follow each other.
struct Window {
  int top, bottom, left, right;
  int64_t first;  // the neuron (kh, kw) = (0, 0), channel 0; may lie outside

  INNATE_HD Window(const Geometry& g, int64_t place)
      : Window(g, static_cast<int>(place / g.out_width()), static_cast<int>(place % g.out_width())) {}
  /// Of the place in this row and column.
  INNATE_HD Window(const Geometry& g, int row, int column) {
    const int y = row * g.stride - g.padding, x = column * g.stride - g.padding;
    top = y < 0 ? -y : 0, left = x < 0 ? -x : 0;
    bottom = static_cast<int>(smaller(g.size, g.height - y));
    right = static_cast<int>(smaller(g.size, g.width - x));
    bottom = bottom < top ? top : bottom, right = right < left ? left : right;
    first = (int64_t{y} * g.width + x) * g.channels;
  }
  /// How many neurons of a row.
  INNATE_HD int64_t run(const Geometry& g) const { return int64_t{right - left} * g.channels; }
  /// The first of row kh, and its k.
  INNATE_HD int64_t neuron(const Geometry& g, int kh) const {
    return first + (int64_t{kh} * g.width + left) * g.channels;
  }
  INNATE_HD int64_t k(const Geometry& g, int kh) const { return (int64_t{kh} * g.size + left) * g.channels; }
};

INNATE_HD int64_t size_of_m(const Call& c) {
  return (c.shared ? 1 : c.at.places()) * c.at.weights() * c.at.outputs;
}
template <class Visit>
INNATE_HD void operands_of_weights(Call& c, Visit&& visit) {
  visit.in(c.t, c.at.in_neurons() * c.columns, c.at.size * c.at.size);
  visit.in(c.u, c.at.out_neurons() * c.columns, 1);
  visit.in(c.scale, 1, 1);
  if (c.add)
    visit.both(c.m, size_of_m(c));
  else
    visit.out(c.m, size_of_m(c));
  if (c.sums) visit.out(c.sums, c.at.out_neurons());
}
template <class Visit>
INNATE_HD void operands_of_outputs(Call& c, Visit&& visit) {
  visit.in(c.t, c.at.in_neurons() * c.columns, c.at.size * c.at.size);
  visit.in(c.m, size_of_m(c), c.columns / 16 + 1);
  visit.in(c.scale, 1, 1);
  visit.in(c.bias, c.bias ? (c.each_bias ? c.at.out_neurons() : c.at.outputs) : 0, 1);
  if (c.add)
    visit.both(c.u, c.at.out_neurons() * c.columns);
  else
    visit.out(c.u, c.at.out_neurons() * c.columns);
}
template <class Visit>
INNATE_HD void operands_of_inputs(Call& c, Visit&& visit) {
  visit.in(c.m, size_of_m(c), c.columns / 16 + 1);
  visit.in(c.u, c.at.out_neurons() * c.columns, 1);
  visit.in(c.scale, 1, 1);
  if (c.add)
    visit.both(c.t, c.at.in_neurons() * c.columns);
  else
    visit.out(c.t, c.at.in_neurons() * c.columns);
}
INNATE_HD Cost cost(const Call& c) {
  const double columns = static_cast<double>(c.columns);
  const double maps = static_cast<double>(c.at.in_neurons() + c.at.out_neurons()) * columns;
  const double weights = static_cast<double>(size_of_m(c));
  const double every = static_cast<double>(c.at.out_neurons() * c.at.weights());
  return {every * columns, 4 * (maps + weights)};
}

/// The calls of an entry's replicas, as they are handed to a backend.
struct Calls {
  Shape shape;
  Ragged<float> t, u, m;
  Ragged<const float> scale, bias;
  Ragged<float> sums;

  INNATE_HD Call operator()(int i) const {
    return {shape.geometry,
            shape.columns,
            t[i],
            u[i],
            m[i],
            views::of(scale, i, false),
            views::of(bias, i, false),
            views::of(sums, i, false),
            shape.shared,
            shape.add,
            shape.each_bias};
  }
};

namespace cpu {
void weights(Context& context, const Calls& calls);
void outputs(Context& context, const Calls& calls);
void inputs(Context& context, const Calls& calls);

constexpr int64_t kInputColumns = 64;  // of a block of `inputs`
constexpr int64_t input_blocks(int64_t columns) { return (columns + kInputColumns - 1) / kInputColumns; }

// One replica on one core; weights and outputs: of places first to end - 1; inputs: of blocks of columns.
void weights(const Call& call, int64_t first, int64_t end);
void outputs(const Call& call, int64_t first, int64_t end);
void inputs(const Call& call, int64_t first, int64_t end);
}  // namespace cpu
namespace cuda {
void weights(Context& context, const Calls& calls);
void outputs(Context& context, const Calls& calls);
void inputs(Context& context, const Calls& calls);
}  // namespace cuda

}  // namespace innate::field
