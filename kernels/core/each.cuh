// One launch of an operation on many replicas. An operation is a struct with its Shared, its number of
// threads and
//   static __device__ void run(Shared&, const Call&, int64_t block, int64_t blocks)
// which takes the `block`th of `blocks` shares of one replica's call. `source(replica)` gives the call.
#pragma once

#include <type_traits>

#include "kernels/core/device.cuh"
#include "kernels/core/operands.h"

namespace innate {

/// For operations without shared memory.
struct Nothing {};

/// The first element of a share whose elements go one to a thread, and the distance to the next.
template <int Threads>
__device__ __forceinline__ int64_t first_of(int64_t block) {
  return block * Threads + static_cast<int64_t>(threadIdx.x);
}

/// One share of a call, with the block's shared memory where the operation has any.
template <class Operation, class Call>
__device__ __forceinline__ void run_share(const Call& call) {
  using Shared = typename Operation::Shared;
  if constexpr (std::is_empty_v<Shared>) {
    Shared none;
    Operation::run(none, call, blockIdx.x, gridDim.x);
  } else {
    Operation::run(shared_storage<Shared>(), call, blockIdx.x, gridDim.x);
  }
}
/// What its launch asks for.
template <class Operation>
constexpr std::size_t kSharedBytes =
    std::is_empty_v<typename Operation::Shared> ? 0 : sizeof(typename Operation::Shared);

template <class Operation, class Source>
__global__ void __launch_bounds__(Operation::kThreads) each_kernel(Source source, int first) {
  run_share<Operation>(source(first + static_cast<int>(blockIdx.z)));
}

/// `blocks` shares of each replica's call.
template <class Operation, class Source>
void each(cudaStream_t stream, int replicas, int64_t blocks, const Source& source) {
  constexpr int64_t kMostBlocks = 65535;
  const int64_t across = blocks < 1 ? 1 : smaller(blocks, kMostBlocks);
  for_replica_pieces(replicas, [&](int first, int count) {
    launch(stream, each_kernel<Operation, Source>,
           dim3(static_cast<unsigned>(across), 1, static_cast<unsigned>(count)), dim3(Operation::kThreads),
           kSharedBytes<Operation>, source, first);
  });
}

/// `elements`: of the neediest replica, for operations that give each a thread.
template <class Operation, class Source>
void each_element(cudaStream_t stream, int replicas, int64_t elements, const Source& source) {
  each<Operation>(stream, replicas, ceil_div(elements, Operation::kThreads), source);
}

}  // namespace innate
