// Dense, block by block: one replica.
#pragma once

#include "kernels/core/gemm_block.cuh"
#include "kernels/dense/call.h"

namespace innate::dense {

template <int Threads>
struct Block {
  static __device__ void forward(const Call& call, int replica) {
    gemm::Block<Threads>::multiply(product(Stage::out, call, replica));
  }

  static __device__ void backward(const Call& call, int replica) {
    if (call.gradients.weights) gemm::Block<Threads>::multiply(product(Stage::dw, call, replica));
    if (call.gradients.inputs) gemm::Block<Threads>::multiply(product(Stage::da, call, replica));
    if (call.gradients.bias)
      gemm::Block<Threads>::sum_rows(call.dy[replica], call.shape.rows, call.shape.outputs,
                                     call.gradients.bias[replica]);
  }
};

}  // namespace innate::dense
