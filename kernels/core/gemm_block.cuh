// One matrix product (gemm.h) by one block, for products that are too small to be worth a launch. Operands
// may lie in shared or in global memory. Every element of C is one ascending chain, as in gemm.cuh.
#pragma once

#include "kernels/core/gemm.cuh"

namespace innate::gemm {

/// All threads call; a barrier must lie between this and the use of C, and before the next change of A or B.
template <int Threads>
struct Block {
  using Shared = Nothing;
  static __device__ void run(Shared&, const Product& p, int64_t, int64_t) { multiply(p); }

  static __device__ void multiply(const Product& p) {
    if (p.m == 0) return;
    if (p.a) return floats(p);
    if (p.transpose_a && p.add) return add_columns_of_pixels(p);
    if (!p.transpose_a && !p.a_lists.start) return rows_of_pixels(p);
    const int width = width_of(p.b, p.n);
    if (width == 4)
      pixels<4>(p);
    else if (width == 2)
      pixels<2>(p);
    else
      pixels<1>(p);
  }

 private:
  static constexpr int kWide = 4;  // columns a thread: what it learns of a pixel serves this many additions

  // ---- floats

  /// Four columns a thread, and two rows where that leaves every thread some: of whole fours 5.3
  /// multiply-adds a load, and four rows would spill.
  static __device__ __forceinline__ void floats(const Product& p) {
    constexpr int64_t kMost = INT32_MAX;
    if (p.m * p.k > kMost || p.k * p.n > kMost || p.m * p.n > kMost)
      pieces<1, int64_t>(p);
    else if (p.m * p.n >= 8 * Threads)
      pieces<2, int>(p);
    else
      pieces<1, int>(p);
  }

  /// Four steps of k at a time. A is read by 16 bytes along k, and B along its columns, where these are
  /// contiguous and whole fours. Index: holds the numbers of elements of A, B and C.
  template <int High, class Index>
  static __device__ __forceinline__ void pieces(const Product& p) {
    const Index m = static_cast<Index>(p.m), n = static_cast<Index>(p.n), k = static_cast<Index>(p.k);
    const Index a_line = p.transpose_a ? 1 : k, a_step = p.transpose_a ? m : 1;
    const Index b_line = p.transpose_b ? k : 1, b_step = p.transpose_b ? 1 : n;
    const bool a_fours = !p.transpose_a && width_of(p.a, k) == 4;
    const bool b_fours = !p.transpose_b && width_of(p.b, n) == 4;
    const Index across = (n + kWide - 1) / kWide;
    for (Index t = static_cast<Index>(threadIdx.x); t < (m + High - 1) / High * across; t += Threads) {
      const Index i = t / across * High, j = t % across * kWide;
      Index a[High], b[kWide];  // where lines begin; behind the last one: the last one once more
#pragma unroll
      for (int h = 0; h < High; ++h) a[h] = (i + h < m ? i + h : m - 1) * a_line;
#pragma unroll
      for (int w = 0; w < kWide; ++w) b[w] = (j + w < n ? j + w : n - 1) * b_line;
      float sum[High][kWide] = {};
      for (Index q = 0; q < k; q += 4) {
        const int steps = k - q < 4 ? static_cast<int>(k - q) : 4;
        Four x[High];
#pragma unroll
        for (int h = 0; h < High; ++h)
          if (a_fours)
            x[h] = load_four(p.a + a[h] + q);
          else
#pragma unroll
            for (int d = 0; d < 4; ++d) x[h].of[d] = d < steps ? p.a[a[h] + (q + d) * a_step] : 0.0f;
#pragma unroll
        for (int d = 0; d < 4; ++d) {
          if (d >= steps) continue;
          Four y;
          if (b_fours)
            y = load_four(p.b + b[0] + (q + d) * b_step);
          else
#pragma unroll
            for (int w = 0; w < kWide; ++w) y.of[w] = p.b[b[w] + (q + d) * b_step];
#pragma unroll
          for (int h = 0; h < High; ++h)
#pragma unroll
            for (int w = 0; w < kWide; ++w) sum[h][w] = math::fma(x[h].of[d], y.of[w], sum[h][w]);
        }
      }
      const float factor = p.factor();
#pragma unroll
      for (int h = 0; h < High; ++h)
#pragma unroll
        for (int w = 0; w < kWide; ++w)
          if (i + h < m && j + w < n) store(p, factor, i + h, j + w, sum[h][w]);
    }
  }

  // ---- pixels, most of which are 0. Width: floats of B, and of C, that are read at once (width_of)

  template <int Width>
  static __device__ __forceinline__ void pixels(const Product& p) {
    if (p.transpose_a)
      columns_of_pixels<Width>(p);
    else
      rows_of_lists<Width>(p);
  }

  static __device__ __forceinline__ const uint8_t* line(const Product& p, int64_t i, int64_t width) {
    return p.a_pixels + (p.a_rows ? static_cast<int64_t>(p.a_rows[i]) : i) * width;
  }

  /// sums += value * b[0 .. count); count is a multiple of Width.
  template <int Width>
  static __device__ __forceinline__ void add(float value, const float* b, int count, float (&sums)[kWide]) {
    if constexpr (Width == 4) {
      const Four v = load_four(b);
#pragma unroll
      for (int w = 0; w < 4; ++w) sums[w] = math::fma(value, v.of[w], sums[w]);
    } else if constexpr (Width == 2) {
#pragma unroll
      for (int w = 0; w < kWide; w += 2) {
        if (w >= count) continue;
        const Two v = load_two(b + w);
        sums[w] = math::fma(value, v.of[0], sums[w]);
        sums[w + 1] = math::fma(value, v.of[1], sums[w + 1]);
      }
    } else {
#pragma unroll
      for (int w = 0; w < kWide; ++w)
        if (w < count) sums[w] = math::fma(value, b[w], sums[w]);
    }
  }

