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

/// u and v of all columns: one value a thread at a time. (32-bit divisions, here and below: those of 64 bits
/// cost more than the rest.)
template <int Threads>
__device__ void profiles_block(const Call& call, int replica) {
  const uint32_t genes = static_cast<uint32_t>(call.shape.genes[replica]);
  const uint32_t line = static_cast<uint32_t>(columns(call.shape, replica));
  const int height = call.shape.height, width = call.shape.width;
  const uint32_t rows = static_cast<uint32_t>(height) * line;
  for (uint32_t e = threadIdx.x; e < rows + static_cast<uint32_t>(width) * line; e += Threads) {
    const int i = static_cast<int>(e / line);
    const float* place = call.places[replica] + first_place(e % line, genes);
    const auto p = formulas::profile(place[i < height ? 0 : genes], place[2 * genes]);
    if (i < height)
      call.u[replica][e] = formulas::gaussian(p, coordinate(i, height));
    else
      call.v[replica][e - rows] = formulas::gaussian(p, coordinate(i - height, width));
  }
}

/// X of all genes: elements from `first` on, every `stride`th.
__device__ inline void expand_elements(const Call& call, int replica, uint32_t first, uint32_t stride) {
  const uint32_t count = static_cast<uint32_t>(columns(call.shape, replica));
  const uint32_t line = static_cast<uint32_t>(call.shape.width) * count;
  const float *u = call.u_in[replica], *v = call.v_in[replica];
  float* x = call.x[replica];
  for (uint32_t e = first; e < static_cast<uint32_t>(call.shape.height) * line; e += stride) {
    const uint32_t h = e / line, in_line = e - h * line;
    x[e] = u[h * count + in_line % count] * v[in_line];
  }
}

/// dplaces of all columns: one column a thread, so that every sum has one order.
template <int Threads>
__device__ void profiles_backward_block(const Call& call, int replica) {
  const int64_t genes = call.shape.genes[replica], line = columns(call.shape, replica);
  for (int64_t column = threadIdx.x; column < line; column += Threads) {
    const int64_t first = first_place(column, genes);
    const float* place = call.places[replica] + first;
    float* dplace = call.dplaces[replica] + first;
    float width_sum[2];
    for (int axis = 0; axis < 2; ++axis) {
      const int count = axis == 0 ? call.shape.height : call.shape.width;
      const float* profiles = axis == 0 ? call.u_in[replica] : call.v_in[replica];
      const float* gradients = axis == 0 ? call.du_in[replica] : call.dv_in[replica];
      const auto p = formulas::profile(place[axis * genes], place[2 * genes]);
      float centre = 0.0f, width = 0.0f;
      for (int i = 0; i < count; ++i)
        formulas::collect(p, coordinate(i, count), gradients[i * line + column], profiles[i * line + column],
                          &centre, &width);
      dplace[axis * genes] = formulas::centre_gradient(p, centre);
      width_sum[axis] = formulas::width_gradient(p, width);
    }
    dplace[2 * genes] = width_sum[0] + width_sum[1];
  }
}

/// du and dv of all columns: one sum a thread at a time.
template <int Threads>
__device__ void expand_backward_block(const Call& call, int replica) {
  const int64_t count = columns(call.shape, replica);
  const int height = call.shape.height, width = call.shape.width;
  const float *u = call.u_in[replica], *v = call.v_in[replica], *dx = call.dx[replica];
  for (int64_t e = threadIdx.x; e < (height + width) * count; e += Threads) {
    const int line = static_cast<int>(e / count);
    const int64_t column = e % count;
    float sum = 0.0f;
    if (line < height) {
      for (int w = 0; w < width; ++w)
        sum = math::fma(dx[(static_cast<int64_t>(line) * width + w) * count + column], v[w * count + column],
                        sum);
      call.du[replica][line * count + column] = sum;
    } else {
      for (int h = 0; h < height; ++h)
        sum = math::fma(dx[(static_cast<int64_t>(h) * width + line - height) * count + column],
                        u[h * count + column], sum);
      call.dv[replica][(line - height) * count + column] = sum;
    }
  }
}

}  // namespace innate::expression
