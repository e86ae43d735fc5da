// Dropout, block by block: numbers that share a draw to a thread.
#pragma once

#include "kernels/activation/dropout_call.h"
#include "kernels/core/each.cuh"

namespace innate::dropout {

template <int Threads>
struct Drop {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const uint64_t base = call.base();
    const float factor = call.factor();
    for (int64_t e = first_of<Threads>(block); e < call.groups(); e += blocks * Threads)
      call.run(base, factor, e);
  }
};

}  // namespace innate::dropout
