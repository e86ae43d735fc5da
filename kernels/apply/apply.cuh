// Apply, block by block: one replica, product after product, what lies between them in its workspace.
#pragma once

#include "kernels/apply/plan.h"
#include "kernels/core/gemm_block.cuh"

namespace innate::apply {

template <int Threads>
struct Block {
  static __device__ void forward(const Replica& r) {
    each_forward([&r](Stage stage) { run(stage, r); });
  }

  static __device__ void backward(const Replica& r) {
    each_backward([&r](Stage stage) { run(stage, r); });
    if (r.d_bias) gemm::Block<Threads>::sum_rows(r.dy_rows, r.rows, r.outputs, r.d_bias);
  }

 private:
  /// The barrier: the next stage reads what this one wrote.
  static __device__ __forceinline__ void run(Stage stage, const Replica& r) {
    const gemm::Product p = product(stage, r);
    if (p.m == 0) return;
    gemm::Block<Threads>::multiply(p);
    __syncthreads();
  }
};

}  // namespace innate::apply
