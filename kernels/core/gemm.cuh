// Batched matrix products (gemm.h) whose sizes may differ between replicas, in tiles of C.
#pragma once

#include "kernels/core/each.cuh"
#include "kernels/core/gemm.h"
#include "kernels/core/math.h"

namespace innate::gemm {

/// What becomes of a finished sum.
__device__ __forceinline__ void store(const Product& p, int64_t i, int64_t j, float sum) {
  float value = sum * p.factor();
  if (p.bias) value = value + p.bias[j];
  float& to = p.c[i * p.line() + j];
  to = p.add ? to + value : value;
}

/// Tiles of 64 x 32 elements of C, 4 x 4 a thread of 128: C is small here (tens of genes, tens to hundreds of
/// rows), and many replicas fill the device; larger tiles would leave most threads without an element. One
/// kernel for both storage orders and for pixels: which they are is the same for a whole block, and is asked
/// only where a tile is loaded.
struct Tiles {
  static constexpr int kThreads = 128, kBlocks = 5;
  static constexpr int kTileM = 64, kTileN = 32, kTileK = 16, kPerThread = 4;
  struct Shared {
    float a[kTileK][kTileM + 4];
    float b[kTileK][kTileN + 4];
  };

  INNATE_HD static int64_t count(int64_t m, int64_t n) {
    return (m + kTileM - 1) / kTileM * ((n + kTileN - 1) / kTileN);
  }

  static __device__ void run(Shared& s, const Product& p, int64_t block, int64_t blocks) {
    const int64_t across = ceil_div(p.n, kTileN);
    for (int64_t t = block; t < count(p.m, p.n); t += blocks)
      tile(s, p, t / across * kTileM, t % across * kTileN);
  }

 private:
  /// Reads a tile's piece of A or B into shared memory as [k][line]; `across` is the tile's first row (of A)
  /// or column (of B), of `lines` in all. Contiguous elements go to neighbouring threads in both storage
  /// orders. `rows`: where given, line l (element l of the k lines, where those are not contiguous) is
  /// rows[l].
  template <int Tile, class Element, class Row>
  static __device__ __forceinline__ void load(const Element* from, bool k_contiguous, const uint32_t* rows,
                                              float scale, int64_t lines, int64_t k, int64_t across,
                                              int64_t k0, Row* to) {
    for (int e = static_cast<int>(threadIdx.x); e < Tile * kTileK; e += kThreads) {
      const int line = k_contiguous ? e / kTileK : e % Tile, p = k_contiguous ? e % kTileK : e / Tile;
      const int64_t i = across + line, q = k0 + p;
      float value = 0.0f;
      if (i < lines && q < k) {
        const int64_t own = k_contiguous ? i : q, stored = rows ? static_cast<int64_t>(rows[own]) : own;
        value = static_cast<float>(from[k_contiguous ? stored * k + q : stored * lines + i]);
        if (sizeof(Element) == 1) value *= scale;
      }
      to[p][line] = value;
    }
  }

  /// The tile of C whose first element is (row, column), by the whole block.
  static __device__ __forceinline__ void tile(Shared& s, const Product& p, int64_t row, int64_t column) {
    const int x = static_cast<int>(threadIdx.x) % (kTileN / kPerThread),
              y = static_cast<int>(threadIdx.x) / (kTileN / kPerThread);
    float sum[kPerThread][kPerThread] = {};
    for (int64_t k0 = 0; k0 < p.k; k0 += kTileK) {
      if (p.a)
        load<kTileM>(p.a, !p.transpose_a, nullptr, 1.0f, p.m, p.k, row, k0, s.a);
      else
        load<kTileM>(p.a_pixels, !p.transpose_a, p.a_rows, p.a_scale, p.m, p.k, row, k0, s.a);
      load<kTileN>(p.b, p.transpose_b, nullptr, 1.0f, p.n, p.k, column, k0, s.b);
      __syncthreads();
      const int depth = static_cast<int>(p.k - k0 < kTileK ? p.k - k0 : kTileK);
      for (int q = 0; q < depth; ++q)
        for (int i = 0; i < kPerThread; ++i)
          for (int j = 0; j < kPerThread; ++j)
            sum[i][j] = math::fma(s.a[q][y * kPerThread + i], s.b[q][x * kPerThread + j], sum[i][j]);
      __syncthreads();
    }
    for (int i = 0; i < kPerThread; ++i)
      for (int j = 0; j < kPerThread; ++j) {
        const int64_t r = row + y * kPerThread + i, c = column + x * kPerThread + j;
        if (r < p.m && c < p.n) store(p, r, c, sum[i][j]);
      }
  }
};

/// Sums of columns, for gradients of biases: one thread a column, so that no order is left to chance.
template <int Threads>
struct SumRows {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const RowSum& s, int64_t block, int64_t blocks) {
    for (int64_t j = first_of<Threads>(block); j < s.n; j += blocks * Threads) {
      float sum = 0.0f;
      for (int64_t i = 0; i < s.m; ++i) sum += s.b[i * s.n + j];
      s.sums[j] = s.add ? s.sums[j] + sum : sum;
    }
  }
};

}  // namespace innate::gemm
