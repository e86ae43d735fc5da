// Expression, block by block: all genes of one replica.
#pragma once

#include "kernels/core/device.cuh"
#include "kernels/core/math.h"
#include "kernels/expression/call.h"

namespace innate::expression {

namespace formulas {
using math::exp;
using math::fma;
using math::less;
using math::select;
using math::tanh;
#define INNATE_FORMULA INNATE_HD
#include "kernels/expression/formulas.inc"
#undef INNATE_FORMULA
}  // namespace formulas

/// u and v of all genes: one value a thread at a time.
template <int Threads>
__device__ void profiles_block(const Call& call, int replica) {
  const int64_t genes = call.shape.genes[replica];
  const int height = call.shape.height, width = call.shape.width;
  const float* places = call.places[replica];
  for (int64_t e = threadIdx.x; e < (height + width) * genes; e += Threads) {
    const int line = static_cast<int>(e / genes);
    const int64_t g = e % genes;
    const bool row = line < height;
    const auto p = formulas::profile(places[(row ? 0 : genes) + g], places[2 * genes + g]);
    if (row)
      call.u[replica][line * genes + g] = formulas::gaussian(p, coordinate(line, height));
    else
      call.v[replica][(line - height) * genes + g] = formulas::gaussian(p, coordinate(line - height, width));
  }
}

/// X of all genes: elements from `first` on, every `stride`th (32-bit divisions: those of 64 bits cost more
/// than the rest).
__device__ inline void expand_elements(const Call& call, int replica, uint32_t first, uint32_t stride) {
  const uint32_t genes = static_cast<uint32_t>(call.shape.genes[replica]);
  const uint32_t line = static_cast<uint32_t>(call.shape.width) * genes;
  const float *u = call.u_in[replica], *v = call.v_in[replica];
  float* x = call.x[replica];
  for (uint32_t e = first; e < static_cast<uint32_t>(call.shape.height) * line; e += stride) {
    const uint32_t h = e / line, in_line = e - h * line;
    x[e] = u[h * genes + in_line % genes] * v[in_line];
  }
}

/// dplaces of all genes: one gene a thread, so that every sum has one order.
template <int Threads>
__device__ void profiles_backward_block(const Call& call, int replica) {
  const int64_t genes = call.shape.genes[replica];
  const float* places = call.places[replica];
  for (int64_t g = threadIdx.x; g < genes; g += Threads) {
    float width_sum[2];
    for (int axis = 0; axis < 2; ++axis) {
      const int count = axis == 0 ? call.shape.height : call.shape.width;
      const float* profiles = axis == 0 ? call.u_in[replica] : call.v_in[replica];
      const float* gradients = axis == 0 ? call.du_in[replica] : call.dv_in[replica];
      const auto p = formulas::profile(places[axis * genes + g], places[2 * genes + g]);
      float centre = 0.0f, width = 0.0f;
      for (int i = 0; i < count; ++i)
        formulas::collect(p, coordinate(i, count), gradients[i * genes + g], profiles[i * genes + g], &centre,
                          &width);
      call.dplaces[replica][axis * genes + g] = formulas::centre_gradient(p, centre);
      width_sum[axis] = formulas::width_gradient(p, width);
    }
    call.dplaces[replica][2 * genes + g] = width_sum[0] + width_sum[1];
  }
}

/// du and dv of all genes: one sum a thread at a time.
template <int Threads>
__device__ void expand_backward_block(const Call& call, int replica) {
  const int64_t genes = call.shape.genes[replica];
  const int height = call.shape.height, width = call.shape.width;
  const float *u = call.u_in[replica], *v = call.v_in[replica], *dx = call.dx[replica];
  for (int64_t e = threadIdx.x; e < (height + width) * genes; e += Threads) {
    const int line = static_cast<int>(e / genes);
    const int64_t g = e % genes;
    float sum = 0.0f;
    if (line < height) {
      for (int w = 0; w < width; ++w)
        sum = math::fma(dx[(static_cast<int64_t>(line) * width + w) * genes + g], v[w * genes + g], sum);
      call.du[replica][line * genes + g] = sum;
    } else {
      for (int h = 0; h < height; ++h)
        sum = math::fma(dx[(static_cast<int64_t>(h) * width + line - height) * genes + g], u[h * genes + g],
                        sum);
      call.dv[replica][(line - height) * genes + g] = sum;
    }
  }
}

}  // namespace innate::expression
