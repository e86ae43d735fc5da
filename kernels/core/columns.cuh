// Sums of columns, for gradients of biases.
#pragma once

#include "kernels/core/device.cuh"

namespace innate::columns {

constexpr int kThreads = 64;

/// sums[j] = from[0][j] + from[1][j] + ... in ascending order; one thread a column, so that no order is left
/// to chance.
static __global__ void sum_kernel(int64_t rows, int64_t columns, Ragged<const float> from, Ragged<float> sums,
                                  int first_replica) {
  const int replica = first_replica + static_cast<int>(blockIdx.z);
  const int64_t j = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (j >= columns) return;
  float sum = 0.0f;
  for (int64_t i = 0; i < rows; ++i) sum += from[replica][i * columns + j];
  sums[replica][j] = sum;
}

inline void sum(cudaStream_t stream, int replicas, int64_t rows, int64_t columns, Ragged<const float> from,
                Ragged<float> sums) {
  for_replica_pieces(replicas, [&](int first, int count) {
    launch(stream, sum_kernel,
           dim3(static_cast<unsigned>(ceil_div(columns, kThreads)), 1, static_cast<unsigned>(count)),
           dim3(kThreads), 0, rows, columns, from, sums, first);
  });
}

}  // namespace innate::columns
