// One matrix product (gemm.h) by one block, for products that are too small to be worth a launch. Operands
// may lie in shared or in global memory. Every element of C is one ascending chain, as in gemm.cuh.
#pragma once

#include "kernels/core/gemm.cuh"

namespace innate::gemm {

/// All threads call; a barrier must lie between this and the use of C, and before the next change of A or B.
template <int Threads>
struct Block {
  static constexpr int kRows = 64;
  struct Term {
    float value;
    int at;  // floats from B to the line that it is multiplied with
  };
  /// Of each warp: four lists of the rows, at most kRows, in which a pixel is not 0 (row << 8 | pixel), and
  /// the terms that its lanes work on.
  struct Shared {
    uint16_t marked[Threads / 32][4][kRows];
    alignas(8) Term terms[Threads / 32][32];
  };
  static __device__ void run(Shared& s, const Product& p, int64_t, int64_t) {
    if (p.m == 0) return;
    if (p.a) return floats(p);
    if (!p.transpose_a && !p.a_lists.start) return rows_of_pixels(p);
    // How much of a line of B is read at once is known before the loops, and that B lies in shared memory.
    const int width = is_shared(p.b) ? width_of(p.b, p.n) : 1;
    if (width == 4)
      pixels<4>(s, p, as_shared(p.b));
    else if (width == 2)
      pixels<2>(s, p, as_shared(p.b));
    else if (is_shared(p.b) && p.n >= (p.transpose_a ? 2 : 1) * kWide)
      single_pixels<kWide>(p, as_shared(p.b));
    else
      single_pixels<1>(p, p.b);
  }

 private:
  // Columns a thread of products on floats: what it learns of a line of A serves this many. Where n is no
  // multiple of it the last thread of a line takes the line's last columns too, and stores those that are its
  // own: loops then need not ask which columns there are.
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

  // ---- pixels, most of which are 0. A line of C belongs to a group of lanes, as many as read a line of B at
  // once, `Wide` floats each: a phase of such a load (8, 16 or 32 lanes) meets one line and no conflict.

  static constexpr uint32_t kAll = 0xffffffffu;

  /// A lane's place. `leader`: the first lane of its group.
  struct Place {
    int warp, lane, lanes, leader;
    __device__ __forceinline__ explicit Place(int lanes_a_group)
        : warp(static_cast<int>(threadIdx.x) / 32),
          lane(static_cast<int>(threadIdx.x) % lanes_a_group),
          lanes(lanes_a_group),
          leader(static_cast<int>(threadIdx.x) % 32 - lane) {}
    __device__ __forceinline__ int groups() const { return 32 / lanes; }
    __device__ __forceinline__ int group() const { return leader / lanes; }
  };

  template <int Wide>
  static __device__ __forceinline__ void pixels(Shared& s, const Product& p, const float* b) {
    const Place place(lanes_a_line(p.n, Wide));
    if (p.transpose_a)
      columns_of_pixels<Wide>(s, p, b, place);
    else
      rows_of_lists<Wide>(s, p, b, place);
  }

  template <int Wide>
  static __device__ __forceinline__ void load(const float* from, float (&to)[Wide]) {
    if constexpr (Wide == 4) {
      const Four v = load_four(from);
#pragma unroll
      for (int w = 0; w < Wide; ++w) to[w] = v.of[w];
    } else {
      const Two v = load_two(from);
      to[0] = v.of[0], to[1] = v.of[1];
    }
  }

