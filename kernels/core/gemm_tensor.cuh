// Products on tensor cores (gemm.h), where their precision asks for that and they are large: tiles of C, as
// in gemm.cuh, and the launches that share the products of many replicas out between the two.
#pragma once

#include "kernels/core/gemm.cuh"

namespace innate::gemm {

/// Tiles of 64 x 128 by a block of four warps, each with 32 x 64 elements of C in registers: 16 products of
/// 16 x 8 for the 24 floats a lane that they need from shared memory, and rows for a batch of 64.
///
/// Pieces of 16 of k come by asynchronous copies of 16 bytes (of 8 or 4 where lines begin at odd places), two
/// pieces ahead of the one that is worked on; what lies outside of an operand becomes 0. They lie as they do
/// in global memory: [line][k] where k is contiguous, else [k][line]. Fragments are read without bank
/// conflicts: fours of a line of 16 change places by bits 1 and 2 of the line's number, and lines over k are
/// longer than the tile by as much as the lanes' steps of k ask for.
///
/// An element of C is a chain over pieces of 8 (tf32) or 16 (bf16) of k, ascending, by shape alone.
struct TensorTiles {
  static constexpr int kThreads = 128, kBlocks = 4;
  static constexpr int kRows = 64, kColumns = 128, kTileK = 16, kStages = 3;
  static constexpr int kMostSpare = 8;  // floats behind a line over k

  struct Stage {
    alignas(16) float a[kTileK * (kRows + kMostSpare)];
    alignas(16) float b[kTileK * (kColumns + kMostSpare)];
  };
  struct Shared {
    Stage stages[kStages];
  };

  INNATE_HD static int64_t count(int64_t m, int64_t n) { return ceil_div(m, kRows) * ceil_div(n, kColumns); }

  static __device__ void run(Shared& s, const Product& p, int64_t block, int64_t blocks) {
    if (!on_tensor_cores(p)) return;
    const int warp = static_cast<int>(threadIdx.x) / 32;
    const int y = warp / 2 * kWarpRows, x = warp % 2 * kWarpColumns;
    const int pieces = static_cast<int>(ceil_div(p.k, kTileK)), tiles = static_cast<int>(count(p.m, p.n));
    for (int tile = static_cast<int>(block); tile < tiles; tile += static_cast<int>(blocks)) {
      Copier<kRows> a(p.a, p.m, p.k, !p.transpose_a, row_of(p, tile), p.precision);
      Copier<kColumns> b(p.b, p.n, p.k, p.transpose_b, column_of(p, tile), p.precision);
      Sums sums = {};
      int now = 0, free = kStages - 1;
      for (int piece = 1 - kStages; piece < pieces; ++piece) {
        if (piece >= 0) {
          wait_copies<kStages - 2>();
          __syncthreads();  // all copies of this piece are there, and all warps have left the one before
        }
        Stage& to = s.stages[piece >= 0 ? free : piece + kStages - 1];
        if (piece + kStages - 1 < pieces) {
          a.fetch(to.a, p.m, p.k, !p.transpose_a, p.precision);
          b.fetch(to.b, p.n, p.k, p.transpose_b, p.precision);
        }
        commit_copies();
        if (piece < 0) continue;
        add(p, s.stages[now], y, x, sums);
        free = now;
        now = now + 1 < kStages ? now + 1 : 0;
      }
      __syncthreads();  // the next tile's copies begin
      write(p, row_of(p, tile) + y, column_of(p, tile) + x, sums);
    }
  }

 private:
  static constexpr int kWarpRows = 32, kWarpColumns = 64;
  static constexpr int kHigh = kWarpRows / 16, kWide = kWarpColumns / 8;  // products of 16 x 8
  using Sums = float[kHigh][kWide][4];

  static __device__ __forceinline__ int row_of(const Product& p, int tile) {
    return tile / static_cast<int>(ceil_div(p.n, kColumns)) * kRows;
  }
  static __device__ __forceinline__ int column_of(const Product& p, int tile) {
    return tile % static_cast<int>(ceil_div(p.n, kColumns)) * kColumns;
  }

