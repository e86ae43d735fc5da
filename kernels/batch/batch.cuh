// Batch, block by block: one replica's rows and labels, one row a thread.
#pragma once

#include "kernels/batch/call.h"
#include "kernels/core/each.cuh"

namespace innate::batch {

template <int Threads>
struct Choose {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Choice& choice, int64_t block, int64_t blocks) {
    choice.run(first_of<Threads>(block), blocks * Threads);
  }
};

}  // namespace innate::batch
