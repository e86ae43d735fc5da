// Fields, block by block. Every sum belongs to one thread, so that its terms come in order: `inputs` gathers
// from the places that see a neuron instead of scattering from them.
#pragma once

#include "kernels/core/each.cuh"
#include "kernels/core/math.h"
#include "kernels/field/call.h"

namespace innate::field {

/// 64 x 16 weights of one place a block, 4 x 2 a thread; of T and U, 32 columns lie in shared memory at a
/// time, whose lines are 33 apart: the 16 lines that half a warp reads are in 16 banks.
struct Weights {
  static constexpr int kThreads = 128, kK = 64, kD = 16, kN = 32;
  struct Shared {
    float t[kK][kN + 1], u[kD][kN + 1];
  };
  static __host__ __device__ int64_t count(const Call& c) {
    return c.at.places() * ceil_div(c.at.weights(), kK) * ceil_div(c.at.outputs, kD);
  }

  static __device__ void run(Shared& shared, const Call& c, int64_t block, int64_t blocks) {
    const int64_t high = ceil_div(c.at.weights(), kK), wide = ceil_div(c.at.outputs, kD);
    for (int64_t tile = block; tile < c.at.places() * high * wide; tile += blocks)
      of_place(shared, c, tile / (high * wide), tile / wide % high * kK, tile % wide * kD);
  }

 private:
  /// The neuron of k; negative: none.
  static __device__ int64_t neuron_of(const Geometry& g, const Window& w, int64_t k) {
    const int64_t pixel = k / g.channels;
    const int kh = static_cast<int>(pixel / g.size), kw = static_cast<int>(pixel % g.size);
    const bool inside = k < g.weights() && kh >= w.top && kh < w.bottom && kw >= w.left && kw < w.right;
    return inside ? w.first + (int64_t{kh} * g.width + kw) * g.channels + k % g.channels : -1;
  }

  static __device__ void of_place(Shared& shared, const Call& c, int64_t place, int64_t k0, int64_t d0) {
    const Window w(c.at, place);
    const int thread = static_cast<int>(threadIdx.x), kt = thread % 16, dt = thread / 16;
    const int64_t channels = c.at.outputs, columns = c.columns;
    float sum[4][2] = {}, whole = 0.0f;
    for (int64_t n0 = 0; n0 < columns; n0 += kN) {
      const int count = static_cast<int>(smaller(kN, columns - n0));
      __syncthreads();
      for (int e = thread; e < (kK + kD) * kN; e += kThreads) {
        const int line = e / kN, n = e % kN;
        if (line < kK) {
          const int64_t neuron = neuron_of(c.at, w, k0 + line);
          shared.t[line][n] = neuron >= 0 && n < count ? c.t[neuron * columns + n0 + n] : 0.0f;
        } else {
          const int64_t d = d0 + line - kK;
          shared.u[line - kK][n] =
              d < channels && n < count ? c.u[(place * channels + d) * columns + n0 + n] : 0.0f;
        }
      }
      __syncthreads();
      for (int n = 0; n < count; ++n) {
        const float u0 = shared.u[dt][n], u1 = shared.u[dt + 8][n];
#pragma unroll
        for (int q = 0; q < 4; ++q) {
          const float t = shared.t[kt + 16 * q][n];
          sum[q][0] = math::fma(t, u0, sum[q][0]);
          sum[q][1] = math::fma(t, u1, sum[q][1]);
        }
      }
      if (c.sums && k0 == 0 && thread < kD)
        for (int n = 0; n < count; ++n) whole = whole + shared.u[thread][n];
    }
    const float scale = c.factor();
#pragma unroll
    for (int q = 0; q < 4; ++q)
#pragma unroll
      for (int h = 0; h < 2; ++h) {
        const int64_t k = k0 + kt + 16 * q, d = d0 + dt + 8 * h;
        if (k >= c.at.weights() || d >= channels) continue;
        float& to = c.m[(place * c.at.weights() + k) * channels + d];
        const bool inside = neuron_of(c.at, w, k) >= 0;
        const float value = inside ? sum[q][h] * scale : 0.0f;
        if (inside || !c.add) to = c.add ? to + value : value;
      }
    if (c.sums && k0 == 0 && thread < kD && d0 + thread < channels)
      c.sums[place * channels + d0 + thread] = whole;
  }
};

/// 4 channels of one place and 4 columns, 32 apart, a thread: a warp reads lines of T together, and all its
/// threads the same weights.
struct Outputs {
  static constexpr int kThreads = 128, kTile = 4, kSpan = 32 * kTile;
  using Shared = Nothing;
  static __host__ __device__ int64_t count(const Call& c) {
    return c.at.places() * ceil_div(c.at.outputs, kTile) * ceil_div(c.columns, kSpan) * 32;
  }