  /// How a product reads numbers of two of k, the first at kStep t and the second kApart behind it, and makes
  /// registers of them; `kDepth` of k at a time.
  struct Tf32 {
    static constexpr int kDepth = 8, kStep = 1, kApart = 4, kSpare = kMostSpare;
    static __device__ __forceinline__ void a(uint32_t (&to)[4], const Two (&upper)[1],
                                             const Two (&lower)[1]) {
      to[0] = tf32_of(upper[0].of[0]), to[1] = tf32_of(lower[0].of[0]);
      to[2] = tf32_of(upper[0].of[1]), to[3] = tf32_of(lower[0].of[1]);
    }
    static __device__ __forceinline__ void b(uint32_t (&to)[2], const Two (&of)[1]) {
      to[0] = tf32_of(of[0].of[0]), to[1] = tf32_of(of[0].of[1]);
    }
    static __device__ __forceinline__ void multiply(float (&c)[4], const uint32_t (&a)[4],
                                                    const uint32_t (&b)[2]) {
      mma_tf32(c, a, b);
    }
  };
  struct Bf16 {
    static constexpr int kDepth = 16, kStep = 2, kApart = 1, kSpare = 4;
    static __device__ __forceinline__ uint32_t of(const Two& pair) {
      return bf16_pair(pair.of[0], pair.of[1]);
    }
    static __device__ __forceinline__ void a(uint32_t (&to)[4], const Two (&upper)[2],
                                             const Two (&lower)[2]) {
      to[0] = of(upper[0]), to[1] = of(lower[0]), to[2] = of(upper[1]), to[3] = of(lower[1]);
    }
    static __device__ __forceinline__ void b(uint32_t (&to)[2], const Two (&pairs)[2]) {
      to[0] = of(pairs[0]), to[1] = of(pairs[1]);
    }
    static __device__ __forceinline__ void multiply(float (&c)[4], const uint32_t (&a)[4],
                                                    const uint32_t (&b)[2]) {
      mma_bf16(c, a, b);
    }
  };

  /// What k is changed by (exclusive or) in a line of 16.
  static __device__ __forceinline__ int swap(int line) { return (line & 2) * 4 | (line & 4); }
  /// From k to k + 1 in a piece that lies [k][line].
  static __device__ __forceinline__ int pitch_of(int tile, Precision precision) {
    return tile + (precision == Precision::tf32 ? Tf32::kSpare : Bf16::kSpare);
  }

  /// A thread's share of the copies of one operand, `lines` x k, along_k where k is contiguous: fours that
  /// lie one below the other. Registers are short: what the call tells is read there again for each piece.
  template <int Tile>
  struct Copier {
    static constexpr int kFours = Tile * kTileK / 4 / kThreads;
    static constexpr int kLinesApart = kThreads / (kTileK / 4), kStepsApart = kThreads / (Tile / 4);

    const float* at;  // the first four of the next piece
    int i, j;         // its row and column
    int to;           // its place in a piece
    int width;        // floats that can be copied at once

    /// For the pieces of the tile's lines from `across` on.
    __device__ __forceinline__ Copier(const float* from, int64_t lines, int64_t k, bool along_k, int across,
                                      Precision precision)
        : width(width_of(from, along_k ? k : lines)) {
      own(along_k, i, j);
      to = place(along_k, precision, i, j);
      (along_k ? i : j) += across;
      at = from + i * (along_k ? k : lines) + j;
    }

    /// Begins to copy the next piece.
    __device__ __forceinline__ void fetch(float* piece, int64_t lines, int64_t k, bool along_k,
                                          Precision precision) {
      const int rows = static_cast<int>(along_k ? lines : k), pitch = static_cast<int>(along_k ? k : lines);
      const int apart = along_k ? kLinesApart : kStepsApart;
      if (width == 4 && i + (kFours - 1) * apart < rows && j + 4 <= pitch) {
        const int to_apart = along_k ? kLinesApart * kTileK : kStepsApart * pitch_of(Tile, precision);
#pragma unroll
        for (int e = 0; e < kFours; ++e)
          copy_async16(piece + to + e * to_apart, at + static_cast<int64_t>(e * apart) * pitch);
      } else {
        fetch_part(piece, rows, pitch, along_k, precision);
      }
      (along_k ? j : i) += kTileK;
      at += static_cast<int64_t>(kTileK) * (along_k ? 1 : pitch);
    }

