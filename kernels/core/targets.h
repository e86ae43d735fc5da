// The instruction sets that CPU code is compiled for: the compiler's baseline, AVX2 with FMA, AVX-512.
// Include before any header of Highway.
#pragma once
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
