// The optimizer, block by block.
#pragma once

#include "kernels/core/device.cuh"
#include "kernels/core/math.h"
#include "kernels/optimizer/call.h"

namespace innate::optimizer::formulas {

using math::fma;
INNATE_HD float sqrt(float x) { return sqrtf(x); }

#define INNATE_FORMULA INNATE_HD
#include "kernels/optimizer/formulas.inc"
#undef INNATE_FORMULA

}  // namespace innate::optimizer::formulas

namespace innate::optimizer {

/// One step of a replica's parameters from `first` on, every `stride`th: one a thread.
template <bool Adam>
__device__ void step(const Call& call, int replica, int64_t first, int64_t stride) {
  const int64_t size = call.shape.parameters[replica];
  const float rate = call.rate[replica];
  const float* gradient = call.gradient[replica];
  float *m = call.m[replica], *parameters = call.parameters[replica];
  for (int64_t e = first; e < size; e += stride) {
    if constexpr (Adam)
      formulas::adam_update(call.adam, rate, gradient[e], m + e, call.v[replica] + e, parameters + e);
    else
      formulas::sgd_update(call.momentum, rate, gradient[e], m + e, parameters + e);
  }
}

}  // namespace innate::optimizer
