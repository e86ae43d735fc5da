// Wiring's backward pass over dW, block by block.
#pragma once

#include "kernels/core/device.cuh"
#include "kernels/core/math.h"
#include "kernels/wiring/call.h"

namespace innate::wiring {

/// One block takes kTileRows rows of dW of one replica, reads them once, `Columns` columns at a time, and
/// gives those rows of dX and the tile's part of s X^T dW, for all genes that its shared memory has room for
/// (some 350 with 227 KiB), `Genes` at a time. 64 rows keep the parts (G x outputs a tile) below a sixth of
/// the bytes of dW for G up to 10.
///
/// Both products take the same number of sums a thread, 4 rows x 2 genes of dX, and 4 genes x 4 columns of a
/// part (2 x 1 where there are few outputs), and read shared memory by 16 bytes: 5.3 and 8 multiply-adds a
/// load, without bank conflicts, since lines are 4 banks longer than a multiple of 16.
template <int Genes, int Columns>
struct BackwardTile {
  static constexpr int kThreads = 8 * Genes, kLine = Columns + 4;
  static constexpr int kRows = 4, kPair = 2;                                        // of dX, a thread
  static constexpr int kHigh = Columns > 16 ? 4 : 2, kWide = Columns > 16 ? 4 : 1;  // of a part, a thread
  static constexpr int kRowLanes = kTileRows / kRows, kColumnLanes = Columns / kWide;
  static_assert(kRowLanes * Genes / kPair == kThreads && kColumnLanes * Genes / kHigh == kThreads);

  /// X's rows and dX's lie behind it: padded(genes) a row, and one more for dX.
  struct Shared {
    alignas(16) float dw[kTileRows * kLine];
    alignas(16) float v[Genes * kLine];
  };
  static int64_t padded(int64_t genes) { return ceil_div(genes, Genes) * Genes; }
  static int64_t shared_bytes(int64_t genes) {
    return static_cast<int64_t>(sizeof(Shared)) +
           int64_t{sizeof(float)} * kTileRows * (2 * padded(genes) + 1);
  }

  /// Genes `first` to first + most - 1, of those that the replica has.
  static __device__ void run(Shared& s, const Call& call, int replica, int64_t tile, int first, int most) {
    Work w{s, call, replica, tile * kTileRows, first, 0, 0, nullptr, nullptr};
    const int64_t left = call.shape.genes[replica] - first;
    if (left <= 0) return;
    w.genes = static_cast<int>(left < most ? left : most);
    w.pad = (w.genes + Genes - 1) / Genes * Genes;
    w.x = reinterpret_cast<float*>(&s + 1);
    w.dx = w.x + kTileRows * w.pad;
    w.load_x();
    for (int column = 0; column < call.shape.outputs; column += Columns) {
      __syncthreads();  // the columns before are done with
      w.load_dw(column);
      for (int group = 0; group < w.pad; group += Genes) {
        if (group > 0) __syncthreads();
        w.load_v(group, column);
        __syncthreads();
        if (call.dx) w.add_dx(group, column);
        if (call.d_o || call.dy) w.write_part(group, column);
      }
    }
    __syncthreads();
    if (call.dx) w.write_dx();
  }

 private:
  struct Work {
    Shared& s;
    const Call& call;
    int replica;
    int64_t row;  // the tile's first
    int first, genes, pad;
    float *x, *dx;

    __device__ __forceinline__ int rows() const {
      const int64_t left = call.shape.inputs - row;
      return static_cast<int>(left < kTileRows ? left : kTileRows);
    }
    static __device__ __forceinline__ int thread() { return static_cast<int>(threadIdx.x); }

    __device__ __forceinline__ void load_x() const {
      const int64_t g = call.shape.genes[replica];
      const float* from = call.x[replica] + row * g + first;
      for (int e = thread(); e < kTileRows * pad; e += kThreads) {
        const int i = e / pad, a = e % pad;
        x[e] = i < rows() && a < genes ? from[i * g + a] : 0.0f;
      }
      for (int e = thread(); e < kTileRows * (pad + 1); e += kThreads) dx[e] = 0.0f;
    }

    __device__ __forceinline__ void load_dw(int column) const {
      const int out = call.shape.outputs;
      const float* from = call.dw[replica] + row * out + column;
      if (width_of(from, out) == 4) {
#pragma unroll 4
        for (int e = thread(); e < kTileRows * (Columns / 4); e += kThreads) {
          const int i = e / (Columns / 4), j = e % (Columns / 4) * 4;
          Four four{};
          if (i < rows() && column + j < out) four = load_four(from + static_cast<int64_t>(i) * out + j);
          store_four(s.dw + i * kLine + j, four);
        }
        return;
      }
#pragma unroll 4
      for (int e = thread(); e < kTileRows * Columns; e += kThreads) {
        const int i = e / Columns, j = e % Columns;
        s.dw[i * kLine + j] = i < rows() && column + j < out ? from[static_cast<int64_t>(i) * out + j] : 0.0f;
      }
    }

