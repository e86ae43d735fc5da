// Basis, block by block.
#pragma once

#include "kernels/basis/call.h"
#include "kernels/basis/normals.h"
#include "kernels/core/each.cuh"
#include "kernels/core/math.h"

namespace innate::basis {

/// A piece of R, packed: four numbers a thread at a time.
template <int Threads>
struct MakePiece {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Fill& fill, int64_t block, int64_t blocks) {
    const int64_t quads = ceil_div(fill.columns, 4);
    for (int64_t e = first_of<Threads>(block); e < fill.lines * quads; e += blocks * Threads) {
      const int64_t i = e / quads, j = e % quads * 4;
      float four[4];
      normals(*fill.seed, static_cast<uint32_t>(fill.line + i), static_cast<uint32_t>((fill.column + j) / 4),
              four);
#pragma unroll
      for (int w = 0; w < 4; ++w)
        if (j + w < fill.columns) fill.to[i * fill.columns + j + w] = four[w];
    }
  }
};

/// A line of R as it is read: `kWide` neighbouring numbers a thread, those behind the end as 0.
struct StoredLines {
  static constexpr int kWide = 1;
  const float* r;
  int64_t columns;
  __device__ __forceinline__ void load(int64_t k, int64_t j, float (&to)[kWide]) const {
    to[0] = j < columns ? r[k * columns + j] : 0.0f;
  }
};
struct MadeLines {
  static constexpr int kWide = 4;
  uint64_t seed;
  int64_t columns;
  __device__ __forceinline__ void load(int64_t k, int64_t j, float (&to)[kWide]) const {
    normals(seed, static_cast<uint32_t>(k), static_cast<uint32_t>(j / 4), to);
#pragma unroll
    for (int w = 0; w < kWide; ++w)
      if (j + w >= columns) to[w] = 0.0f;
  }
};

/// theta, kWide weights a thread at a time.
template <class Lines>
__device__ void combine_elements(const Lines& lines, const Combination& call, int64_t first, int64_t stride) {
  const float scale = call.scale ? *call.scale : 1.0f;
  const int64_t end = smaller(call.first + call.count, call.numbers);
  for (int64_t j = first * Lines::kWide; j < lines.columns; j += stride * Lines::kWide) {
    float sum[Lines::kWide] = {};
    if (call.first > 0)
#pragma unroll
      for (int w = 0; w < Lines::kWide; ++w)
        if (j + w < lines.columns) sum[w] = call.theta[j + w];
#pragma unroll 4
    for (int64_t k = call.first; k < end; ++k) {
      float r[Lines::kWide];
      lines.load(k, j, r);
      const float factor = scale * call.c[k];
#pragma unroll
      for (int w = 0; w < Lines::kWide; ++w) sum[w] = math::fma(factor, r[w], sum[w]);
    }
#pragma unroll
    for (int w = 0; w < Lines::kWide; ++w)
      if (j + w < lines.columns) call.theta[j + w] = sum[w];
  }
}

/// dc, 16 / kWide neighbouring threads a number; all threads of a warp have the same loop ahead of them.
template <class Lines>
__device__ void combine_backward_elements(const Lines& lines, const Combination& call, int64_t first,
                                          int64_t stride) {
  constexpr int kWide = Lines::kWide, kThreads = 16 / kWide;
  const int lane = static_cast<int>(threadIdx.x) % kThreads * kWide;
  const float scale = call.scale ? *call.scale : 1.0f;
  const int64_t end = smaller(call.first + call.count, call.numbers);
  for (int64_t begin = call.first; begin < end; begin += stride) {
    const int64_t k = begin + first, taken = k < end ? k : end - 1;
    float sum[kWide] = {};
#pragma unroll 4
    for (int64_t j = lane; j < ceil_div(lines.columns, 16) * 16; j += 16) {
      float r[kWide];
      lines.load(taken, j, r);
#pragma unroll
      for (int w = 0; w < kWide; ++w) {
        const float d = j + w < lines.columns ? call.dtheta[j + w] : 0.0f;
        sum[w] = math::fma(r[w], d, sum[w]);
      }
    }
#pragma unroll
    for (int half = 8; half >= kWide; half /= 2)
#pragma unroll
      for (int w = 0; w < kWide; ++w) {
        const float other =
            __shfl_down_sync(0xffffffffu, sum[w], static_cast<unsigned>(half / kWide), kThreads);
        sum[w] = sum[w] + other;
      }
#pragma unroll
    for (int half = kWide / 2; half > 0; half /= 2)
#pragma unroll
      for (int w = 0; w < half; ++w) sum[w] = sum[w] + sum[w + half];
    if (lane == 0 && k < end) call.dc[k] = call.add ? call.dc[k] + scale * sum[0] : scale * sum[0];
  }
}

template <int Threads>
struct Combine {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Combination& call, int64_t block, int64_t blocks) {
    if (call.r)
      combine_elements(StoredLines{call.r, call.weights}, call, first_of<Threads>(block), blocks * Threads);
    else
      combine_elements(MadeLines{*call.seed, call.weights}, call, first_of<Threads>(block), blocks * Threads);
  }
};

template <int Threads>
struct CombineBackward {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Combination& call, int64_t block, int64_t blocks) {
    const int64_t first = first_of<Threads>(block), stride = blocks * Threads;
    if (call.r)
      combine_backward_elements(StoredLines{call.r, call.weights}, call, first / 16, stride / 16);
    else
      combine_backward_elements(MadeLines{*call.seed, call.weights}, call, first / 4, stride / 4);
  }
};

}  // namespace innate::basis
