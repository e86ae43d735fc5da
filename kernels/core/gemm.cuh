// Batched matrix products (gemm.h) whose sizes may differ between replicas, in tiles of C.
#pragma once

#include "kernels/core/each.cuh"
#include "kernels/core/gemm.h"
#include "kernels/core/math.h"

namespace innate::gemm {

/// What becomes of a finished sum; `factor` is the product's.
__device__ __forceinline__ void store(const Product& p, float factor, int64_t i, int64_t j, float sum) {
  float value = sum * factor;
  if (p.bias) value = value + p.bias[j];
  float& to = p.c[i * p.line() + j];
  to = p.add ? to + value : value;
}

/// Four numbers, of 32 bits each, on their way to shared memory.
struct Held {
  uint32_t bits[4];
};

/// How elements of an operand are read and become floats. Reading and becoming are two steps: what is read
/// early lands while the tile before is worked on.
struct OfFloats {
  const float* from;
  static constexpr int kVector = 16;  // bytes of four
  __device__ __forceinline__ uint32_t one(int64_t at) const { return __float_as_uint(from[at]); }
  __device__ __forceinline__ Held four(int64_t at) const {
    const Four v = load_four(from + at);
    return {{__float_as_uint(v.of[0]), __float_as_uint(v.of[1]), __float_as_uint(v.of[2]),
             __float_as_uint(v.of[3])}};
  }
  __device__ __forceinline__ float value(const Held& held, bool, int i) const {
    return __uint_as_float(held.bits[i]);
  }
};
struct OfPixels {
  const uint8_t* from;
  float scale;
  static constexpr int kVector = 4;
  __device__ __forceinline__ uint32_t one(int64_t at) const { return from[at]; }
  __device__ __forceinline__ Held four(int64_t at) const {
    return {{*reinterpret_cast<const uint32_t*>(from + at)}};
  }
  __device__ __forceinline__ float value(const Held& held, bool vector, int i) const {
    return static_cast<float>(vector ? held.bits[0] >> 8 * i & 255 : held.bits[i]) * scale;
  }
};

/// Tiles of C by a block of 128 threads, 4 x 4 elements a thread, in one of two shapes: 64 x 32, or 128 x 16
/// for products of at most 16 columns (ten classes, few genes), of which half the wider tile would be idle. C
/// is small here (tens of genes, tens to hundreds of rows), and many replicas fill the device; larger tiles
/// would leave most threads without an element.
///
/// A step of 16 of k is a piece of A and one of B in shared memory, stored as [k][line], so that a thread
/// reads its four rows and its four columns in 16 bytes each: 8 multiply-adds a load, without bank conflicts.
/// While it works on one piece the next one is under way to registers. Pieces come by 16 bytes where the
/// operand's contiguous extent and its address are multiples of that; neighbouring threads read whole sectors
/// in both storage orders.
struct Tiles {
  static constexpr int kThreads = 128, kBlocks = 5;
  static constexpr int kTileK = 16, kPerThread = 4, kNarrow = 16;

  template <int TileM, int TileN>
  struct Piece {
    alignas(16) float a[kTileK][TileM + 4];  // + 4: rows k and k + 4 begin in other banks
    alignas(16) float b[kTileK][TileN + 4];
  };
  union Shared {
    Piece<64, 32> wide[2];
    Piece<128, 16> tall[2];
  };

  INNATE_HD static int64_t count(int64_t m, int64_t n) {
    return n <= kNarrow ? ceil_of(m, 128) * ceil_of(n, 16) : ceil_of(m, 64) * ceil_of(n, 32);
  }

  static __device__ void run(Shared& s, const Product& p, int64_t block, int64_t blocks) {
    if (p.a)
      of_operand(s, p, OfFloats{p.a}, block, blocks);
    else
      of_operand(s, p, OfPixels{p.a_pixels, p.a_scale}, block, blocks);
  }

 private:
  INNATE_HD static int64_t ceil_of(int64_t a, int64_t b) { return (a + b - 1) / b; }

  template <class A>
  static __device__ __forceinline__ void of_operand(Shared& s, const Product& p, const A& a, int64_t block,
                                                    int64_t blocks) {
    if (p.n <= kNarrow)
      Shaped<128, 16>::run(s.tall, p, a, block, blocks);
    else
      Shaped<64, 32>::run(s.wide, p, a, block, blocks);
  }

  template <class From>
  static __device__ __forceinline__ bool comes_by_four(const From& from, int64_t contiguous) {
    return contiguous % 4 == 0 && reinterpret_cast<uintptr_t>(from.from) % From::kVector == 0;
  }

  /// One operand's pieces: `Tile` lines of kTileK numbers, shared out among the threads.
  template <int Tile, class From>
  struct Loader {
    static constexpr int kGroups = Tile * kTileK / 4, kHeld = (kGroups + kThreads - 1) / kThreads;

    From from;
    const uint32_t* rows;      // where given, line l (element l of k, where lines are contiguous) is rows[l]
    int64_t lines, k, across;  // in all; the tile's first line
    bool k_contiguous, vector;
    Held held[kHeld];

    /// visit(held, i, line, q): the i-th number of `held` belongs there. A warp has 4 lines of 8 numbers, or
    /// 16 lines of 8 by fours, where k is contiguous; else 32 lines: banks differ in all cases.
    template <class Visit>
    __device__ __forceinline__ void each(const Visit& visit) {
      const int thread = static_cast<int>(threadIdx.x);
#pragma unroll
      for (int h = 0; h < kHeld; ++h) {
        const int group = h * kThreads + thread;
        if (kGroups % kThreads != 0 && group >= kGroups) return;
        if (vector && k_contiguous)
          visit(held[h], group / 2 % Tile, 4 * (group % 2) + group / (2 * Tile) * 8);
        else if (vector)
          visit(held[h], group % (Tile / 4) * 4, group / (Tile / 4));
        else
          visit(held[h], h, 0);
      }
    }

