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
    if (!p.transpose_a && !p.a_lists.start) return rows_of_pixels(p);
    // What the loops need of B is known before them: that it lies in shared memory, and how much of a line
    // can be read at once. Where it does not, a thread takes one column.
    const int width = width_of(p.b, p.n);
    if (p.n < (p.transpose_a ? 2 : 1) * kWide || !is_shared(p.b))
      pixels<1, 1>(p, p.b);
    else if (width == 4)
      pixels<kWide, 4>(p, as_shared(p.b));
    else if (width == 2)
      pixels<kWide, 2>(p, as_shared(p.b));
    else
      pixels<kWide, 1>(p, as_shared(p.b));
  }

 private:
  // Columns a thread: what it learns of a line of A serves this many. Where n is no multiple of it the last
  // thread of a line takes the line's last columns too, and stores those that are its own: loops then need
  // not ask which columns there are.
  static constexpr int kWide = 4;
  static_assert(Threads % 32 == 0);

  /// Stores the sums of columns from `begin` on that are not below `own`.
  template <int Wide>
  static __device__ __forceinline__ void write(const Product& p, int64_t i, int64_t begin, int64_t own,
                                               const float (&sums)[Wide]) {
    const float factor = p.factor();
#pragma unroll
    for (int w = 0; w < Wide; ++w)
      if (begin + w >= own) store(p, factor, i, begin + w, sums[w]);
  }

  // ---- floats

  static __device__ __forceinline__ void floats(const Product& p) {
    if (p.n < kWide || !is_shared(p.a) || !is_shared(p.b)) return elements(p);
    const float *a = as_shared(p.a), *b = as_shared(p.b);
    if (p.transpose_b)
      lines<true>(p, a, b);
    else if (!p.transpose_a && p.m * p.n >= 8 * Threads && width_of(a, p.k) == 4 && width_of(b, p.n) == 4)
      fours(p, a, b);
    else
      lines<false>(p, a, b);
  }

  /// One element a thread, wherever the operands lie.
  static __device__ __forceinline__ void elements(const Product& p) {
    const int64_t n = p.n, k = p.k, a_step = p.transpose_a ? p.m : 1, b_step = p.transpose_b ? 1 : n;
    for (int64_t t = threadIdx.x; t < p.m * n; t += Threads) {
      const int64_t i = t / n, j = t % n;
      const float *a = p.a + (p.transpose_a ? i : i * k), *b = p.b + (p.transpose_b ? j * k : j);
      float sums[1] = {};
#pragma unroll 4
      for (int64_t q = 0; q < k; ++q) sums[0] = math::fma(a[q * a_step], b[q * b_step], sums[0]);
      write(p, i, j, j, sums);
    }
  }

  /// Two lines of A by four columns of B, which is transposed where Turned. (What lies in shared memory has
  /// fewer than 2^31 elements.)
  template <bool Turned>
  static __device__ __forceinline__ void lines(const Product& p, const float* of_a, const float* of_b) {
    const int m = static_cast<int>(p.m), n = static_cast<int>(p.n), k = static_cast<int>(p.k);
    const int across = (n + kWide - 1) / kWide, a_step = p.transpose_a ? m : 1;
    for (int t = static_cast<int>(threadIdx.x); t < (m + 1) / 2 * across; t += Threads) {
      const int i = t / across * 2, own = t % across * kWide, j = own < n - kWide ? own : n - kWide;
      // To the second line; where there is none, the last one stands for it.
      const int below = i + 1 == m ? 0 : p.transpose_a ? 1 : k;
      int a = p.transpose_a ? i : i * k, b = Turned ? j * k : j;
      float sums[2][kWide] = {};
#pragma unroll 4
      for (int q = 0; q < k; ++q, a += a_step, b += Turned ? 1 : n) {
        const float x[2] = {of_a[a], of_a[a + below]};
#pragma unroll
        for (int w = 0; w < kWide; ++w) {
          const float y = of_b[b + (Turned ? w * k : w)];
          sums[0][w] = math::fma(x[0], y, sums[0][w]);
          sums[1][w] = math::fma(x[1], y, sums[1][w]);
        }
      }
      write_two(p, i, j, own, sums);
    }
  }

  /// The same, four steps of k at a time, all by 16 bytes: 5.3 multiply-adds a load. (Four lines would
  /// spill.)
  static __device__ __forceinline__ void fours(const Product& p, const float* of_a, const float* of_b) {
    const int m = static_cast<int>(p.m), n = static_cast<int>(p.n), k = static_cast<int>(p.k);
    const int across = n / 4;
    for (int t = static_cast<int>(threadIdx.x); t < (m + 1) / 2 * across; t += Threads) {
      const int i = t / across * 2, j = t % across * 4, below = i + 1 < m ? k : 0;
      int a = i * k, b = j;
      float sums[2][4] = {};
      for (int q = 0; q < k; q += 4, a += 4) {
        const Four x[2] = {load_four(of_a + a), load_four(of_a + a + below)};
#pragma unroll
        for (int d = 0; d < 4; ++d, b += n) {
          const Four y = load_four(of_b + b);
#pragma unroll
          for (int h = 0; h < 2; ++h)
#pragma unroll
            for (int w = 0; w < 4; ++w) sums[h][w] = math::fma(x[h].of[d], y.of[w], sums[h][w]);
        }
      }
      write_two(p, i, j, j, sums);
    }
  }

  static __device__ __forceinline__ void write_two(const Product& p, int i, int begin, int own,
                                                   const float (&sums)[2][kWide]) {
    write(p, i, begin, own, sums[0]);
    if (i + 1 < p.m) write(p, i + 1, begin, own, sums[1]);
  }

  // ---- pixels, most of which are 0. Width: floats of B that are read at once (width_of)

  template <int Wide, int Width>
  static __device__ __forceinline__ void pixels(const Product& p, const float* b) {
    if (!p.transpose_a)
      rows_of_lists<Wide, Width>(p, b);
    else  // a step from one pixel to the next costs more than that along a list: it serves twice as many
      columns_of_pixels<Wide == 1 ? 1 : 2 * Wide, Width>(p, b);
  }

  static __device__ __forceinline__ const uint8_t* line(const Product& p, int64_t i, int64_t width) {
    return p.a_pixels + (p.a_rows ? static_cast<int64_t>(p.a_rows[i]) : i) * width;
  }

  /// sums += value * b[0 .. Wide)
  template <int Width, int Wide>
  static __device__ __forceinline__ void add(float value, const float* b, float (&sums)[Wide]) {
#pragma unroll
    for (int w = 0; w < Wide; w += Width) {
      float of[Width];
      if constexpr (Width == 4) {
        const Four v = load_four(b + w);
#pragma unroll
        for (int d = 0; d < 4; ++d) of[d] = v.of[d];
      } else if constexpr (Width == 2) {
        const Two v = load_two(b + w);
        of[0] = v.of[0], of[1] = v.of[1];
      } else {
        of[0] = b[w];
      }
#pragma unroll
      for (int d = 0; d < Width; ++d) sums[w + d] = math::fma(value, of[d], sums[w + d]);
    }
  }

  /// C = lists B, a line of C by a few lanes. The next entries of a list are under way while the last ones
  /// are worked on.
  template <int Wide, int Width>
  static __device__ __forceinline__ void rows_of_lists(const Product& p, const float* b) {
    constexpr int kAhead = 4;
    const int n = static_cast<int>(p.n), m = static_cast<int>(p.m), lanes = lanes_a_line(n, Wide);
    const int thread = static_cast<int>(threadIdx.x);
    const float scale = p.a_scale;
    for (int i = thread / lanes; i < m; i += Threads / lanes) {
      const uint32_t image = p.a_rows[i];
      const uint32_t* list = p.a_lists.entries + p.a_lists.start[image];
      const int size = static_cast<int>(p.a_lists.start[image + 1] - p.a_lists.start[image]);
      for (int own = thread % lanes * Wide; own < n; own += lanes * Wide) {
        const int j = own < n - Wide ? own : n - Wide;
        float sums[Wide] = {};
        const auto take = [&](uint32_t entry) {
          add<Width>(static_cast<float>(entry & 255) * scale, b + static_cast<int64_t>(entry >> 8) * n + j,
                     sums);
        };
        int e = 0;
        if (size >= kAhead) {
          uint32_t next[kAhead];
#pragma unroll
          for (int d = 0; d < kAhead; ++d) next[d] = list[d];
          for (; e + 2 * kAhead <= size; e += kAhead) {
            uint32_t now[kAhead];
#pragma unroll
            for (int d = 0; d < kAhead; ++d) now[d] = next[d], next[d] = list[e + kAhead + d];
#pragma unroll
            for (int d = 0; d < kAhead; ++d) take(now[d]);
          }
#pragma unroll
          for (int d = 0; d < kAhead; ++d) take(next[d]);
          e += kAhead;
        }
        for (; e < size; ++e) take(list[e]);
        write(p, i, j, own, sums);
      }
    }
  }

  static __device__ void rows_of_pixels(const Product& p) {
    const int64_t n = p.n;
    for (int64_t e = threadIdx.x; e < p.m * n; e += Threads) {
      const uint8_t* pixels = line(p, e / n, p.k);
      const float* b = p.b + e % n;
      float sums[1] = {};
#pragma unroll 4
      for (int64_t q = 0; q < p.k; ++q)
        sums[0] = math::fma(static_cast<float>(pixels[q]) * p.a_scale, b[q * n], sums[0]);
      write(p, e / n, e % n, 0, sums);
    }
  }

  /// C = pixels^T B, a line of C by a few lanes. For 32 rows at a time the lanes of a line first mark, each
  /// for its share of them, those in which their pixel is not 0, and then go through the marked ones alone;
  /// the next one's pixel is under way meanwhile.
  template <int Wide, int Width>
  static __device__ __forceinline__ void columns_of_pixels(const Product& p, const float* b) {
    const int n = static_cast<int>(p.n), m = static_cast<int>(p.m), k = static_cast<int>(p.k);
    const int lanes = lanes_a_line(n, Wide), lane = static_cast<int>(threadIdx.x) % 32;
    const auto width = static_cast<uint32_t>(m);
    const uint32_t* rows = p.a_rows;
    const uint8_t* pixels = p.a_pixels;
    const float scale = p.a_scale;
    for (int first = static_cast<int>(threadIdx.x) / 32 * (32 / lanes); first < m; first += Threads / lanes) {
      const int i = first + lane / lanes;
      for (int j0 = 0; j0 < n; j0 += lanes * Wide) {  // all lanes of a warp turn alike: they shuffle
        const int own = j0 + lane % lanes * Wide, j = own < n - Wide ? own : n - Wide;
        float sums[Wide] = {};
        for (int row = 0; row < k; row += 32) {
          const auto pixel = [&](int r) {
            const auto at = static_cast<uint32_t>(row + r);
            return pixels[static_cast<uint64_t>(rows ? rows[at] : at) * width + i];
          };
          uint32_t marked = 0;
          if (i < m)
#pragma unroll 4
            for (int r = lane % lanes; r < (k - row < 32 ? k - row : 32); r += lanes)
              marked |= static_cast<uint32_t>(pixel(r) != 0) << r;
          for (int d = 1; d < lanes; d *= 2) marked |= __shfl_xor_sync(0xffffffffu, marked, d);
          if (own >= n || marked == 0) continue;
          int next = __ffs(static_cast<int>(marked)) - 1;
          for (uint32_t next_pixel = pixel(next); marked;) {
            const int r = next;
            const float value = static_cast<float>(next_pixel) * scale;
            marked &= marked - 1;
            next = marked ? __ffs(static_cast<int>(marked)) - 1 : r;
            next_pixel = pixel(next);
            add<Width>(value, b + (row + r) * n + j, sums);
          }
        }
        if (i < m && own < n) write(p, i, j, own, sums);
      }
    }
  }
};

}  // namespace innate::gemm