  /// work(i, j, count, sums) for every row and kWide columns of C, then what it left in sums is written.
  template <class Work>
  static __device__ __forceinline__ void each_row_piece(const Product& p, const Work& work) {
    const uint32_t pieces = static_cast<uint32_t>(ceil_div(p.n, kWide));
    for (uint32_t e = threadIdx.x; e < static_cast<uint32_t>(p.m) * pieces; e += Threads) {
      const uint32_t i = e / pieces, j = e % pieces * kWide;
      const int count = static_cast<int>(p.n - j < kWide ? p.n - j : kWide);
      float sums[kWide] = {};
      work(i, j, count, sums);
      const float factor = p.factor();
#pragma unroll
      for (int w = 0; w < kWide; ++w)
        if (w < count) store(p, factor, i, j + w, sums[w]);
    }
  }

  template <int Width>
  static __device__ __forceinline__ void rows_of_lists(const Product& p) {
    each_row_piece(p, [&p](uint32_t i, uint32_t j, int count, float(&sums)[kWide]) {
      const uint32_t image = p.a_rows[i];
      const uint32_t* entries = p.a_lists.entries + p.a_lists.start[image];
      const int size = static_cast<int>(p.a_lists.start[image + 1] - p.a_lists.start[image]);
      const float* b = p.b + j;
      const uint32_t n = static_cast<uint32_t>(p.n);
#pragma unroll 4
      for (int e = 0; e < size; ++e) {
        const uint32_t entry = entries[e];
        add<Width>(static_cast<float>(entry & 255) * p.a_scale, b + static_cast<uint64_t>(entry >> 8) * n,
                   count, sums);
      }
    });
  }

  static __device__ void rows_of_pixels(const Product& p) {
    each_row_piece(p, [&p](uint32_t i, uint32_t j, int count, float(&sums)[kWide]) {
      const uint8_t* pixels = line(p, i, p.k);
#pragma unroll 4
      for (int64_t q = 0; q < p.k; ++q)
        add<1>(static_cast<float>(pixels[q]) * p.a_scale, p.b + q * p.n + j, count, sums);
    });
  }

  /// C = pixels^T B. A warp takes 32 columns of pixels and 32 rows at a time: first every lane marks the rows
  /// in which its column is not 0 (neighbouring bytes: one load a row), then the lanes share out the 32
  /// columns of C and go through the marked rows alone. Sums wait in C between groups of rows.
  template <int Width>
  static __device__ __forceinline__ void columns_of_pixels(const Product& p) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int pieces = static_cast<int>(ceil_div(p.n, kWide));
    for (int64_t first = threadIdx.x / 32 * 32; first < p.m; first += Threads)
      for (int64_t row = 0; row < p.k; row += 32) {
        const int rows = static_cast<int>(p.k - row < 32 ? p.k - row : 32);
        uint32_t marked = 0;
        if (first + lane < p.m)
#pragma unroll 8
          for (int r = 0; r < rows; ++r)
            marked |= static_cast<uint32_t>(line(p, row + r, p.m)[first + lane] != 0) << r;
        for (int e = lane; e < 32 * pieces; e += 32) {
          const int column = e / pieces;
          const uint32_t rows_left = __shfl_sync(0xffffffffu, marked, column);
          if (first + column < p.m)
            add_rows<Width>(p, first + column, static_cast<int64_t>(e % pieces) * kWide, row, rows_left);
        }
      }
  }

  /// The same where C holds something already, which sums cannot wait in.
  static __device__ void add_columns_of_pixels(const Product& p) {
    each_row_piece(p, [&p](uint32_t i, uint32_t j, int count, float(&sums)[kWide]) {
#pragma unroll 4
      for (int64_t r = 0; r < p.k; ++r) {
        const uint8_t pixel = line(p, r, p.m)[i];
        if (pixel) add<1>(static_cast<float>(pixel) * p.a_scale, p.b + r * p.n + j, count, sums);
      }
    });
  }

  /// Adds the marked ones of 32 rows to kWide elements of C's line i.
  template <int Width>
  static __device__ __forceinline__ void add_rows(const Product& p, int64_t i, int64_t j, int64_t row,
                                                  uint32_t marked) {
    const int count = static_cast<int>(p.n - j < kWide ? p.n - j : kWide);
    float* c = p.c + i * p.line() + j;
    float sums[kWide] = {};
#pragma unroll
    for (int w = 0; w < kWide; ++w)
      if (row > 0 && w < count) sums[w] = c[w];
    for (; marked; marked &= marked - 1) {
      const int64_t r = row + __ffs(static_cast<int>(marked)) - 1;
      add<Width>(static_cast<float>(line(p, r, p.m)[i]) * p.a_scale, p.b + r * p.n + j, count, sums);
    }
    const bool last = row + 32 >= p.k;
    const float factor = last ? p.factor() : 1.0f;
#pragma unroll
    for (int w = 0; w < kWide; ++w) {
      if (w >= count) continue;
      if (last)
        store(p, factor, i, j + w, sums[w]);
      else
        c[w] = sums[w];
    }
  }
};

}  // namespace innate::gemm
