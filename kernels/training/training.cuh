// The fused loop, block by block: one replica through many steps.
#pragma once

#include "kernels/apply/apply.cuh"
#include "kernels/basis/basis.cuh"
#include "kernels/batch/batch.cuh"
#include "kernels/classifier/classifier.cuh"
#include "kernels/dense/dense.cuh"
#include "kernels/expression/expression.cuh"
#include "kernels/optimizer/optimizer.cuh"
#include "kernels/training/call.h"

namespace innate::training {

template <int Threads>
struct Loop {
  /// The replica's arrays lie behind it, in the rest of the block's shared memory.
  struct alignas(16) Shared {
    Calls calls;
    Arrays arrays;
    classifier::CrossEntropy::Shared classifier;
  };
  static_assert(Threads >= classifier::kPartials && sizeof(Shared) % 16 == 0);

  static __device__ void run(Shared& s, const Call& call, int replica) {
    if (threadIdx.x == 0) {
      Places places{reinterpret_cast<float*>(&s + 1), call.fast, call.workspace + replica * call.stride, 0};
      const Arrays arrays = lay_out(call, replica, call.shape.genes[replica], &places);
      assemble(call, replica, arrays, &s.calls);
      s.arrays = arrays;
    }
    __syncthreads();
    fetch(s, call, replica);
    for (int64_t i = call.first; i < call.first + call.count; ++i) {
      __syncthreads();  // the step before reads its number to its end
      if (threadIdx.x == 0) set_step(call, i, &s.calls);
      __syncthreads();
      step(s, call);
    }
    __syncthreads();
    bring_back(s, call, replica);
  }

 private:
  static __device__ void step(Shared& s, const Call& call) {
    const Calls& calls = s.calls;
    const bool spatial = call.shape.encoding == Encoding::spatial_gem;
    batch::choose_block<Threads>(calls.batch, 0);
    if (spatial) {
      expression::profiles_block<Threads>(calls.expression, 0);
      __syncthreads();
      expression::expand_elements(calls.expression, 0, threadIdx.x, Threads);
    }
    const bool combines = call.shape.encoding == Encoding::intrinsic_dimension;
    if (combines) basis::Block<Threads>::combine(calls.combination, 0);
    __syncthreads();
    forward_and_back(s, call);
    __syncthreads();
    if (combines) {
      basis::Block<Threads>::combine_backward(calls.combination, 0);
      __syncthreads();
    }
    if (spatial) {
      expression::expand_backward_block<Threads>(calls.expression, 0);
      __syncthreads();
      expression::profiles_backward_block<Threads>(calls.expression, 0);
      __syncthreads();
    }
    if (is_adam(call))
      optimizer::step<true>(calls.optimizer, 0, threadIdx.x, Threads);
    else
      optimizer::step<false>(calls.optimizer, 0, threadIdx.x, Threads);
  }

  static __device__ void forward_and_back(Shared& s, const Call& call) {
    const Calls& calls = s.calls;
    const bool dense = is_dense(call.shape.encoding), basis = call.shape.encoding == Encoding::random_basis;
    if (dense)
      dense::Block<Threads>::forward(calls.dense, 0);
    else if (basis)
      basis::Block<Threads>::forward(calls.basis);
    else
      apply::Block<Threads>::forward(calls.apply);
    __syncthreads();
    classifier::CrossEntropy::run(s.classifier, calls.classifier, 0);
    __syncthreads();
    if (dense)
      dense::Block<Threads>::backward(calls.dense, 0);
    else if (basis)
      basis::Block<Threads>::backward(calls.basis);
    else
      apply::Block<Threads>::backward(calls.apply);
  }

  static __device__ void copy(const float* from, float* to, int64_t count) {
    if (from == to) return;
    for (int64_t e = threadIdx.x; e < count; e += Threads) to[e] = from[e];
  }

  static __device__ void fetch(const Shared& s, const Call& call, int replica) {
    const Genomes& g = call.genomes;
    copy(g.learned[replica], s.arrays.learned, s.arrays.parameters);
    copy(g.first_moment[replica], s.arrays.first_moment, s.arrays.parameters);
    if (is_adam(call)) copy(g.second_moment[replica], s.arrays.second_moment, s.arrays.parameters);
  }

  static __device__ void bring_back(const Shared& s, const Call& call, int replica) {
    const Genomes& g = call.genomes;
    copy(s.arrays.learned, g.learned[replica], s.arrays.parameters);
    copy(s.arrays.first_moment, g.first_moment[replica], s.arrays.parameters);
    if (is_adam(call)) copy(s.arrays.second_moment, g.second_moment[replica], s.arrays.parameters);
  }
};

}  // namespace innate::training
