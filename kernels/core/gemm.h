// One replica's matrix product, as both backends take it: C = alpha * op(A) op(B) (+ bias), everything packed and
// row-major. Every element of C is one chain of fused multiply-adds over k in ascending order, one product with alpha and
// one addition of the bias: the bits depend neither on tiles nor on the batch nor on the backend.
#pragma once

#include <cstdint>

#include "innate/kernels/view.h"

namespace innate::gemm {

struct Product {
  int64_t m = 0, n = 0, k = 0;           // C is m x n; m = 0: nothing to do
  const float* a = nullptr;              // m x k, or k x m where transposed
  const uint8_t* a_pixels = nullptr;     // instead of a; element = a_scale * pixel
  float a_scale = 1.0f;
  const float* b = nullptr;              // k x n, or n x k where transposed
  float* c = nullptr;
  float alpha = 1.0f;
  const float* bias = nullptr;           // n, optional
  bool transpose_a = false, transpose_b = false;
};

/// On one core. `scratch` holds k * n floats where B is transposed, else it may be null.
void multiply(const Product& product, float* scratch);

/// out (n x m) = in (m x n) transposed.
void transpose(const float* in, int64_t m, int64_t n, float* out);

/// sums[j] = sum over i of b[i][j], ascending; b: m x n.
void sum_rows(const float* b, int64_t m, int64_t n, float* sums);

}  // namespace innate::gemm
