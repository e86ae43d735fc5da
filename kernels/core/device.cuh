// What kernel source needs besides CUDA C++ itself: shared memory as one struct, wide loads and stores, a
// launch that reports its failure, and error checks. The only place that knows of the SIMT executor, which
// runs the same source on the CPU for tests.
#pragma once

#if defined(INNATE_SIMT)
#include "simt/simt.h"
#define INNATE_RANGE(call) static_cast<void>(0)
#define INNATE_NO_CUBLASLT "the SIMT executor has no libraries"
#else
#include <cuda_runtime.h>
#include <nvtx3/nvToolsExt.h>
#define INNATE_RANGE(call) static_cast<void>(call)
#if !__has_include(<cublasLt.h>)
#define INNATE_NO_CUBLASLT "there was no cublasLt.h when this was built"
#endif
#endif

#include "kernels/core/check.h"
#if !defined(INNATE_SIMT)
#include "kernels/core/ptx.cuh"
#endif

namespace innate {

inline void check_cuda(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw Error(std::string(what) + ": " + cudaGetErrorString(status));
}

inline cudaStream_t stream_of(const Context& context) { return static_cast<cudaStream_t>(context.stream()); }

/// The block's dynamic shared memory as one struct; the launch must ask for sizeof(Shared) bytes or more.
template <class Shared>
__device__ __forceinline__ Shared& shared_storage() {
#if defined(INNATE_SIMT)
  return *static_cast<Shared*>(simt::dynamic_shared());
#else
  extern __shared__ __align__(16) unsigned char innate_shared_bytes[];
  return *reinterpret_cast<Shared*>(innate_shared_bytes);
#endif
}

#if defined(INNATE_SIMT)
using simt::bf16_pair;
using simt::commit_copies;
using simt::copy_async16;
using simt::copy_async4;
using simt::copy_async8;
using simt::is_shared;
using simt::load16;
using simt::load8;
using simt::mma_bf16;
using simt::mma_tf32;
using simt::store16;
using simt::store8;
using simt::tf32_of;
using simt::wait_copies;
template <class T>
T* as_shared(T* p) {
  return p;
}
__device__ inline int thread_anew() { return static_cast<int>(threadIdx.x); }
#else
__device__ __forceinline__ bool is_shared(const void* p) { return __isShared(p); }
/// The same pointer, of which the compiler knows that it leads to shared memory. (Of a pointer that only went
/// there and back through __cvta_generic_to_shared it may forget it.)
template <class T>
__device__ __forceinline__ T* as_shared(T* p) {
  extern __shared__ __align__(16) unsigned char innate_shared_bytes[];
  const auto offset = static_cast<uint32_t>(__cvta_generic_to_shared(p)) -
                      static_cast<uint32_t>(__cvta_generic_to_shared(innate_shared_bytes));
  return reinterpret_cast<T*>(innate_shared_bytes + offset);
}
/// threadIdx.x, which the compiler has to read here: what is worked out from it is not kept in registers
/// through all of a long kernel.
__device__ __forceinline__ int thread_anew() {
  int thread;
  asm volatile("mov.u32 %0, %%tid.x;" : "=r"(thread));
  return thread;
}
/// 8 or 16 bytes of global or shared memory in one access, at an address that is a multiple of as many.
__device__ __forceinline__ float2 load8(const float* from) { return *reinterpret_cast<const float2*>(from); }
__device__ __forceinline__ float4 load16(const float* from) { return *reinterpret_cast<const float4*>(from); }
__device__ __forceinline__ void store8(float* to, float2 value) { *reinterpret_cast<float2*>(to) = value; }
__device__ __forceinline__ void store16(float* to, float4 value) { *reinterpret_cast<float4*>(to) = value; }
#endif

/// The same, as arrays.
struct Four {
  float of[4];
};
struct Two {
  float of[2];
};
__device__ __forceinline__ Four load_four(const float* from) {
  const float4 v = load16(from);
  return {{v.x, v.y, v.z, v.w}};
}
__device__ __forceinline__ Two load_two(const float* from) {
  const float2 v = load8(from);
  return {{v.x, v.y}};
}
/// How many floats of lines of n can be read at once wherever four of them begin: 4, 2 or 1.
__device__ __forceinline__ int width_of(const float* from, int64_t n) {
  const auto address = reinterpret_cast<uintptr_t>(from);
  return n % 4 == 0 && address % 16 == 0 ? 4 : n % 2 == 0 && address % 8 == 0 ? 2 : 1;
}
__device__ __forceinline__ void store_four(float* to, const Four& v) {
  store16(to, make_float4(v.of[0], v.of[1], v.of[2], v.of[3]));
}
__device__ __forceinline__ void store_two(float* to, const Two& v) {
  store8(to, make_float2(v.of[0], v.of[1]));
}

/// kernel<<<grid, block, shared_bytes, stream>>>(arguments...); more than 48 KiB of shared memory is asked
/// for first.
template <class... Parameters, class... Arguments>
void launch(cudaStream_t stream, void (*kernel)(Parameters...), dim3 grid, dim3 block,
            std::size_t shared_bytes, Arguments&&... arguments) {
  if (shared_bytes > 48 * 1024)
    check_cuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                    static_cast<int>(shared_bytes)),
               "shared memory of a kernel");
#if defined(INNATE_SIMT)
  simt::launch(kernel, grid, block, shared_bytes, stream, static_cast<Arguments&&>(arguments)...);
#else
  kernel<<<grid, block, shared_bytes, stream>>>(static_cast<Arguments&&>(arguments)...);
#endif
  check_cuda(cudaGetLastError(), "kernel launch");
}

/// Replicas lie on grid.z, of which a launch has at most 65,535: calls `each(first, count)` for pieces of
/// them.
template <class Each>
void for_replica_pieces(int replicas, const Each& each) {
  constexpr int kMost = 65535;
  for (int first = 0; first < replicas; first += kMost)
    each(first, replicas - first < kMost ? replicas - first : kMost);
}

__host__ __device__ constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace innate