  /// sums += the entries (line of B << 8 | pixel) of the group's list. They are read an entry a lane, two
  /// such pieces ahead, and become terms in shared memory, which all lanes of the group then go through.
  template <int Wide, class Entry>
  static __device__ __forceinline__ void add_list(Term (&terms)[32], const Entry* list, int size,
                                                  const Product& p, const float* column, const Place& place,
                                                  float (&sums)[Wide]) {
    int most = size;
    for (int d = place.lanes; d < 32; d *= 2) {
      const int other = __shfl_xor_sync(kAll, most, d);
      most = other > most ? other : most;
    }
    const int n = static_cast<int>(p.n);
    const float scale = p.a_scale;
    const auto entry = [&](int e) { return e < size ? static_cast<uint32_t>(list[e]) : 0u; };
    uint32_t next = entry(place.lane), after = entry(place.lane + place.lanes);
    for (int e = 0; e < most; e += place.lanes) {
      __syncwarp();
      terms[place.leader + place.lane] = {math::float_of_byte(next & 255u) * scale,
                                          static_cast<int>(next >> 8) * n};
      __syncwarp();
      next = after, after = entry(e + place.lane + 2 * place.lanes);
      const int count = size - e < place.lanes ? size - e : place.lanes;
#pragma unroll 8
      for (int t = 0; t < count; ++t) {
        const Term term = terms[place.leader + t];
        float of[Wide];
        load(column + term.at, of);
#pragma unroll
        for (int w = 0; w < Wide; ++w) sums[w] = math::fma(term.value, of[w], sums[w]);
      }
    }
  }

  /// C = lists B.
  template <int Wide>
  static __device__ __forceinline__ void rows_of_lists(Shared& s, const Product& p, const float* b,
                                                       const Place& place) {
    const int n = static_cast<int>(p.n), m = static_cast<int>(p.m);
    for (int first = place.warp * place.groups(); first < m; first += Threads / place.lanes) {
      const int i = first + place.group();
      const uint32_t* list = p.a_lists.entries;
      int size = 0;
      if (i < m) {
        const uint32_t image = p.a_rows[i];
        const auto start = p.a_lists.start[image];
        size = static_cast<int>(p.a_lists.start[image + 1] - start);
        list += start;
      }
      for (int j0 = 0; j0 < n; j0 += place.lanes * Wide) {
        const int j = j0 + place.lane * Wide;
        float sums[Wide] = {};
        add_list(s.terms[place.warp], list, size, p, b + (j < n ? j : 0), place, sums);
        if (i < m && j < n) write(p, i, j, j, sums);
      }
    }
  }

  static __device__ void rows_of_pixels(const Product& p) {
    const int64_t n = p.n;
    for (int64_t e = threadIdx.x; e < p.m * n; e += Threads) {
      const int64_t i = e / n;
      const uint8_t* pixels = p.a_pixels + (p.a_rows ? static_cast<int64_t>(p.a_rows[i]) : i) * p.k;
      const float* b = p.b + e % n;
      float sums[1] = {};
#pragma unroll 4
      for (int64_t q = 0; q < p.k; ++q)
        sums[0] = math::fma(static_cast<float>(pixels[q]) * p.a_scale, b[q * n], sums[0]);
      write(p, i, e % n, 0, sums);
    }
  }

  /// Four neighbouring pixels of a row, from column `first` on. (0 where there is none.)
  static __device__ __forceinline__ uint32_t four_of(const Product& p, int row, int first, bool aligned) {
    uint32_t four = 0;
    if (row >= static_cast<int>(p.k)) return four;
    const uint64_t line = p.a_rows ? p.a_rows[row] : static_cast<uint32_t>(row);
    const uint8_t* from = p.a_pixels + line * static_cast<uint32_t>(p.m) + first;
    if (aligned) return *reinterpret_cast<const uint32_t*>(from);
#pragma unroll
    for (int d = 0; d < 4; ++d)
      if (first + d < static_cast<int>(p.m)) four |= static_cast<uint32_t>(from[d]) << 8 * d;
    return four;
  }

