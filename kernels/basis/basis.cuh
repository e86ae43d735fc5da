// Basis, block by block: one replica.
#pragma once

#include "kernels/basis/call.h"
#include "kernels/basis/normals.h"
#include "kernels/core/gemm_block.cuh"

namespace innate::basis {

/// A piece of R, packed: four numbers at a time from `first` on, every `stride`th.
__device__ inline void fill_elements(uint64_t seed, const Piece& piece, float* to, int64_t first,
                                     int64_t stride) {
  const int64_t quads = ceil_div(piece.columns, 4);
  for (int64_t e = first; e < piece.lines * quads; e += stride) {
    const int64_t i = e / quads, j = e % quads * 4;
    float four[4];
    normals(seed, static_cast<uint32_t>(piece.line + i), static_cast<uint32_t>((piece.column + j) / 4), four);
#pragma unroll
    for (int w = 0; w < 4; ++w)
      if (j + w < piece.columns) to[i * piece.columns + j + w] = four[w];
  }
}

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

/// theta, kWide weights at a time from `first` on, every `stride`th.
template <class Lines>
__device__ void combine_elements(const Lines& lines, const float* c, float scale, int64_t numbers,
                                 float* theta, int64_t first, int64_t stride) {
  for (int64_t j = first * Lines::kWide; j < lines.columns; j += stride * Lines::kWide) {
    float sum[Lines::kWide] = {};
#pragma unroll 4
    for (int64_t k = 0; k < numbers; ++k) {
      float r[Lines::kWide];
      lines.load(k, j, r);
      const float factor = scale * c[k];
#pragma unroll
      for (int w = 0; w < Lines::kWide; ++w) sum[w] = math::fma(factor, r[w], sum[w]);
    }
#pragma unroll
    for (int w = 0; w < Lines::kWide; ++w)
      if (j + w < lines.columns) theta[j + w] = sum[w];
  }
}

/// dc for numbers from `first` on, every `stride`th; 16 / kWide neighbouring threads take one together, and
/// all threads of a warp call with the same loop ahead of them.
template <class Lines>
__device__ void combine_backward_elements(const Lines& lines, const float* dtheta, float scale,
                                          int64_t numbers, float* dc, int64_t first, int64_t stride) {
  constexpr int kWide = Lines::kWide, kThreads = 16 / kWide;
  const int lane = static_cast<int>(threadIdx.x) % kThreads * kWide;
  for (int64_t begin = 0; begin < numbers; begin += stride) {
    const int64_t k = begin + first, taken = k < numbers ? k : numbers - 1;
    float sum[kWide] = {};
#pragma unroll 4
    for (int64_t j = lane; j < ceil_div(lines.columns, 16) * 16; j += 16) {
      float r[kWide];
      lines.load(taken, j, r);
#pragma unroll
      for (int w = 0; w < kWide; ++w) {
        const float d = j + w < lines.columns ? dtheta[j + w] : 0.0f;
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
    if (lane == 0 && k < numbers) dc[k] = scale * sum[0];
  }
}

template <int Threads>
struct Block {
  using Gemm = gemm::Block<Threads>;

  static __device__ void forward(const Replica& r) {
    if (r.order == Order::features)
      make_features(r);
    else
      make_weights(r);
    __syncthreads();
    Gemm::multiply(product(r.order == Order::features ? Stage::out_features : Stage::out_weights, r));
  }

  static __device__ void backward(const Replica& r) {
    if (r.dbias) Gemm::sum_rows(r.dy, r.rows, r.outputs, r.dbias);
    if (!r.dp) return;
    if (r.order == Order::features) return Gemm::multiply(product(Stage::dp_features, r));
    Gemm::multiply(product(Stage::dw, r));
    __syncthreads();
    if (r.r) return Gemm::multiply(product(Stage::dp_weights, r));
    for (int64_t column = 0; column < r.vectors; column += kPanel)
      use(Stage::dp_weights, r, panel_of(r, column));
  }

  static __device__ void combine(const CombinationCall& call, int i) {
    const float scale = call.scale ? call.scale[i] : 1.0f;
    const int64_t columns = call.shape.weights, numbers = call.shape.numbers[i];
    if (call.numbers.stored)
      combine_elements(StoredLines{call.numbers.stored[i], columns}, call.c[i], scale, numbers, call.theta[i],
                       threadIdx.x, Threads);
    else
      combine_elements(MadeLines{call.numbers.seeds[i], columns}, call.c[i], scale, numbers, call.theta[i],
                       threadIdx.x, Threads);
  }

  static __device__ void combine_backward(const CombinationCall& call, int i) {
    const float scale = call.scale ? call.scale[i] : 1.0f;
    const int64_t columns = call.shape.weights, numbers = call.shape.numbers[i];
    if (call.numbers.stored)
      combine_backward_elements(StoredLines{call.numbers.stored[i], columns}, call.dtheta[i], scale, numbers,
                                call.dc[i], threadIdx.x / 16, Threads / 16);
    else
      combine_backward_elements(MadeLines{call.numbers.seeds[i], columns}, call.dtheta[i], scale, numbers,
                                call.dc[i], threadIdx.x / 4, Threads / 4);
  }

 private:
  /// Makes a piece of R and what it gives of a stage's product.
  static __device__ void use(Stage stage, const Replica& r, const Piece& piece) {
    fill_elements(r.seed, piece, r.numbers, threadIdx.x, Threads);
    __syncthreads();
    Gemm::multiply(product(stage, r, piece));
    __syncthreads();
  }

  static __device__ void make_features(const Replica& r) {
    if (r.r) return Gemm::multiply(product(Stage::features, r));
    for (int64_t column = 0; column < r.vectors; column += kPanel) {
      const Piece piece = panel_of(r, column);
      use(Stage::features, r, piece);
      for (int64_t e = threadIdx.x; e < r.rows * piece.columns; e += Threads)
        r.features[e / piece.columns * r.vectors + column + e % piece.columns] = r.panel[e];
      __syncthreads();
    }
  }

  static __device__ void make_weights(const Replica& r) {
    if (r.r) return Gemm::multiply(product(Stage::weights, r));
    for (int64_t line = 0; line < r.inputs; line += piece_lines(r)) use(Stage::weights, r, lines_of(r, line));
  }
};

}  // namespace innate::basis
