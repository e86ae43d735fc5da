#include "kernels/core/parallel.h"
#include "kernels/dense/call.h"

namespace innate::dense::cpu {

void forward(Context& context, const Call& call) {
  constexpr int64_t kRows = 256;  // rows a task; rows do not share sums, so any cut gives the same bits
  const int64_t pieces = (call.shape.rows + kRows - 1) / kRows;
  parallel_for(call.shape.replicas * pieces, context.threads(), [&](int64_t task) {
    const int64_t first = task % pieces * kRows, left = call.shape.rows - first;
    gemm::Product p = product(Stage::out, call, static_cast<int>(task / pieces));
    if (p.a) p.a += first * p.k;
    if (p.a_pixels) p.a_pixels += first * p.k;
    if (p.a_rows) p.a_rows += first;
    p.c += first * p.n;
    p.m = left < kRows ? left : kRows;
    gemm::multiply(p, nullptr);
  });
}

void backward(Context& context, const Call& call) {
  const Shape& s = call.shape;
  parallel_for(s.replicas, context.threads(), [&](int64_t task) {
    const int i = static_cast<int>(task);
    float* scratch = call.workspace + task * scratch_floats(s);
    if (call.gradients.weights) gemm::multiply(product(Stage::dw, call, i), scratch);
    if (call.gradients.inputs) gemm::multiply(product(Stage::da, call, i), scratch);
    if (call.gradients.bias) gemm::sum_rows(call.dy[i], s.rows, s.outputs, call.gradients.bias[i]);
  });
}

}  // namespace innate::dense::cpu
