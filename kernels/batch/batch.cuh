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

/// 32 x 32 elements a block: lines are read and written whole.
struct TurnTiles {
  static constexpr int kThreads = 256, kSide = 32;
  struct Shared {
    float tile[kSide][kSide + 1];
  };
  static __host__ __device__ int64_t count(const Turn& c) {
    return ceil_div(c.rows, kSide) * ceil_div(c.columns, kSide);
  }
  static __device__ void run(Shared& shared, const Turn& c, int64_t block, int64_t blocks) {
    const int64_t wide = ceil_div(c.columns, kSide);
    const int lane = static_cast<int>(threadIdx.x) % kSide, line = static_cast<int>(threadIdx.x) / kSide;
    for (int64_t t = block; t < count(c); t += blocks) {
      const int64_t i0 = t / wide * kSide, j0 = t % wide * kSide;
      __syncthreads();
      for (int q = line; q < kSide; q += kThreads / kSide)
        if (i0 + q < c.rows && j0 + lane < c.columns) shared.tile[q][lane] = element(c, i0 + q, j0 + lane);
      __syncthreads();
      for (int q = line; q < kSide; q += kThreads / kSide)
        if (j0 + q < c.columns && i0 + lane < c.rows) {
          float& to = c.out[(j0 + q) * c.rows + i0 + lane];
          to = c.add ? to + shared.tile[lane][q] : shared.tile[lane][q];
        }
    }
  }

 private:
  static __device__ float element(const Turn& c, int64_t i, int64_t j) {
    if (c.in) return c.in[i * c.columns + j];
    return c.number(j, c.pixels[c.chosen[i] * c.columns + j]);
  }
};

}  // namespace innate::batch