   private:
    static __device__ __forceinline__ void own(bool along_k, int& row, int& column) {
      const int thread = static_cast<int>(threadIdx.x), in_row = along_k ? kTileK / 4 : Tile / 4;
      row = thread / in_row, column = thread % in_row * 4;
    }
    static __device__ __forceinline__ int place(bool along_k, Precision precision, int row, int column) {
      return along_k ? row * kTileK + (column ^ swap(row)) : row * pitch_of(Tile, precision) + column;
    }

    /// As many floats at once as lines allow, neighbours by neighbouring threads; 0 where there is no
    /// operand, and no address matters.
    __device__ __forceinline__ void fetch_part(float* piece, int rows, int pitch, bool along_k,
                                               Precision precision) const {
      int row, column;
      own(along_k, row, column);
      const float* from = at - static_cast<int64_t>(row) * pitch - column;
      const int first = i - row, across = j - column, in_row = (along_k ? kTileK : Tile) / width;
#pragma unroll 1
      for (int e = static_cast<int>(threadIdx.x); e < Tile * kTileK / width; e += kThreads) {
        const int r = e / in_row, c = e % in_row * width, left = pitch - across - c;
        const int there = first + r < rows && left > 0 ? (left < width ? left : width) : 0;
        float* own = piece + place(along_k, precision, r, c);
        const float* source = from + static_cast<int64_t>(r) * pitch + c;
        if (width == 4)
          copy_async16(own, source, there);
        else if (width == 2)
          copy_async8(own, source, there);
        else
          copy_async4(own, source, there);
      }
    }
  };

  /// Where a lane reads an operand's pieces: the numbers of line `first` + `further` that a product of k from
  /// q on gives it, for q and `further` that are multiples of 8.
  template <class Rounded, int Tile, bool AlongK>
  struct Reader {
    static constexpr int kPitch = Tile + Rounded::kSpare;
    const float* from;
    int swapped;

    __device__ __forceinline__ Reader(const float* piece, int first, int t)
        : from(piece + (AlongK ? first * kTileK : Rounded::kStep * t * kPitch + first)),
          swapped(swap(first) ^ Rounded::kStep * t) {}

    __device__ __forceinline__ Two pair(int further, int q) const {
      const float* at = from + (AlongK ? further * kTileK : q * kPitch + further);
      if constexpr (!AlongK) return {{at[0], at[Rounded::kApart * kPitch]}};
      if constexpr (Rounded::kApart == 1) return load_two(at + (q ^ swapped));
      return {{at[q ^ swapped], at[(q + Rounded::kApart) ^ swapped]}};
    }
  };

  static __device__ __forceinline__ void add(const Product& p, const Stage& stage, int y, int x, Sums& sums) {
    if (p.precision == Precision::tf32)
      add_rounded<Tf32>(p, stage, y, x, sums);
    else
      add_rounded<Bf16>(p, stage, y, x, sums);
  }
  template <class Rounded>
  static __device__ __forceinline__ void add_rounded(const Product& p, const Stage& stage, int y, int x,
                                                     Sums& sums) {
    if (p.transpose_a)
      p.transpose_b ? add_stored<Rounded, false, true>(stage, y, x, sums)
                    : add_stored<Rounded, false, false>(stage, y, x, sums);
    else
      p.transpose_b ? add_stored<Rounded, true, true>(stage, y, x, sums)
                    : add_stored<Rounded, true, false>(stage, y, x, sums);
  }

