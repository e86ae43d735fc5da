// The instruction sets that the CPU backend was compiled for and this machine has.
// CPU code is compiled for the compiler's baseline, AVX2 with FMA, and AVX-512. Include before any header of
// Highway.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include <cstdint>

#include "innate/kernels/api.h"

namespace innate {

/// Bits of Highway's targets (HWY_AVX3, HWY_AVX2 and the one that stands for the compiler's baseline).
INNATE_API int64_t instruction_sets();

/// For tests, which compare the sets: from now on `instruction_sets` returns these; 0: all that are here.
INNATE_API void pretend_instruction_sets(int64_t sets);

}  // namespace innate
