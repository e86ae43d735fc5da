// What both backends share: the matrix products of the dense layer (formulas: dense.h).
#pragma once

#include "innate/kernels/dense.h"
#include "kernels/core/gemm.h"

namespace innate::dense {

/// A call, as it is handed to a backend; plain data, so that a kernel can take it by value.
struct Call {
  Shape shape;
  Inputs inputs;
  Ragged<const float> weights, bias;
  Ragged<float> outputs;
  Ragged<const float> dy;
  Gradients gradients;
  float* workspace = nullptr;  // scratch_floats of each replica (CPU)
};

/// W^T, or the sums of dW.
INNATE_HD int64_t scratch_floats(const Shape& s) {
  const int64_t transposed = static_cast<int64_t>(s.inputs) * s.outputs;
  const int64_t sums = gemm::sums_size(s.inputs, s.outputs);
  return ((transposed > sums ? transposed : sums) + 63) / 64 * 64;
}

enum class Stage { out, dw, da };
constexpr bool transposes_a(Stage s) { return s == Stage::dw; }
constexpr bool transposes_b(Stage s) { return s == Stage::da; }

INNATE_HD gemm::Product product(Stage stage, const Call& call, int i) {
  gemm::Product p;
  const Shape& s = call.shape;
  p.transpose_a = transposes_a(stage);
  p.transpose_b = transposes_b(stage);
  if (stage == Stage::out) {
    p.m = s.rows, p.n = s.outputs, p.k = s.inputs;
    p.b = call.weights[i];
    p.c = call.outputs[i];
    p.bias = call.bias ? call.bias[i] : nullptr;
  } else if (stage == Stage::dw) {
    p.m = s.inputs, p.n = s.outputs, p.k = s.rows;
    p.b = call.dy[i];
    p.c = call.gradients.weights[i];
  } else {
    p.m = s.rows, p.n = s.inputs, p.k = s.outputs;
    p.a = call.dy[i];
    p.b = call.weights[i];
    p.c = call.gradients.inputs[i];
    return p;
  }
  gemm::set_inputs(p, call.inputs, i);
  return p;
}

namespace cpu {
void forward(Context& context, const Call& call);
void backward(Context& context, const Call& call);
}  // namespace cpu
namespace cuda {
void forward(Context& context, const Call& call);
void backward(Context& context, const Call& call);
}  // namespace cuda

}  // namespace innate::dense