    /// Where number i of a group that does not come by four lies.
    __device__ __forceinline__ void single(int h, int i, int* line, int* q) const {
      constexpr int kStep = kGroups < kThreads ? kGroups : kThreads;
      const int e = (4 * h + i) * kStep + static_cast<int>(threadIdx.x);
      *line = k_contiguous ? e / 8 % Tile : e % Tile;
      *q = k_contiguous ? e % 8 + e / (8 * Tile) * 8 : e / Tile;
    }

    __device__ __forceinline__ int64_t at(int64_t line, int64_t q) const {
      const int64_t own = k_contiguous ? line : q, stored = rows ? static_cast<int64_t>(rows[own]) : own;
      return k_contiguous ? stored * k + q : stored * lines + line;
    }

    /// Begins to read the piece from k0 on.
    __device__ __forceinline__ void fetch(int64_t k0) {
      each([&](Held& to, int line_or_h, int q) {
        if (vector) {
          const int64_t line = across + line_or_h;
          to = line < lines && k0 + q < k ? from.four(at(line, k0 + q)) : Held{};
          return;
        }
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          int line = 0, own = 0;
          single(line_or_h, i, &line, &own);
          const bool there = across + line < lines && k0 + own < k;
          to.bits[i] = there ? from.one(at(across + line, k0 + own)) : 0;
        }
      });
    }

    /// Puts it where the block reads it.
    template <class Row>
    __device__ __forceinline__ void put(Row* to) {
      each([&](const Held& held_, int line_or_h, int q) {
        if (vector && !k_contiguous) {
          Four v;
#pragma unroll
          for (int i = 0; i < 4; ++i) v.of[i] = from.value(held_, true, i);
          store_four(&to[q][line_or_h], v);
          return;
        }
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          int line = line_or_h, own = q + i;
          if (!vector) single(line_or_h, i, &line, &own);
          to[own][line] = from.value(held_, vector, i);
        }
      });
    }
  };

  template <int TileM, int TileN>
  struct Shaped {
    static constexpr int kAcross = TileN / kPerThread;
    static_assert(TileM / kPerThread * kAcross == kThreads);

    template <class A>
    static __device__ __forceinline__ void run(Piece<TileM, TileN>* pieces, const Product& p, const A& a,
                                               int64_t block, int64_t blocks) {
      const int64_t across = ceil_of(p.n, TileN);
      Loader<TileM, A> of_a{a, p.a ? nullptr : p.a_rows, p.m, p.k, 0, !p.transpose_a, false, {}};
      Loader<TileN, OfFloats> of_b{{p.b}, nullptr, p.n, p.k, 0, p.transpose_b, false, {}};
      of_a.vector = comes_by_four(a, of_a.k_contiguous ? p.k : p.m);
      of_b.vector = comes_by_four(of_b.from, of_b.k_contiguous ? p.k : p.n);
      for (int64_t t = block; t < count(p.m, p.n); t += blocks) {
        of_a.across = t / across * TileM, of_b.across = t % across * TileN;
        tile(pieces, p, of_a, of_b);
      }
    }

    template <class OfA, class OfB>
    static __device__ __forceinline__ void tile(Piece<TileM, TileN>* pieces, const Product& p, OfA& of_a,
                                                OfB& of_b) {
      const int x = static_cast<int>(threadIdx.x) % kAcross * kPerThread,
                y = static_cast<int>(threadIdx.x) / kAcross * kPerThread;
      float sum[kPerThread][kPerThread] = {};
      of_a.fetch(0), of_b.fetch(0);
      int turn = 0;
      for (int64_t k0 = 0; k0 < p.k; k0 += kTileK, turn ^= 1) {
        Piece<TileM, TileN>& piece = pieces[turn];
        of_a.put(piece.a), of_b.put(piece.b);
        __syncthreads();  // one a piece: the other one is written only after all have left it
        if (k0 + kTileK < p.k) of_a.fetch(k0 + kTileK), of_b.fetch(k0 + kTileK);
        if (p.k - k0 >= kTileK) {
#pragma unroll
          for (int q = 0; q < kTileK; ++q) add(piece, q, x, y, sum);
        } else {
          for (int q = 0; q < static_cast<int>(p.k - k0); ++q) add(piece, q, x, y, sum);
        }
      }
      __syncthreads();  // the next tile begins with either piece
      write(p, of_a.across + y, of_b.across + x, sum);
    }

    static __device__ __forceinline__ void add(const Piece<TileM, TileN>& piece, int q, int x, int y,
                                               float (&sum)[kPerThread][kPerThread]) {
      const Four a = load_four(&piece.a[q][y]), b = load_four(&piece.b[q][x]);
#pragma unroll
      for (int i = 0; i < kPerThread; ++i)
#pragma unroll
        for (int j = 0; j < kPerThread; ++j) sum[i][j] = math::fma(a.of[i], b.of[j], sum[i][j]);
    }

    static __device__ __forceinline__ void write(const Product& p, int64_t row, int64_t column,
                                                 const float (&sum)[kPerThread][kPerThread]) {
      const float factor = p.factor();
#pragma unroll
      for (int i = 0; i < kPerThread; ++i)
#pragma unroll
        for (int j = 0; j < kPerThread; ++j)
          if (row + i < p.m && column + j < p.n) store(p, factor, row + i, column + j, sum[i][j]);
    }
  };
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
