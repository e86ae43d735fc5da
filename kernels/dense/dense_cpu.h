// Dense for one replica on one core.
#pragma once

#include "kernels/dense/call.h"

namespace innate::dense::cpu {

/// y for `count` rows of A from `first` on.
inline void forward_rows(const Call& call, int replica, int64_t first, int64_t count) {
  gemm::multiply(gemm::rows_of(product(Stage::out, call, replica), first, count), nullptr);
}

inline void backward(const Call& call, int replica) {
  const Shape& s = call.shape;
  float* scratch = call.workspace + replica * scratch_floats(s);
  if (call.gradients.weights) gemm::multiply(product(Stage::dw, call, replica), scratch);
  if (call.gradients.inputs) gemm::multiply(product(Stage::da, call, replica), scratch);
  if (call.gradients.bias) gemm::sum_rows(call.dy[replica], s.rows, s.outputs, call.gradients.bias[replica]);
}

}  // namespace innate::dense::cpu
