// Activations, block by block.
#pragma once

#include "kernels/activation/call.h"
#include "kernels/core/each.cuh"
#include "kernels/core/math.h"

namespace innate::activation::formulas {

using math::exp;
using math::less;
using math::select;
using math::tanh;

#define INNATE_FORMULA INNATE_HD
#include "kernels/activation/formulas.inc"
#undef INNATE_FORMULA

}  // namespace innate::activation::formulas

namespace innate::activation {

/// One number a thread.
template <int Threads>
struct Activate {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const Function function = call.function;
    for (int64_t e = first_of<Threads>(block); e < call.count; e += blocks * Threads)
      call.y[e] = formulas::activated(function, call.y[e]);
  }
};

template <int Threads>
struct ActivateBackward {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const Function function = call.function;
    for (int64_t e = first_of<Threads>(block); e < call.count; e += blocks * Threads)
      call.dy[e] = formulas::activated_backward(function, call.y[e], call.dy[e]);
  }
};

}  // namespace innate::activation
