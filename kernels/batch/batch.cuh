// Batch, block by block: one replica's rows and labels.
#pragma once

#include "kernels/batch/call.h"
#include "kernels/core/device.cuh"

namespace innate::batch {

/// Places in the data set, and labels: one row a thread.
template <int Threads>
__device__ void choose_block(const Call& call, int replica) {
  const random::EpochOrder order = call.order(replica);
  for (int row = static_cast<int>(threadIdx.x); row < call.shape.rows; row += Threads) {
    const uint32_t sample = order(call.first + static_cast<uint32_t>(row));
    call.out_rows[replica][row] = sample;
    call.out_labels[replica][row] = call.labels[sample];
  }
}

}  // namespace innate::batch
