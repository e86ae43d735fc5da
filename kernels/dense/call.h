// What both backends and programs share: the matrix products of the dense layer (formulas: dense.h).
#pragma once

#include "innate/kernels/dense.h"
#include "kernels/core/gemm.h"

namespace innate::dense {

/// One replica's call; gradients that are null are not computed.
struct Call {
  int64_t rows, inputs, outputs;
  gemm::Product left;  // A, as a product's left operand, and the precision; nothing else of it is set
  const float *weights, *bias, *dy;
  float* out;
  float *d_weights, *d_bias, *da;
  bool add_dweights, add_dbias, add_da;
  float* scratch;  // scratch_floats (CPU)
};

/// each(product).
template <class Each>
INNATE_HD void forward(const Call& c, const Each& each) {
  gemm::Product y = c.left;
  y.m = c.rows, y.n = c.outputs, y.k = c.inputs, y.b = c.weights, y.c = c.out, y.bias = c.bias;
  y.scratch = c.scratch;
  each(y);
}

/// each(product) and each(row sum), one after the other.
template <class Each>
INNATE_HD void backward(const Call& c, const Each& each) {
  if (c.d_weights) {
    gemm::Product p = c.left;
    p.m = c.inputs, p.n = c.outputs, p.k = c.rows, p.b = c.dy, p.c = c.d_weights;
    p.transpose_a = true, p.add = c.add_dweights, p.scratch = c.scratch;
    each(p);
  }
  if (c.da) {
    gemm::Product p;
    p.precision = c.left.precision;
    p.m = c.rows, p.n = c.inputs, p.k = c.outputs, p.a = c.dy, p.b = c.weights, p.c = c.da;
    p.transpose_b = true, p.add = c.add_da, p.scratch = c.scratch;
    each(p);
  }
  if (c.d_bias) each(gemm::RowSum{c.rows, c.outputs, c.dy, c.d_bias, c.add_dbias});
}

/// W^T, or the sums of dW.
INNATE_HD int64_t scratch_floats(const Shape& s) {
  const int64_t transposed = static_cast<int64_t>(s.inputs) * s.outputs;
  return (larger(transposed, gemm::sums_size(s.inputs, s.outputs)) + 63) / 64 * 64;
}

/// The calls of an entry's replicas, as it is handed to a backend.
struct Calls {
  Shape shape;
  Inputs inputs;
  Ragged<const float> weights, bias;
  Ragged<float> outputs;
  Ragged<const float> dy;
  Gradients gradients;
  float* workspace = nullptr;  // scratch_floats of each replica (CPU)

  INNATE_HD Call of(int i) const {
    Call c{};
    c.rows = shape.rows, c.inputs = shape.inputs, c.outputs = shape.outputs;
    gemm::set_inputs(c.left, inputs, i);
    c.left.precision = shape.precision;
    c.weights = weights[i], c.out = views::of(outputs, i, false), c.bias = views::of(bias, i, false);
    c.dy = views::of(dy, i, false);
    c.d_weights = views::of(gradients.weights, i, false), c.d_bias = views::of(gradients.bias, i, false);
    c.da = views::of(gradients.inputs, i, false);
    c.add_dweights = c.add_dbias = c.add_da = gradients.add;
    c.scratch = workspace ? workspace + i * scratch_floats(shape) : nullptr;
    return c;
  }
};

namespace cpu {
void forward(Context& context, const Calls& calls);
void backward(Context& context, const Calls& calls);
}  // namespace cpu
namespace cuda {
void forward(Context& context, const Calls& calls);
void backward(Context& context, const Calls& calls);
}  // namespace cuda

}  // namespace innate::dense
