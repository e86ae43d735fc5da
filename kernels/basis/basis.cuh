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

constexpr int kWide = 4;  // neighbouring numbers of a line that a thread takes

/// line[j .. j + 4), of which those at `count` and behind are 0.
__device__ __forceinline__ void load_up_to_four(const float* line, int64_t j, int64_t count,
                                                float (&to)[kWide]) {
#pragma unroll
  for (int w = 0; w < kWide; ++w) to[w] = j + w < count ? line[j + w] : 0.0f;
}

/// Lines of R as they are read. `whole`: all lines begin at whole fours, which are then read at once.
struct StoredLines {
  const float* r;
  int64_t columns;
  __device__ __forceinline__ bool whole(const float* other) const {
    return width_of(r, columns) == 4 && width_of(other, columns) == 4;
  }
  __device__ __forceinline__ void load(int64_t k, int64_t j, float (&to)[kWide]) const {
    load_up_to_four(r + k * columns, j, columns, to);
  }
  __device__ __forceinline__ Four load_whole(int64_t k, int64_t j) const {
    return load_four(r + k * columns + j);
  }
};
struct MadeLines {
  uint64_t seed;
  int64_t columns;
  __device__ __forceinline__ bool whole(const float*) const { return false; }
  __device__ __forceinline__ void load(int64_t k, int64_t j, float (&to)[kWide]) const {
    normals(seed, static_cast<uint32_t>(k), static_cast<uint32_t>(j / 4), to);
#pragma unroll
    for (int w = 0; w < kWide; ++w)
      if (j + w >= columns) to[w] = 0.0f;
  }
  __device__ __forceinline__ Four load_whole(int64_t, int64_t) const { return {}; }
};

/// theta, four weights a thread at a time; of stored lines eight are under way.
template <class Lines>
__device__ void combine_elements(const Lines& lines, const Combination& call, int64_t first, int64_t stride) {
  const float scale = call.scale ? *call.scale : 1.0f;
  const int64_t end = smaller(call.first + call.count, call.numbers);
  const bool whole = lines.whole(call.theta);
  for (int64_t j = first * kWide; j < lines.columns; j += stride * kWide) {
    float sum[kWide] = {};
    if (call.first > 0)
#pragma unroll
      for (int w = 0; w < kWide; ++w)
        if (j + w < lines.columns) sum[w] = call.theta[j + w];
    if (whole) {
#pragma unroll 8
      for (int64_t k = call.first; k < end; ++k) {
        const Four r = lines.load_whole(k, j);
        const float factor = scale * call.c[k];
#pragma unroll
        for (int w = 0; w < kWide; ++w) sum[w] = math::fma(factor, r.of[w], sum[w]);
      }
    } else {
#pragma unroll 4
      for (int64_t k = call.first; k < end; ++k) {
        float r[kWide];
        lines.load(k, j, r);
        const float factor = scale * call.c[k];
#pragma unroll
        for (int w = 0; w < kWide; ++w) sum[w] = math::fma(factor, r[w], sum[w]);
      }
    }
#pragma unroll
    for (int w = 0; w < kWide; ++w)
      if (j + w < lines.columns) call.theta[j + w] = sum[w];
  }
}

/// dc, four neighbouring threads a number; all threads of a warp have the same loop ahead of them.
template <class Lines>
__device__ void combine_backward_elements(const Lines& lines, const Combination& call, int64_t first,
                                          int64_t stride) {
  constexpr int kThreads = 16 / kWide;
  const int lane = static_cast<int>(threadIdx.x) % kThreads * kWide;
  const float scale = call.scale ? *call.scale : 1.0f;
  const int64_t end = smaller(call.first + call.count, call.numbers);
  const int64_t sixteens = lines.columns / 16 * 16;
  const bool whole = lines.whole(call.dtheta);
  for (int64_t begin = call.first; begin < end; begin += stride) {
    const int64_t k = begin + first, taken = k < end ? k : end - 1;
    float sum[kWide] = {};
    int64_t j = lane;
    if (whole)
#pragma unroll 8
      for (; j < sixteens; j += 16) {
        const Four r = lines.load_whole(taken, j), d = load_four(call.dtheta + j);
#pragma unroll
        for (int w = 0; w < kWide; ++w) sum[w] = math::fma(r.of[w], d.of[w], sum[w]);
      }
#pragma unroll 4
    for (; j < ceil_div(lines.columns, 16) * 16; j += 16) {
      float r[kWide], d[kWide];
      lines.load(taken, j, r);
      load_up_to_four(call.dtheta, j, lines.columns, d);
#pragma unroll
      for (int w = 0; w < kWide; ++w) sum[w] = math::fma(r[w], d[w], sum[w]);
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
      combine_backward_elements(StoredLines{call.r, call.weights}, call, first / 4, stride / 4);
    else
      combine_backward_elements(MadeLines{*call.seed, call.weights}, call, first / 4, stride / 4);
  }
};

}  // namespace innate::basis
