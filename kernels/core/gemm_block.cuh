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
    if (p.transpose_a) return p.add ? add_columns_of_pixels(p) : columns_of_pixels(p);
    if (p.a_lists.start) return rows_of_lists(p);
    rows_of_pixels(p);
  }

 private:
  static constexpr int kWide = 4;  // columns a thread: what it learns of a pixel serves this many additions

  static __device__ __forceinline__ void finish(const Product& p, int64_t i, int64_t j, float sum) {
    store(p, i, j, sum);
  }

  static __device__ __forceinline__ const uint8_t* line(const Product& p, int64_t i, int64_t width) {
    return p.a_pixels + (p.a_rows ? static_cast<int64_t>(p.a_rows[i]) : i) * width;
  }

  /// One element a thread at a time.
  static __device__ void floats(const Product& p) {
    const int64_t a_row = p.transpose_a ? 1 : p.k, a_step = p.transpose_a ? p.m : 1;
    const int64_t b_column = p.transpose_b ? p.k : 1, b_step = p.transpose_b ? 1 : p.n;
    const uint32_t n = static_cast<uint32_t>(p.n), size = static_cast<uint32_t>(p.m) * n;
    for (uint32_t e = threadIdx.x; e < size; e += Threads) {
      const uint32_t i = e / n, j = e % n;
      const float *a = p.a + i * a_row, *b = p.b + j * b_column;
      float sum = 0.0f;
#pragma unroll 4
      for (int64_t q = 0; q < p.k; ++q) sum = math::fma(a[q * a_step], b[q * b_step], sum);
      finish(p, i, j, sum);
    }
  }

  /// sums += value * b[0 .. count).
  static __device__ __forceinline__ void add(float value, const float* b, int count, float (&sums)[kWide]) {
#pragma unroll
    for (int w = 0; w < kWide; ++w)
      if (w < count) sums[w] = math::fma(value, b[w], sums[w]);
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
#pragma unroll
      for (int w = 0; w < kWide; ++w)
        if (w < count) finish(p, i, j + w, sums[w]);
    }
  }

  static __device__ void rows_of_lists(const Product& p) {
    each_row_piece(p, [&p](uint32_t i, uint32_t j, int count, float(&sums)[kWide]) {
      const uint32_t image = p.a_rows[i];
      const uint32_t* entries = p.a_lists.entries + p.a_lists.start[image];
      const int size = static_cast<int>(p.a_lists.start[image + 1] - p.a_lists.start[image]);
#pragma unroll 4
      for (int e = 0; e < size; ++e)
        add(static_cast<float>(entries[e] & 255) * p.a_scale,
            p.b + static_cast<int64_t>(entries[e] >> 8) * p.n + j, count, sums);
    });
  }

  static __device__ void rows_of_pixels(const Product& p) {
    each_row_piece(p, [&p](uint32_t i, uint32_t j, int count, float(&sums)[kWide]) {
      const uint8_t* pixels = line(p, i, p.k);
#pragma unroll 4
      for (int64_t q = 0; q < p.k; ++q)
        add(static_cast<float>(pixels[q]) * p.a_scale, p.b + q * p.n + j, count, sums);
    });
  }

  /// C = pixels^T B. A warp takes 32 columns of pixels and 32 rows at a time: first every lane marks the rows
  /// in which its column is not 0 (neighbouring bytes: one load a row), then the lanes share out the 32
  /// columns of C and go through the marked rows alone. Sums wait in C between groups of rows.
  static __device__ void columns_of_pixels(const Product& p) {
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
            add_rows(p, first + column, static_cast<int64_t>(e % pieces) * kWide, row, rows_left);
        }
      }
  }

  /// The same where C holds something already, which sums cannot wait in.
  static __device__ void add_columns_of_pixels(const Product& p) {
    each_row_piece(p, [&p](uint32_t i, uint32_t j, int count, float(&sums)[kWide]) {
#pragma unroll 4
      for (int64_t r = 0; r < p.k; ++r) {
        const uint8_t pixel = line(p, r, p.m)[i];
        if (pixel) add(static_cast<float>(pixel) * p.a_scale, p.b + r * p.n + j, count, sums);
      }
    });
  }

  /// Adds the marked ones of 32 rows to kWide elements of C's line i.
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
      add(static_cast<float>(line(p, r, p.m)[i]) * p.a_scale, p.b + r * p.n + j, count, sums);
    }
    const bool last = row + 32 >= p.k;
#pragma unroll
    for (int w = 0; w < kWide; ++w) {
      if (w >= count) continue;
      if (last)
        finish(p, i, j + w, sums[w]);
      else
        c[w] = sums[w];
    }
  }
};

}  // namespace innate::gemm
