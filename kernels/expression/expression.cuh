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

/// dplaces of all columns: one column a thread, so that every sum has one order.
template <int Threads>
struct ProfilesBackward {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    for (int64_t column = first_of<Threads>(block); column < call.columns(); column += blocks * Threads) {
      const int64_t first = first_place(column, call.genes);
      float* dplace = call.dplaces + first;
      float width_sum[2];
      for (int axis = 0; axis < 2; ++axis)
        width_sum[axis] = of_axis(call, axis, column, call.places + first, dplace);
      put(width_sum[0] + width_sum[1], call.add, dplace[2 * call.genes]);
    }
  }

 private:
  /// Writes the centre's gradient, and returns what this axis says of the width's.
  static __device__ float of_axis(const Call& call, int axis, int64_t column, const float* place,
                                  float* dplace) {
    const int64_t genes = call.genes, line = call.columns();
    const int count = axis == 0 ? call.height : call.width;
    const float* profiles = axis == 0 ? call.u : call.v;
    const float* gradients = axis == 0 ? call.du : call.dv;
    const auto p = formulas::profile(place[axis * genes], place[2 * genes]);
    float centre = 0.0f, width = 0.0f;
    for (int i = 0; i < count; ++i)
      formulas::collect(p, coordinate(i, count), gradients[i * line + column], profiles[i * line + column],
                        &centre, &width);
    put(formulas::centre_gradient(p, centre), call.add, dplace[axis * genes]);
    return formulas::width_gradient(p, width);
  }
};

/// du and dv of all columns: one sum a thread at a time.
template <int Threads>
struct ExpandBackward {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const int64_t count = call.columns();
    const int height = call.height, width = call.width;
    for (int64_t e = first_of<Threads>(block); e < (height + width) * count; e += blocks * Threads) {
      const int line = static_cast<int>(e / count);
      const int64_t column = e % count;
      float sum = 0.0f;
      if (line < height) {
        for (int w = 0; w < width; ++w)
          sum = math::fma(call.dx[(static_cast<int64_t>(line) * width + w) * count + column],
                          call.v[w * count + column], sum);
        put(sum, call.add, call.du[line * count + column]);
      } else {
        for (int h = 0; h < height; ++h)
          sum = math::fma(call.dx[(static_cast<int64_t>(h) * width + line - height) * count + column],
                          call.u[h * count + column], sum);
        put(sum, call.add, call.dv[(line - height) * count + column]);
      }
    }
  }
};

}  // namespace innate::expression