  /// AK, BK: whether k is contiguous in A and in B.
  template <class Rounded, bool AK, bool BK>
  static __device__ __forceinline__ void add_stored(const Stage& stage, int y, int x, Sums& sums) {
    constexpr int kPairs = Rounded::kDepth / 8;
    const int lane = static_cast<int>(threadIdx.x) % 32, g = lane / 4, t = lane % 4;
    const Reader<Rounded, kRows, AK> of_a(stage.a, y + g, t);
    const Reader<Rounded, kColumns, BK> of_b(stage.b, x + g, t);
#pragma unroll
    for (int q = 0; q < kTileK; q += Rounded::kDepth) {
      uint32_t a[kHigh][4];
#pragma unroll
      for (int i = 0; i < kHigh; ++i) {
        Two upper[kPairs], lower[kPairs];
#pragma unroll
        for (int d = 0; d < kPairs; ++d) {
          upper[d] = of_a.pair(16 * i, q + 8 * d);
          lower[d] = of_a.pair(16 * i + 8, q + 8 * d);
        }
        Rounded::a(a[i], upper, lower);
      }
#pragma unroll
      for (int j = 0; j < kWide; ++j) {
        Two pairs[kPairs];
#pragma unroll
        for (int d = 0; d < kPairs; ++d) pairs[d] = of_b.pair(8 * j, q + 8 * d);
        uint32_t b[2];
        Rounded::b(b, pairs);
#pragma unroll
        for (int i = 0; i < kHigh; ++i) Rounded::multiply(sums[i][j], a[i], b);
      }
    }
  }

  /// Two elements of a row by 8 bytes where C has whole pairs.
  static __device__ __forceinline__ void write(const Product& p, int row, int column, const Sums& sums) {
    const int lane = static_cast<int>(threadIdx.x) % 32, g = lane / 4, t = lane % 4;
    const float factor = p.factor();
    const bool pairs = p.n % 2 == 0 && width_of(p.c, p.line()) >= 2;
#pragma unroll
    for (int i = 0; i < 2 * kHigh; ++i) {
      const int64_t at = row + 8 * i + g;
      if (at >= p.m) return;
#pragma unroll
      for (int j = 0; j < kWide; ++j) {
        const int64_t to = column + 8 * j + 2 * t;
        const float one = sums[i / 2][j][i % 2 * 2], other = sums[i / 2][j][i % 2 * 2 + 1];
        if (pairs) {
          if (to < p.n) store_pair(p, factor, at, to, one, other);
        } else {
          if (to < p.n) store(p, factor, at, to, one);
          if (to + 1 < p.n) store(p, factor, at, to + 1, other);
        }
      }
    }
  }
  static __device__ __forceinline__ void store_pair(const Product& p, float factor, int64_t i, int64_t j,
                                                    float one, float other) {
    float* to = p.c + i * p.line() + j;
    Two value = {{finished(p, factor, j, one), finished(p, factor, j + 1, other)}};
    if (p.add) {
      const Two old = load_two(to);
      value = {{old.of[0] + value.of[0], old.of[1] + value.of[1]}};
    }
    store_two(to, value);
  }
};

/// How many blocks the products of a launch need of each of the two.
struct Blocks {
  int64_t exact = 0, tensor = 0;

  void add(const Product& p) {
    if (on_tensor_cores(p))
      tensor = larger(tensor, TensorTiles::count(p.m, p.n));
    else
      exact = larger(exact, Tiles::count(p.m, p.n));
  }
  /// One of floats.
  void add(Precision precision, int64_t m, int64_t n, int64_t k) {
    Product p;
    p.m = m, p.n = n, p.k = k, p.precision = precision;
    p.a = reinterpret_cast<const float*>(uintptr_t{256});
    add(p);
  }
};

/// The replicas' products, of which `blocks` has seen those that are largest.
template <class Source>
void launch_products(cudaStream_t stream, int replicas, const Blocks& blocks, const Source& source) {
  if (blocks.exact > 0) each<Tiles>(stream, replicas, blocks.exact, source);
  if (blocks.tensor > 0) each<TensorTiles>(stream, replicas, blocks.tensor, source);
}

}  // namespace innate::gemm