  static __device__ void run(Shared&, const Call& c, int64_t block, int64_t blocks) {
    const int64_t all = count(c), wide = ceil_div(c.columns, kSpan), high = ceil_div(c.at.outputs, kTile);
    for (int64_t e = first_of<kThreads>(block); e < all; e += blocks * kThreads) {
      const int64_t group = e / 32;
      tile(c, group / (wide * high), group / wide % high * kTile, group % wide * kSpan + e % 32);
    }
  }

 private:
  static __device__ void tile(const Call& c, int64_t place, int64_t d0, int64_t n0) {
    const Window w(c.at, place);
    const int64_t run = w.run(c.at), line = c.at.outputs;
    const float* m = c.m + c.first_weight(place);
    float sum[kTile][kTile] = {};
    for (int kh = w.top; kh < w.bottom; ++kh) {
      const float* t = c.t + w.neuron(c.at, kh) * c.columns;
      const float* factors = m + w.k(c.at, kh) * line;
      for (int64_t p = 0; p < run; ++p, t += c.columns, factors += line) {
        float row[kTile];
#pragma unroll
        for (int q = 0; q < kTile; ++q) row[q] = n0 + 32 * q < c.columns ? t[n0 + 32 * q] : 0.0f;
#pragma unroll
        for (int d = 0; d < kTile; ++d) {
          const float factor = d0 + d < line ? factors[d0 + d] : 0.0f;
#pragma unroll
          for (int q = 0; q < kTile; ++q) sum[d][q] = math::fma(factor, row[q], sum[d][q]);
        }
      }
    }
    const float scale = c.factor();
#pragma unroll
    for (int d = 0; d < kTile; ++d)
#pragma unroll
      for (int q = 0; q < kTile; ++q) {
        const int64_t n = n0 + 32 * q, neuron = place * line + d0 + d;
        if (d0 + d >= line || n >= c.columns) continue;
        float value = sum[d][q] * scale;
        if (c.bias) value = value + c.bias[c.each_bias ? neuron : d0 + d];
        float& to = c.u[neuron * c.columns + n];
        to = c.add ? to + value : value;
      }
  }
};

/// One neuron and 4 columns, 32 apart, a thread.
struct Inputs {
  static constexpr int kThreads = 128, kTile = 4, kSpan = 32 * kTile;
  using Shared = Nothing;
  static __host__ __device__ int64_t count(const Call& c) {
    return c.at.in_neurons() * ceil_div(c.columns, kSpan) * 32;
  }

  static __device__ void run(Shared&, const Call& c, int64_t block, int64_t blocks) {
    const int64_t all = count(c), wide = ceil_div(c.columns, kSpan);
    for (int64_t e = first_of<kThreads>(block); e < all; e += blocks * kThreads)
      neuron(c, e / 32 / wide, e / 32 % wide * kSpan + e % 32);
  }

 private:
  /// The first of the `all` places on an axis whose fields reach `at`, which the padding is added to.
  static __device__ int first_place(int at, const Geometry& g) {
    return at < g.size ? 0 : (at - g.size) / g.stride + 1;
  }
  static __device__ int end_place(int at, const Geometry& g, int all) {
    return static_cast<int>(smaller(all, at / g.stride + 1));
  }

  static __device__ void neuron(const Call& c, int64_t i, int64_t n0) {
    const Geometry& g = c.at;
    const int64_t pixel = i / g.channels, channel = i % g.channels, line = g.outputs;
    const int y = static_cast<int>(pixel / g.width) + g.padding,
              x = static_cast<int>(pixel % g.width) + g.padding;
    const float scale = c.factor();
    float sum[kTile];
#pragma unroll
    for (int q = 0; q < kTile; ++q)
      sum[q] = c.add && n0 + 32 * q < c.columns ? c.t[i * c.columns + n0 + 32 * q] : 0.0f;
    for (int oh = first_place(y, g); oh < end_place(y, g, g.out_height()); ++oh)
      for (int ow = first_place(x, g); ow < end_place(x, g, g.out_width()); ++ow) {
        const int64_t place = int64_t{oh} * g.out_width() + ow;
        const int64_t k = (int64_t{y - oh * g.stride} * g.size + (x - ow * g.stride)) * g.channels + channel;
        const float* factors = c.m + c.first_weight(place) + k * line;
        const float* u = c.u + place * line * c.columns;
        for (int64_t d = 0; d < line; ++d, u += c.columns) {
          const float factor = scale * factors[d];
#pragma unroll
          for (int q = 0; q < kTile; ++q)
            if (n0 + 32 * q < c.columns) sum[q] = math::fma(factor, u[n0 + 32 * q], sum[q]);
        }
      }
#pragma unroll
    for (int q = 0; q < kTile; ++q)
      if (n0 + 32 * q < c.columns) c.t[i * c.columns + n0 + 32 * q] = sum[q];
  }
};

}  // namespace innate::field
