// One launch of an operation on many replicas. An operation is a struct with its Shared, its number of
// threads and
//   static __device__ void run(Shared&, const Call&, int64_t block, int64_t blocks)
// which takes the `block`th of `blocks` shares of one replica's call. `source(replica)` gives the call.
#pragma once

#include <type_traits>
#include <utility>

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

/// Shared memory of a block that works on one call. Large calls lie there too: one thread follows the
/// pointers to them, and registers are left for the work.
template <class Operation, class Call>
struct Held {
  static constexpr bool kHoldsCall = sizeof(Call) > 96;
  typename Operation::Shared shared;
  std::conditional_t<kHoldsCall, Call, Nothing> call;
  static constexpr bool kEmpty = std::is_empty_v<typename Operation::Shared> && !kHoldsCall;
};
/// What its launch asks for.
template <class Operation, class Call>
constexpr std::size_t kSharedBytes = Held<Operation, Call>::kEmpty ? 0 : sizeof(Held<Operation, Call>);

/// The block's share of the call that fetch() gives.
template <class Operation, class Call, class Fetch>
__device__ __forceinline__ void run_share(const Fetch& fetch) {
  using Shared = Held<Operation, Call>;
  if constexpr (Shared::kEmpty) {
    typename Operation::Shared none;
    Operation::run(none, fetch(), blockIdx.x, gridDim.x);
  } else if constexpr (Shared::kHoldsCall) {
    Shared& held = shared_storage<Shared>();
    if (threadIdx.x == 0) held.call = fetch();
    __syncthreads();
    Operation::run(held.shared, held.call, blockIdx.x, gridDim.x);
  } else {
    Operation::run(shared_storage<Shared>().shared, fetch(), blockIdx.x, gridDim.x);
  }
}

/// Blocks that a multiprocessor's registers should hold at least: an operation's kBlocks, or 1.
template <class Operation>
constexpr int blocks_at_least() {
  if constexpr (requires { Operation::kBlocks; }) return Operation::kBlocks;
  return 1;
}

template <class Source>
using CallOf = decltype(std::declval<const Source&>()(0));

template <class Operation, class Source>
__global__ void __launch_bounds__(Operation::kThreads, blocks_at_least<Operation>())
    each_kernel(Source source, int first) {
  run_share<Operation, CallOf<Source>>([&] { return source(first + static_cast<int>(blockIdx.z)); });
}

/// `blocks` shares of each replica's call.
template <class Operation, class Source>
void each(cudaStream_t stream, int replicas, int64_t blocks, const Source& source) {
  constexpr int64_t kMostBlocks = 65535;
  const int64_t across = blocks < 1 ? 1 : smaller(blocks, kMostBlocks);
  for_replica_pieces(replicas, [&](int first, int count) {
    launch(stream, each_kernel<Operation, Source>,
           dim3(static_cast<unsigned>(across), 1, static_cast<unsigned>(count)), dim3(Operation::kThreads),
           (kSharedBytes<Operation, CallOf<Source>>), source, first);
  });
}

/// `elements`: of the neediest replica, for operations that give each a thread.
template <class Operation, class Source>
void each_element(cudaStream_t stream, int replicas, int64_t elements, const Source& source) {
  each<Operation>(stream, replicas, ceil_div(elements, Operation::kThreads), source);
}

}  // namespace innate
