// One function for each instruction that CUDA C++ has no word for, of sm_80 and later. Included by device.cuh
// alone; the SIMT executor has functions of the same names.
#pragma once

#include <cstdint>

namespace innate {

// ---- copies from global to shared memory that a thread begins and waits for

__device__ __forceinline__ uint32_t shared_address(const void* at) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(at));
}

/// 4, 8 or 16 bytes, at addresses that are multiples of as many: `floats` of them are read, and the rest
/// becomes 0. What it brings is there when this thread has waited, and for others behind a barrier after
/// that.
__device__ __forceinline__ void copy_async4(float* to, const float* from, int floats) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(4 * floats)
               : "memory");
}
__device__ __forceinline__ void copy_async8(float* to, const float* from, int floats) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(4 * floats)
               : "memory");
}
__device__ __forceinline__ void copy_async16(float* to, const float* from, int floats) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(4 * floats)
               : "memory");
}
/// All 16 bytes.
__device__ __forceinline__ void copy_async16(float* to, const float* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to)), "l"(from) : "memory");
}
/// The copies that this thread began since its last commit become one group, which may be empty.
__device__ __forceinline__ void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/// Until all groups but the latest `Left` have landed.
template <int Left>
__device__ __forceinline__ void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Left) : "memory");
}

// ---- products of a warp on tensor cores: C (16 x 8) += A (16 x k) B (k x 8)
//
// Which elements a lane's registers hold, with g = lane / 4, t = lane % 4:
//   c[i]   row g + 8 (i / 2), column 2 t + i % 2
//   tf32, k = 8    a[i]: row g + 8 (i % 2), k = t + 4 (i / 2)             b[i]: k = t + 4 i, column g
//   bf16, k = 16   a[i]: row g + 8 (i % 2), k = 2 t + 8 (i / 2) and + 1   b[i]: k = 2 t + 8 i and + 1,
//                  column g
//                  (the lower half of a register is the lower k)

__device__ __forceinline__ void mma_tf32(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
__device__ __forceinline__ void mma_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// To the nearest number with 10 bits behind the leading one; of two, the one farther from 0.
__device__ __forceinline__ uint32_t tf32_of(float value) {
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return bits;
}
/// Both to the nearest numbers with 7 bits behind the leading one; of two, the even one.
__device__ __forceinline__ uint32_t bf16_pair(float low, float high) {
  uint32_t bits;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
  return bits;
}

}  // namespace innate