  /// C = pixels^T B. A warp takes four lines of C, which are neighbouring pixels, and up to 64 rows, two a
  /// lane: votes of all lanes say where in its list each pixel that is not 0 belongs.
  template <int Wide>
  static __device__ __forceinline__ void columns_of_pixels(Shared& s, const Product& p, const float* b,
                                                           const Place& place) {
    const int n = static_cast<int>(p.n), m = static_cast<int>(p.m), k = static_cast<int>(p.k);
    const bool aligned = m % 4 == 0 && reinterpret_cast<uintptr_t>(p.a_pixels) % 4 == 0;
    auto& marked = s.marked[place.warp];
    for (int first = place.warp * 4; first < m; first += Threads / 32 * 4) {
      int sizes = k <= kRows ? list_marked(marked, p, 0, first, aligned) : 0;
      for (int pixel = 0; pixel < 4; pixel += place.groups()) {
        const int own = pixel + place.group(), i = first + own;
        for (int j0 = 0; j0 < n; j0 += place.lanes * Wide) {
          const int j = j0 + place.lane * Wide;
          float sums[Wide] = {};
          for (int row = 0; row < k; row += kRows) {
            if (k > kRows) sizes = list_marked(marked, p, row, first, aligned);
            add_list(s.terms[place.warp], marked[own], sizes >> 8 * own & 255, p,
                     b + row * n + (j < n ? j : 0), place, sums);
          }
          if (i < m && j < n) write(p, i, j, j, sums);
        }
      }
    }
  }

  /// The lists of four pixels; returns their sizes, a byte each.
  static __device__ __forceinline__ int list_marked(uint16_t (&marked)[4][kRows], const Product& p, int row,
                                                    int first, bool aligned) {
    const auto lane = threadIdx.x % 32;
    const uint32_t below = (1u << lane) - 1;
    const uint32_t fours[2] = {four_of(p, row + static_cast<int>(lane), first, aligned),
                               four_of(p, row + static_cast<int>(lane) + 32, first, aligned)};
    int sizes = 0;
    __syncwarp();
#pragma unroll
    for (int pixel = 0; pixel < 4; ++pixel) {
      int size = 0;
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const uint32_t value = fours[half] >> 8 * pixel & 255u;
        const uint32_t voted = __ballot_sync(kAll, value != 0);
        if (value != 0)
          marked[pixel][size + __popc(voted & below)] =
              static_cast<uint16_t>((lane + 32 * half) << 8 | value);
        size += __popc(voted);
      }
      sizes |= size << 8 * pixel;
    }
    __syncwarp();
    return sizes;
  }

  // ---- the same where B is read a float at a time (n is odd, or B lies in global memory). A line of C
  // belongs to a few lanes, `Wide` columns each, where it is worth as many lists a warp.

  template <int Wide>
  static __device__ __forceinline__ void single_pixels(const Product& p, const float* b) {
    if (!p.transpose_a)
      rows_of_lists_singly<Wide>(p, b);
    else  // a step from one pixel to the next costs more than that along a list: it serves twice as many
      columns_of_pixels_singly<Wide == 1 ? 1 : 2 * Wide>(p, b);
  }

  /// sums += value * b[0 .. Wide)
  template <int Wide>
  static __device__ __forceinline__ void add(float value, const float* b, float (&sums)[Wide]) {
#pragma unroll
    for (int w = 0; w < Wide; ++w) sums[w] = math::fma(value, b[w], sums[w]);
  }

  /// C = lists B, a line of C by a few lanes. The next entries of a list are under way while the last ones
  /// are worked on.
  template <int Wide>
  static __device__ __forceinline__ void rows_of_lists_singly(const Product& p, const float* b) {
    constexpr int kAhead = 4;
    const int n = static_cast<int>(p.n), m = static_cast<int>(p.m), lanes = few_lanes(n, Wide);
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
          add(static_cast<float>(entry & 255) * scale, b + static_cast<int64_t>(entry >> 8) * n + j, sums);
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

  /// C = pixels^T B, a line of C by a few lanes. For 32 rows at a time the lanes of a line first mark, each
  /// for its share of them, those in which their pixel is not 0, and then go through the marked ones alone;
  /// the next one's pixel is under way meanwhile.
  template <int Wide>
  static __device__ __forceinline__ void columns_of_pixels_singly(const Product& p, const float* b) {
    const int n = static_cast<int>(p.n), m = static_cast<int>(p.m), k = static_cast<int>(p.k);
    const int lanes = few_lanes(n, Wide), lane = static_cast<int>(threadIdx.x) % 32;
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
            add(value, b + (row + r) * n + j, sums);
          }
        }
        if (i < m && own < n) write(p, i, j, own, sums);
      }
    }
  }
};

}  // namespace innate::gemm
