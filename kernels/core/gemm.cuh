// Batched matrix products (gemm.h) whose sizes may differ between replicas, in tiles of C.
#pragma once

#include "kernels/core/each.cuh"
#include "kernels/core/gemm.h"
#include "kernels/core/math.h"

namespace innate::gemm {

/// What becomes of a finished sum; `factor` is the product's.
__device__ __forceinline__ float finished(const Product& p, float factor, int64_t j, float sum) {
  const float value = sum * factor;
  return p.bias ? value + p.bias[j] : value;
}
__device__ __forceinline__ void store(const Product& p, float factor, int64_t i, int64_t j, float sum) {
  const float value = finished(p, factor, j, sum);
  float& to = p.c[i * p.line() + j];
  to = p.add ? to + value : value;
}

/// How elements of an operand are read and become floats. Reading and becoming are two steps: what is read
/// early lands while the piece before is worked on.
struct OfFloats {
  const float* from;
  /// The number at (line, at) of lines of `pitch`.
  __device__ __forceinline__ uint32_t read(int line, int pitch, int at) const {
    return __float_as_uint(from[static_cast<int64_t>(line) * pitch + at]);
  }
  __device__ __forceinline__ float value(uint32_t bits) const { return __uint_as_float(bits); }
};
struct OfPixels {
  const uint8_t* from;
  const uint32_t* rows;  // where given, line l is image rows[l]
  float scale;
  __device__ __forceinline__ uint32_t read(int line, int pitch, int at) const {
    return from[(rows ? static_cast<int64_t>(rows[line]) : line) * pitch + at];
  }
  __device__ __forceinline__ float value(uint32_t bits) const { return static_cast<float>(bits) * scale; }
};

/// Tiles of C by a block of 128 threads, 4 x 4 elements a thread, in one of two shapes: 64 x 32, or 128 x 16
/// for products of at most 16 columns (ten classes, few genes), of which more than half the wider tile would
/// be idle. C is small here (tens of genes, tens to hundreds of rows), and many replicas fill the device;
/// larger tiles would leave most threads without an element.
///
/// A step of 8 of k is a piece of A and one of B in shared memory, stored as [k][line], so that a thread
/// reads its four rows and its four columns in 16 bytes each: 8 multiply-adds a load, without bank conflicts.
/// While it works on one piece the next one is under way to registers. One kernel for both storage orders:
/// which they are is the same for a whole block.
struct Tiles {
  static constexpr int kThreads = 128, kBlocks = 5;
  static constexpr int kTileK = 8, kPerThread = 4, kNarrow = 16;

  template <int TileM, int TileN>
  struct Piece {
    alignas(16) float a[kTileK * (TileM + 4)];  // + 4: k and k + 1 to 7 begin in other banks
    alignas(16) float b[kTileK * (TileN + 4)];
  };
  union Shared {
    Piece<64, 32> wide[2];
    Piece<128, 16> tall[2];
  };

  INNATE_HD static int64_t count(int64_t m, int64_t n) {
    return n <= kNarrow ? ceil_div(m, 128) * ceil_div(n, 16) : ceil_div(m, 64) * ceil_div(n, 32);
  }

  static __device__ void run(Shared& s, const Product& p, int64_t block, int64_t blocks) {
    if (on_tensor_cores(p)) return;
    if (p.a)
      of_operand(s, p, OfFloats{p.a}, block, blocks);
    else
      of_operand(s, p, OfPixels{p.a_pixels, p.a_rows, p.a_scale}, block, blocks);
  }

 private:
  template <class A>
  static __device__ __forceinline__ void of_operand(Shared& s, const Product& p, const A& a, int64_t block,
                                                    int64_t blocks) {
    if (p.n <= kNarrow)
      run_shaped<128, 16>(s.tall, p, a, block, blocks);
    else
      run_shaped<64, 32>(s.wide, p, a, block, blocks);
  }

  /// One operand's pieces: `Tile` lines of 8 numbers, a thread's share of which are kHeld. Where k is
  /// contiguous a warp takes 4 lines of 8 numbers (whole sectors; lines are 4 banks longer than a multiple of
  /// 32, so that no two lie in one bank), else neighbouring lines.
  template <int Tile, class From>
  struct Loader {
    static constexpr int kHeld = Tile * kTileK / kThreads, kLine = Tile + 4;

    From from;
    int lines, k, pitch;
    bool k_contiguous;
    int line, q;                     // the first number's in a piece
    int line_step, q_step, to_step;  // from one number to the next
    uint32_t held[kHeld];

