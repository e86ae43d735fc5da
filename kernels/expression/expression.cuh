// Expression, block by block: all genes of one replica.
#pragma once

#include "kernels/core/each.cuh"
#include "kernels/core/math.h"
#include "kernels/expression/call.h"

namespace innate::expression {

namespace formulas {
using math::exp;
using math::fma;
using math::less;
using math::select;
using math::tanh;
#define INNATE_FORMULA INNATE_HD
#include "kernels/expression/formulas.inc"
#undef INNATE_FORMULA
}  // namespace formulas

/// u and v of all columns: one value a thread at a time. (32-bit divisions, here and below: those of 64 bits
/// cost more than the rest.)
template <int Threads>
struct MakeProfiles {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const uint32_t genes = static_cast<uint32_t>(call.genes), line = static_cast<uint32_t>(call.columns());
    const uint32_t rows = static_cast<uint32_t>(call.height) * line;
    const uint32_t all = rows + static_cast<uint32_t>(call.width) * line;
    for (uint32_t e = static_cast<uint32_t>(first_of<Threads>(block)); e < all;
         e += static_cast<uint32_t>(blocks * Threads)) {
      const int i = static_cast<int>(e / line);
      const float* place = call.places + first_place(e % line, genes);
      const auto p = formulas::profile(place[i < call.height ? 0 : genes], place[2 * genes]);
      if (i < call.height)
        call.u[e] = formulas::gaussian(p, coordinate(i, call.height));
      else
        call.v[e - rows] = formulas::gaussian(p, coordinate(i - call.height, call.width));
    }
  }
};

/// X of all genes. A thread keeps an element of v and goes down the rows of the grid with it; blocks that are
/// more than one row of X needs share out the rows.
template <int Threads>
struct Expand {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const int count = static_cast<int>(call.columns()), line = call.width * count;
    const int chunks = (line + Threads - 1) / Threads, all = static_cast<int>(blocks);
    const int parts = all > chunks ? all / chunks : 1, part = static_cast<int>(block) / chunks;
    if (part >= parts) return;
    const int first = (static_cast<int>(block) - part * chunks) * Threads + static_cast<int>(threadIdx.x);
    for (int e = first; e < line; e += (all < chunks ? all : chunks) * Threads) {
      const float v = call.v[e];
      const float* u = call.u + e % count;
#pragma unroll 4
      for (int h = part; h < call.height; h += parts)
        call.x[static_cast<int64_t>(h) * line + e] = u[h * count] * v;
    }
  }
};

/// Where a gradient goes.
__device__ __forceinline__ void put(float gradient, bool add, float& to) {
  to = add ? to + gradient : gradient;
}

/// dplaces of all columns: a column takes two threads, 16 apart in their warp, one for each axis.
template <int Threads>
struct ProfilesBackward {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const int thread = thread_anew(), lane = thread % 32, axis = lane / 16;
    for (int64_t first = (block * Threads + thread - lane) / 2; first < call.columns();
         first += blocks * (Threads / 2)) {
      const int64_t column = first + lane % 16;
      const bool exists = column < call.columns();
      const float own = exists ? of_axis(call, axis, column) : 0.0f;
      const float other = __shfl_xor_sync(0xffffffffu, own, 16);
      if (exists && axis == 0)
        put(own + other, call.add, call.dplaces[first_place(column, call.genes) + 2 * call.genes]);
    }
  }

 private:
  /// Writes the centre's gradient, and returns what this axis says of the width's.
  static __device__ float of_axis(const Call& call, int axis, int64_t column) {
    const int64_t genes = call.genes, line = call.columns(), first = first_place(column, genes);
    const float* place = call.places + first;
    const int count = axis == 0 ? call.height : call.width;
    const float* profiles = axis == 0 ? call.u : call.v;
    const float* gradients = axis == 0 ? call.du : call.dv;
    const auto p = formulas::profile(place[axis * genes], place[2 * genes]);
    float centre = 0.0f, width = 0.0f;
    for (int i = 0; i < count; ++i)
      formulas::collect(p, coordinate(i, count), gradients[i * line + column], profiles[i * line + column],
                        &centre, &width);
    put(formulas::centre_gradient(p, centre), call.add, call.dplaces[first + axis * genes]);
    return formulas::width_gradient(p, width);
  }
};

/// du and dv of all columns: four lines of one axis a thread at a time, which share what they read of the
/// other axis.
template <int Threads>
struct ExpandBackward {
  static constexpr int kThreads = Threads, kLines = 4;
  using Shared = Nothing;

  /// Threads that have work.
  static __host__ __device__ int64_t count(int height, int width, int64_t columns) {
    return (ceil_div(height, kLines) + ceil_div(width, kLines)) * columns;
  }

  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const uint32_t columns = static_cast<uint32_t>(call.columns()), row = columns * call.width;
    const uint32_t high = static_cast<uint32_t>(ceil_div(call.height, kLines));
    const uint32_t all = static_cast<uint32_t>(count(call.height, call.width, columns));
    for (uint32_t e = static_cast<uint32_t>(first_of<Threads>(block)); e < all;
         e += static_cast<uint32_t>(blocks * Threads)) {
      const uint32_t group = e / columns, column = e - group * columns;
      if (group < high)
        lines(call.dx + column, row, columns, call.v + column, call.width, columns, kLines * group,
              call.height, call.du + column, call.add);
      else
        lines(call.dx + column, columns, row, call.u + column, call.height, columns, kLines * (group - high),
              call.width, call.dv + column, call.add);
    }
  }

 private:
  /// to[line] (+)= the sum over i < terms of dx[line][i] * factors[i], for the lines from `first` on. Lines
  /// beyond the last are the last once more, and not written.
  static __device__ __forceinline__ void lines(const float* dx, uint32_t line, uint32_t step,
                                               const float* factors, int terms, uint32_t columns,
                                               uint32_t first, int end, float* to, bool add) {
    const uint32_t last = static_cast<uint32_t>(end) - 1;
    uint32_t at[kLines];
    float sum[kLines];
#pragma unroll
    for (uint32_t l = 0; l < kLines; ++l) at[l] = (first + l < last ? first + l : last) * line, sum[l] = 0.0f;
#pragma unroll 4
    for (int i = 0; i < terms; ++i, dx += step, factors += columns) {
      const float factor = *factors;
#pragma unroll
      for (int l = 0; l < kLines; ++l) sum[l] = math::fma(dx[at[l]], factor, sum[l]);
    }
#pragma unroll
    for (uint32_t l = 0; l < kLines; ++l)
      if (first + l <= last) put(sum[l], add, to[(first + l) * columns]);
  }
};

}  // namespace innate::expression
