// Tensor-core products of a warp (mma.sync), with the fragments that PTX gives them: which elements of a
// tile lie in which registers of which lane.
//
//   C (16 x 8) += A (16 x k) B (k x 8)         g = lane / 4, t = lane % 4
//   c[i]   row g + 8 (i / 2), column 2 t + i % 2
//   tf32, k = 8    a[i]: row g + 8 (i % 2), k = t + 4 (i / 2)             b[i]: k = t + 4 i, column g
//   bf16, k = 16   a[i]: row g + 8 (i % 2), k = 2 t + 8 (i / 2) and + 1   b[i]: k = 2 t + 8 i and + 1, column
//   g
//                  (the lower half of a register is the lower k)
//
// Here an element of C is added up in double precision and rounded once; a device drops bits on the way.
#pragma once

#include <cstdint>

namespace simt {

#define SIMT_CALLER const char *file = __builtin_FILE(), int line = __builtin_LINE()
/// All 32 lanes of a warp call.
void mma_tf32(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], SIMT_CALLER);
void mma_bf16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], SIMT_CALLER);
#undef SIMT_CALLER

/// To the nearest number with 10 bits behind the leading one; of two, the one farther from 0.
std::uint32_t tf32_of(float value);
/// Both to the nearest numbers with 7 bits behind the leading one; of two, the even one.
std::uint32_t bf16_pair(float low, float high);

}  // namespace simt