    __device__ __forceinline__ void load_v(int group, int column) const {
      const int out = call.shape.outputs;
      const float* from = call.v(replica) + static_cast<int64_t>(first + group) * out + column;
      for (int e = thread(); e < Genes * Columns; e += kThreads) {
        const int a = e / Columns, j = e % Columns;
        s.v[a * kLine + j] =
            group + a < genes && column + j < out ? from[static_cast<int64_t>(a) * out + j] : 0.0f;
      }
    }

    /// dX[i][a] += sum over the columns of dW[i][j] v[a][j]: one ascending chain over all column steps.
    __device__ __forceinline__ void add_dx(int group, int column) const {
      const int left = call.shape.outputs - column, columns = left < Columns ? left : Columns;
      const int i = thread() % kRowLanes, a = thread() / kRowLanes * kPair;
      float* to = dx + i * (pad + 1) + group + a;
      const float *dw = s.dw + i * kLine, *v = s.v + a * kLine;
      float sum[kRows][kPair];
#pragma unroll
      for (int r = 0; r < kRows; ++r)
#pragma unroll
        for (int c = 0; c < kPair; ++c) sum[r][c] = to[r * kRowLanes * (pad + 1) + c];
      int j = 0;
      for (; j + 4 <= columns; j += 4) {
        Four of_w[kRows], of_v[kPair];
#pragma unroll
        for (int r = 0; r < kRows; ++r) of_w[r] = load_four(dw + r * kRowLanes * kLine + j);
#pragma unroll
        for (int c = 0; c < kPair; ++c) of_v[c] = load_four(v + c * kLine + j);
#pragma unroll
        for (int d = 0; d < 4; ++d)
#pragma unroll
          for (int r = 0; r < kRows; ++r)
#pragma unroll
            for (int c = 0; c < kPair; ++c) sum[r][c] = math::fma(of_w[r].of[d], of_v[c].of[d], sum[r][c]);
      }
      for (; j < columns; ++j)
#pragma unroll
        for (int r = 0; r < kRows; ++r)
#pragma unroll
          for (int c = 0; c < kPair; ++c)
            sum[r][c] = math::fma(dw[r * kRowLanes * kLine + j], v[c * kLine + j], sum[r][c]);
#pragma unroll
      for (int r = 0; r < kRows; ++r)
#pragma unroll
        for (int c = 0; c < kPair; ++c) to[r * kRowLanes * (pad + 1) + c] = sum[r][c];
    }

    /// part[a][j] = s * sum over the tile's rows of X[i][a] dW[i][j].
    __device__ __forceinline__ void write_part(int group, int column) const {
      const int j = thread() % kColumnLanes * kWide, a = group + thread() / kColumnLanes * kHigh;
      const int out = call.shape.outputs, count = rows();
      float sum[kHigh][kWide] = {};
#pragma unroll 4
      for (int i = 0; i < count; ++i) {
        float of_x[kHigh], of_w[kWide];
        load(x + i * pad + a, of_x), load(s.dw + i * kLine + j, of_w);
#pragma unroll
        for (int h = 0; h < kHigh; ++h)
#pragma unroll
          for (int w = 0; w < kWide; ++w) sum[h][w] = math::fma(of_x[h], of_w[w], sum[h][w]);
      }
      const float scale = call.scale_of(replica);
      float* to = call.part(replica, row / kTileRows) + static_cast<int64_t>(first + a) * out + column + j;
#pragma unroll
      for (int h = 0; h < kHigh; ++h)
#pragma unroll
        for (int w = 0; w < kWide; ++w)
          if (a + h < genes && column + j + w < out)
            to[static_cast<int64_t>(h) * out + w] = sum[h][w] * scale;
    }

    template <int Count>
    static __device__ __forceinline__ void load(const float* from, float (&to)[Count]) {
      if constexpr (Count == 4) {
        const Four v = load_four(from);
#pragma unroll
        for (int i = 0; i < 4; ++i) to[i] = v.of[i];
      } else if constexpr (Count == 2) {
        const Two v = load_two(from);
        to[0] = v.of[0], to[1] = v.of[1];
      } else {
        to[0] = *from;
      }
    }

    __device__ __forceinline__ void write_dx() const {
      const int64_t g = call.shape.genes[replica];
      const float scale = call.scale_of(replica);
      float* to = call.dx[replica] + row * g + first;
      for (int e = thread(); e < rows() * genes; e += kThreads) {
        const int i = e / genes, a = e % genes;
        const float value = dx[i * (pad + 1) + a] * scale;
        float& own = to[i * g + a];
        own = call.add ? own + value : value;
      }
    }
  };
};

}  // namespace innate::wiring
