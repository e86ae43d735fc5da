// exp, tanh and log in single precision, the same bits on host, device and in vectors (there through simd.h):
// only IEEE additions, products, divisions and fused multiply-adds, in one order.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "innate/kernels/view.h"

namespace innate::math {

INNATE_HD float fma(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  return __fmaf_rn(a, b, c);
#else
  return std::fma(a, b, c);
#endif
}

INNATE_HD uint32_t bits(float x) {
#if defined(__CUDA_ARCH__)
  return __float_as_uint(x);
#else
  uint32_t u;
  std::memcpy(&u, &x, sizeof u);
  return u;
#endif
}

template <class T>
INNATE_HD T from_bits(uint32_t u) {
#if defined(__CUDA_ARCH__)
  return __uint_as_float(u);
#else
  float x;
  std::memcpy(&x, &u, sizeof x);
  return x;
#endif
}

/// A float of a byte's value, in two operations that are faster than a conversion.
INNATE_HD float float_of_byte(uint32_t byte) { return from_bits<float>(0x4b000000u | byte) - 8388608.0f; }

INNATE_HD uint32_t shift_left_23(uint32_t u) { return u << 23; }
INNATE_HD uint32_t shift_right_1(uint32_t u) { return (u >> 1) | (u & 0x80000000u); }  // arithmetic
INNATE_HD uint32_t keep_exponent(uint32_t u) { return u & 0xff800000u; }
template <class T>
INNATE_HD T exponent_value(uint32_t u) {
  return static_cast<float>(static_cast<int32_t>(u) / (1 << 23));
}
INNATE_HD bool less(float a, float b) { return a < b; }
INNATE_HD bool is_nan(float a) { return a != a; }
INNATE_HD float select(bool which, float yes, float no) { return which ? yes : no; }

#define INNATE_FORMULA INNATE_HD
#include "kernels/core/math_formulas.inc"
#undef INNATE_FORMULA

}  // namespace innate::math
