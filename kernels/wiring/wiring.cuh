// Wiring's backward pass over dW, block by block.
#pragma once

#include "kernels/core/device.cuh"
#include "kernels/core/math.h"
#include "kernels/wiring/call.h"

namespace innate::wiring {

/// One block takes kTileRows rows of dW of one replica, reads them once for `Genes` genes at a time, and
/// gives those rows of dX and the tile's part of s X^T dW. 64 rows keep the parts (G x outputs a tile) below
/// a sixth of the bytes of dW for G up to 10; 32 columns a step let a warp read whole 128-byte lines of dW.
template <int Genes, int Threads>
struct BackwardTile {
  static constexpr int kColumns = 32;
  struct Shared {
    float dw[kTileRows][kColumns + 1];
    float x[kTileRows][Genes + 1];
    float dx[kTileRows][Genes + 1];
    float v[Genes][kColumns + 1];
  };

  static __device__ void run(Shared& s, const Call& call, int replica, int64_t tile) {
    const int64_t g = call.shape.genes[replica];
    for (int64_t gene = 0; gene < g; gene += Genes) {
      load_x(s, call, replica, tile, gene);
      for (int64_t column = 0; column < call.shape.outputs; column += kColumns) {
        load_columns(s, call, replica, tile, gene, column);
        __syncthreads();
        if (call.dx) add_dx(s, call, column);
        if (call.d_o || call.dy) write_part(s, call, replica, tile, gene, column);
        __syncthreads();
      }
      if (call.dx)
        write_dx(s, call, replica, tile, gene);  // each thread reads what it alone has added: no barrier
    }
  }

 private:
  static __device__ void load_x(Shared& s, const Call& call, int replica, int64_t tile, int64_t gene) {
    const int64_t g = call.shape.genes[replica];
    const float* x = call.x[replica];
    for (int e = static_cast<int>(threadIdx.x); e < kTileRows * Genes; e += Threads) {
      const int i = e / Genes, a = e % Genes;
      const int64_t row = tile * kTileRows + i;
      s.x[i][a] = row < call.shape.inputs && gene + a < g ? x[row * g + gene + a] : 0.0f;
      s.dx[i][a] = 0.0f;
    }
  }

  static __device__ void load_columns(Shared& s, const Call& call, int replica, int64_t tile, int64_t gene,
                                      int64_t column) {
    const int64_t g = call.shape.genes[replica], out = call.shape.outputs;
    const float* dw = call.dw[replica];
    const float* v = call.v(replica);
    const int j = static_cast<int>(threadIdx.x) % kColumns;
    for (int i = static_cast<int>(threadIdx.x) / kColumns; i < kTileRows; i += Threads / kColumns) {
      const int64_t row = tile * kTileRows + i;
      s.dw[i][j] = row < call.shape.inputs && column + j < out ? dw[row * out + column + j] : 0.0f;
    }
    for (int a = static_cast<int>(threadIdx.x) / kColumns; a < Genes; a += Threads / kColumns)
      s.v[a][j] = gene + a < g && column + j < out ? v[(gene + a) * out + column + j] : 0.0f;
  }

  /// dX[i][a] += sum over the columns of dW[i][j] v[a][j]: one ascending chain over all column steps.
  static __device__ void add_dx(Shared& s, const Call& call, int64_t column) {
    const int64_t left = call.shape.outputs - column;
    const int columns = static_cast<int>(left < kColumns ? left : kColumns);
    for (int e = static_cast<int>(threadIdx.x); e < kTileRows * Genes; e += Threads) {
      const int i = e / Genes, a = e % Genes;
      float sum = s.dx[i][a];
      for (int j = 0; j < columns; ++j) sum = math::fma(s.dw[i][j], s.v[a][j], sum);
      s.dx[i][a] = sum;
    }
  }

  /// part[a][j] = s * sum over the tile's rows of X[i][a] dW[i][j].
  static __device__ void write_part(Shared& s, const Call& call, int replica, int64_t tile, int64_t gene,
                                    int64_t column) {
    const int64_t g = call.shape.genes[replica], out = call.shape.outputs,
                  left = call.shape.inputs - tile * kTileRows;
    const int rows = static_cast<int>(left < kTileRows ? left : kTileRows);
    const int j = static_cast<int>(threadIdx.x) % kColumns;
    float* part = call.part(replica, tile);
    for (int a = static_cast<int>(threadIdx.x) / kColumns; a < Genes; a += Threads / kColumns) {
      if (gene + a >= g || column + j >= out) continue;
      float sum = 0.0f;
      for (int i = 0; i < rows; ++i) sum = math::fma(s.x[i][a], s.dw[i][j], sum);
      part[(gene + a) * out + column + j] = sum * call.scale_of(replica);
    }
  }

  static __device__ void write_dx(Shared& s, const Call& call, int replica, int64_t tile, int64_t gene) {
    const int64_t g = call.shape.genes[replica];
    float* dx = call.dx[replica];
    for (int e = static_cast<int>(threadIdx.x); e < kTileRows * Genes; e += Threads) {
      const int i = e / Genes, a = e % Genes;
      const int64_t row = tile * kTileRows + i;
      if (row >= call.shape.inputs || gene + a >= g) continue;
      const float value = s.dx[i][a] * call.scale_of(replica);
      float& to = dx[row * g + gene + a];
      to = call.add ? to + value : value;
    }
  }
};

}  // namespace innate::wiring
