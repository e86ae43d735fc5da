// The optimizer, block by block.
#pragma once

#include "kernels/core/each.cuh"
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

/// One step of a replica's parameters, one a thread.
template <int Threads>
struct TakeAdam {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const AdamStep step = call.constants();
    const float rate = *call.rate;
    for (int64_t e = first_of<Threads>(block); e < call.count; e += blocks * Threads)
      formulas::adam_update(step, rate, call.gradient[e], call.m + e, call.v + e, call.parameters + e);
  }
};

template <int Threads>
struct TakeSgd {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const float rate = *call.rate;
    for (int64_t e = first_of<Threads>(block); e < call.count; e += blocks * Threads)
      formulas::sgd_update(call.momentum, rate, call.gradient[e], call.m + e, call.parameters + e);
  }
};

}  // namespace innate::optimizer
