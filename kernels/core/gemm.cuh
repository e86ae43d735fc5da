// Batched matrix products (gemm.h) whose sizes may differ between replicas, one replica a grid.z.
#pragma once

#include "kernels/core/device.cuh"
#include "kernels/core/gemm.h"
#include "kernels/core/math.h"

namespace innate::gemm {

// 64 x 32 elements of C a block of 128 threads, 4 x 4 a thread: C is small here (tens of genes, tens to
// hundreds of rows), and many replicas fill the device; larger tiles would leave most threads without an
// element.
constexpr int kTileM = 64, kTileN = 32, kTileK = 16, kThreads = 128, kPerThread = 4;

struct Shared {
  float a[kTileK][kTileM + 4];
  float b[kTileK][kTileN + 4];
};

/// Reads a tile's piece of A or B into shared memory as [k][line]; `across` is the tile's first row (of A) or
/// column (of B), of `lines` in all. Contiguous elements go to neighbouring threads in both storage orders.
/// `rows`: where given, line l (element l of the k lines, where those are not contiguous) is rows[l].
template <bool KContiguous, int Tile, class Element, class Row>
__device__ __forceinline__ void load_tile(const Element* from, const uint32_t* rows, float scale,
                                          int64_t lines, int64_t k, int64_t across, int64_t k0, Row* to) {
  for (int e = static_cast<int>(threadIdx.x); e < Tile * kTileK; e += kThreads) {
    const int line = KContiguous ? e / kTileK : e % Tile, p = KContiguous ? e % kTileK : e / Tile;
    const int64_t i = across + line, q = k0 + p;
    float value = 0.0f;
    if (i < lines && q < k) {
      const int64_t own = KContiguous ? i : q, stored = rows ? static_cast<int64_t>(rows[own]) : own;
      value = static_cast<float>(from[KContiguous ? stored * k + q : stored * lines + i]);
      if (sizeof(Element) == 1) value *= scale;
    }
    to[p][line] = value;
  }
}

template <class Element>
__device__ __forceinline__ const Element* left(const Product& p);
template <>
__device__ __forceinline__ const float* left<float>(const Product& p) {
  return p.a;
}
template <>
__device__ __forceinline__ const uint8_t* left<uint8_t>(const Product& p) {
  return p.a_pixels;
}

/// The tile of C whose first element is (row, column), by the whole block.
template <class Element, bool TransposeA, bool TransposeB>
__device__ __forceinline__ void tile(Shared& s, const Product& p, int64_t row, int64_t column) {
  const int x = static_cast<int>(threadIdx.x) % (kTileN / kPerThread),
            y = static_cast<int>(threadIdx.x) / (kTileN / kPerThread);
  float sum[kPerThread][kPerThread] = {};
  for (int64_t k0 = 0; k0 < p.k; k0 += kTileK) {
    load_tile<!TransposeA, kTileM>(left<Element>(p), p.a_rows, p.a_scale, p.m, p.k, row, k0, s.a);
    load_tile<TransposeB, kTileN>(p.b, nullptr, 1.0f, p.n, p.k, column, k0, s.b);
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
      if (r >= p.m || c >= p.n) continue;
      const float value = sum[i][j] * p.alpha;
      p.c[r * p.n + c] = p.bias ? value + p.bias[c] : value;
    }
}

/// `source(replica)` gives the replica's Product; its transpose flags must be the template's.
template <class Element, bool TransposeA, bool TransposeB, class Source>
__global__ void __launch_bounds__(kThreads) kernel(Source source, int first_replica) {
  const Product product = source(first_replica + static_cast<int>(blockIdx.z));
  const int64_t tiles_across = ceil_div(product.n, kTileN);
  for (int64_t t = blockIdx.x; t < ceil_div(product.m, kTileM) * tiles_across; t += gridDim.x)
    tile<Element, TransposeA, TransposeB>(shared_storage<Shared>(), product, t / tiles_across * kTileM,
                                          t % tiles_across * kTileN);
}

/// Launches the products of all replicas; most_m and most_n are the largest sizes of C among them.
template <class Element, bool TransposeA, bool TransposeB, class Source>
void run(cudaStream_t stream, int replicas, int64_t most_m, int64_t most_n, const Source& source) {
  const int64_t tiles = ceil_div(most_m, kTileM) * ceil_div(most_n, kTileN);
  const unsigned across = static_cast<unsigned>(tiles < (1 << 20) ? tiles : (1 << 20));
  for_replica_pieces(replicas, [&](int first, int count) {
    launch(stream, kernel<Element, TransposeA, TransposeB, Source>,
           dim3(across, 1, static_cast<unsigned>(count)), dim3(kThreads), sizeof(Shared), source, first);
  });
}

}  // namespace innate::gemm
