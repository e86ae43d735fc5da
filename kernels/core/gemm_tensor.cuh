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
/// in global memory: [line][k] where k is contiguous, else [k][line]. A lane takes k and k + 1, with k = 2 t,
/// for what the instruction calls t and t + 4: any order within eight will do if it is A's and B's. So four
/// lanes read eight bytes each of a line, and both layouts are without bank conflicts: lines of 16 swap their
/// halves where bit 1 of their number is set, and lines over k are 4 floats longer than the tile.
///
/// An element of C is a chain over pieces of 8 (tf32) or 16 (bf16) of k, ascending, by shape alone.
struct TensorTiles {
  static constexpr int kThreads = 128, kBlocks = 4;
  static constexpr int kRows = 64, kColumns = 128, kTileK = 16, kStages = 3;

  template <int Tile>
  static constexpr int kPiece = kTileK*(Tile + 4);  // floats, in either layout

  struct Stage {
    alignas(16) float a[kPiece<kRows>];
    alignas(16) float b[kPiece<kColumns>];
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
      const int across = static_cast<int>(ceil_div(p.n, kColumns));
      const int row = tile / across * kRows, column = tile % across * kColumns;
      Copier<kRows> a(p.a, p.m, p.k, !p.transpose_a, row);
      Copier<kColumns> b(p.b, p.n, p.k, p.transpose_b, column);
      Sums sums = {};
      int now = 0, free = kStages - 1;
      for (int piece = 1 - kStages; piece < pieces; ++piece) {
        if (piece >= 0) {
          wait_copies<kStages - 2>();
          __syncthreads();  // all copies of this piece are there, and all warps have left the one before
        }
        Stage& to = s.stages[piece >= 0 ? free : piece + kStages - 1];
        if (piece + kStages - 1 < pieces) {
          a.fetch(to.a, p.a, p.m, p.k, !p.transpose_a);
          b.fetch(to.b, p.b, p.n, p.k, p.transpose_b);
        }
        commit_copies();
        if (piece < 0) continue;
        add(p, s.stages[now], y, x, sums);
        free = now;
        now = now + 1 < kStages ? now + 1 : 0;
      }
      __syncthreads();  // the next tile's copies begin
      write(p, row + y, column + x, sums);
    }
  }

 private:
  static constexpr int kWarpRows = 32, kWarpColumns = 64;
  static constexpr int kHigh = kWarpRows / 16, kWide = kWarpColumns / 8;  // products of 16 x 8
  using Sums = float[kHigh][kWide][4];

  static __device__ __forceinline__ int swap(int line) { return (line & 2) * 4; }

  /// A thread's share of the copies of one operand, `lines` x k, along_k where k is contiguous: fours that
  /// lie one below the other. Registers are short: what the call tells is read there again for each piece.
  template <int Tile>
  struct Copier {
    static constexpr int kFours = Tile * kTileK / 4 / kThreads;
    static constexpr int kLinesApart = kThreads / (kTileK / 4), kStepsApart = kThreads / (Tile / 4);

    int i, j;   // the first four's row and column in global memory, for the next piece
    int to;     // its place in a piece
    int width;  // floats that are copied at once

    /// For the pieces of the tile's lines from `across` on.
    __device__ __forceinline__ Copier(const float* from, int64_t lines, int64_t k, bool along_k, int across)
        : width(width_of(from, along_k ? k : lines)) {
      const int thread = static_cast<int>(threadIdx.x);
      if (along_k) {
        i = thread / (kTileK / 4), j = thread % (kTileK / 4) * 4;
        to = i * kTileK + (j ^ swap(i));
        i += across;
      } else {
        i = thread / (Tile / 4), j = thread % (Tile / 4) * 4;
        to = i * (Tile + 4) + j;
        j += across;
      }
    }

    /// Begins to copy the next piece. Where nothing of a four is in the operand its address does not matter.
    __device__ __forceinline__ void fetch(float* piece, const float* from, int64_t lines, int64_t k,
                                          bool along_k) {
      const int rows = static_cast<int>(along_k ? lines : k), pitch = static_cast<int>(along_k ? k : lines);
      const int apart = along_k ? kLinesApart : kStepsApart;
      const int to_apart = along_k ? kLinesApart * kTileK : kStepsApart * (Tile + 4);
      const int there = pitch - j < 4 ? (pitch > j ? pitch - j : 0) : 4;
      const float* at = from + static_cast<int64_t>(i) * pitch + j;
      if (width == 4) {
#pragma unroll
        for (int e = 0; e < kFours; ++e)
          copy_async16(piece + to + e * to_apart, at + static_cast<int64_t>(e * apart) * pitch,
                       i + e * apart < rows ? there : 0);
      } else {
#pragma unroll 1
        for (int e = 0; e < kFours; ++e)
          copy_narrow(piece + to + e * to_apart, at + static_cast<int64_t>(e * apart) * pitch,
                      i + e * apart < rows ? there : 0);
      }
      (along_k ? j : i) += kTileK;
    }

   private:
    __device__ __forceinline__ void copy_narrow(float* own, const float* at, int there) const {
#pragma unroll 1
      for (int d = 0; d < 4; d += width) {
        const int left = there > d ? there - d : 0;
        if (width == 2)
          copy_async8(own + d, at + d, left < 2 ? left : 2);
        else
          copy_async4(own + d, at + d, left < 1 ? left : 1);
      }
    }
  };

  /// Where a lane reads an operand's pieces: numbers q + 2 t and q + 2 t + 1 of line `first` + `further`, for
  /// q and `further` that are multiples of 8.
  template <int Tile, bool AlongK>
  struct Reader {
    const float* from;
    int swapped;

    __device__ __forceinline__ Reader(const float* piece, int first, int t)
        : from(piece + (AlongK ? first * kTileK + 2 * t : 2 * t * (Tile + 4) + first)),
          swapped(swap(first)) {}

    __device__ __forceinline__ Two pair(int further, int q) const {
      if constexpr (AlongK) return load_two(from + (q ^ swapped) + further * kTileK);
      const float* at = from + q * (Tile + 4) + further;
      return {{at[0], at[Tile + 4]}};
    }
  };

  /// How pairs become the registers of a product, `kDepth` of k at a time.
  struct Tf32 {
    static constexpr int kDepth = 8;
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
    static constexpr int kDepth = 16;
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
    const Reader<kRows, AK> of_a(stage.a, y + g, t);
    const Reader<kColumns, BK> of_b(stage.b, x + g, t);
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