    __device__ __forceinline__ Loader(const From& from_, int lines_, int k_, bool k_contiguous_)
        : from(from_), lines(lines_), k(k_), pitch(k_contiguous_ ? k_ : lines_), k_contiguous(k_contiguous_) {
      const int thread = static_cast<int>(threadIdx.x);
      line = k_contiguous ? thread / kTileK : thread % Tile;
      q = k_contiguous ? thread % kTileK : thread / Tile;
      line_step = k_contiguous ? kThreads / kTileK : 0;
      q_step = k_contiguous ? 0 : kThreads / Tile;
      to_step = k_contiguous ? kThreads / kTileK : kThreads / Tile * kLine;
    }

    /// Begins to read the piece of the lines from `across` on and k from k0 on.
    __device__ __forceinline__ void fetch(int across, int k0) {
      int i = across + line, j = k0 + q;
#pragma unroll
      for (int e = 0; e < kHeld; ++e) {
        held[e] = i < lines && j < k ? from.read(k_contiguous ? i : j, pitch, k_contiguous ? j : i) : 0;
        i += line_step, j += q_step;
      }
    }
    /// Puts it where the block reads it.
    __device__ __forceinline__ void put(float* piece) const {
      float* to = piece + q * kLine + line;
#pragma unroll
      for (int e = 0; e < kHeld; ++e, to += to_step) *to = from.value(held[e]);
    }
  };

  template <int TileM, int TileN, class A>
  static __device__ __forceinline__ void run_shaped(Piece<TileM, TileN>* pieces, const Product& p,
                                                    const A& from, int64_t block, int64_t blocks) {
    constexpr int kAcross = TileN / kPerThread;
    static_assert(TileM / kPerThread * kAcross == kThreads);
    const int64_t across = ceil_div(p.n, TileN);
    const int x = static_cast<int>(threadIdx.x) % kAcross * kPerThread,
              y = static_cast<int>(threadIdx.x) / kAcross * kPerThread;
    const int m = static_cast<int>(p.m), n = static_cast<int>(p.n), k = static_cast<int>(p.k);
    Loader<TileM, A> a(from, m, k, !p.transpose_a);
    Loader<TileN, OfFloats> b({p.b}, n, k, p.transpose_b);
    for (int64_t t = block; t < count(p.m, p.n); t += blocks) {
      const int row = static_cast<int>(t / across) * TileM, column = static_cast<int>(t % across) * TileN;
      float sum[kPerThread][kPerThread] = {};
      a.fetch(row, 0), b.fetch(column, 0);
      int turn = 0;
      for (int k0 = 0; k0 < k; k0 += kTileK, turn ^= 1) {
        Piece<TileM, TileN>& piece = pieces[turn];
        a.put(piece.a), b.put(piece.b);
        __syncthreads();  // one a piece: the other one is written only when all have left it
        if (k0 + kTileK < k) a.fetch(row, k0 + kTileK), b.fetch(column, k0 + kTileK);
        add<TileM, TileN>(piece, k - k0 < kTileK ? k - k0 : kTileK, x, y, sum);
      }
      __syncthreads();  // the next tile may begin with this piece
      write(p, row + y, column + x, sum);
    }
  }

  template <int TileM, int TileN>
  static __device__ __forceinline__ void add(const Piece<TileM, TileN>& piece, int depth, int x, int y,
                                             float (&sum)[kPerThread][kPerThread]) {
    const float *of_a = piece.a + y, *of_b = piece.b + x;
#pragma unroll 4
    for (int q = 0; q < depth; ++q) {
      const Four a = load_four(of_a + q * (TileM + 4)), b = load_four(of_b + q * (TileN + 4));
#pragma unroll
      for (int i = 0; i < kPerThread; ++i)
#pragma unroll
        for (int j = 0; j < kPerThread; ++j) sum[i][j] = math::fma(a.of[i], b.of[j], sum[i][j]);
    }
  }

  /// Rows of four by 16 bytes where C has whole fours.
  static __device__ __forceinline__ void write(const Product& p, int row, int column,
                                               const float (&sum)[kPerThread][kPerThread]) {
    const float factor = p.factor();
    const bool fours = p.n % 4 == 0 && width_of(p.c, p.line()) == 4;
#pragma unroll
    for (int i = 0; i < kPerThread; ++i) {
      if (row + i >= p.m) return;
      if (!fours) {
#pragma unroll
        for (int j = 0; j < kPerThread; ++j)
          if (column + j < p.n) store(p, factor, row + i, column + j, sum[i][j]);
      } else if (column < p.n) {
        float* to = p.c + (row + i) * p.line() + column;
        Four value = p.add ? load_four(to) : Four{};
#pragma unroll
        for (int j = 0; j < kPerThread; ++j) {
          const float own = finished(p, factor, column + j, sum[i][j]);
          value.of[j] = p.add ? value.of[j] + own : own;
        }
        store_four(to, value);
      }
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
