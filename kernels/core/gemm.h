// One replica's matrix product, as both backends take it: C = alpha * op(A) op(B) (+ bias), everything packed
// and row-major. Every element of C is one chain of fused multiply-adds over k in ascending order, one
// product with alpha and one addition of the bias: the bits depend neither on tiles nor on the batch nor on
// the backend.
#pragma once

#include <cstdint>

#include "innate/kernels/view.h"

namespace innate::gemm {

struct Product {
  int64_t m = 0, n = 0, k = 0;        // C is m x n; m = 0: nothing to do
  const float* a = nullptr;           // m x k, or k x m where transposed
  const uint8_t* a_pixels = nullptr;  // instead of a
  const uint32_t* a_rows = nullptr;   // with a_pixels or a_lists: line i of A is their image a_rows[i]
  PixelLists a_lists;
  float a_scale = 1.0f;      // an element is a_scale * pixel
  const float* b = nullptr;  // k x n, or n x k where transposed
  float* c = nullptr;
  float alpha = 1.0f;
  const float* bias = nullptr;  // n, optional
  bool transpose_a = false, transpose_b = false;
};

/// On one core. `scratch` holds k * n floats where B is transposed, sums_size(m, n) where A is listed pixels
/// and transposed; else it may be null.
void multiply(const Product& product, float* scratch);

/// Rows from `first` on, `count` of them, of a product whose A is not transposed.
inline Product rows_of(Product p, int64_t first, int64_t count) {
  if (p.a) p.a += first * p.k;
  if (p.a_rows)
    p.a_rows += first;
  else if (p.a_pixels)
    p.a_pixels += first * p.k;
  p.c += first * p.n;
  p.m = count;
  return p;
}

/// C with rows of whole vectors, at most 64 columns at a time.
INNATE_HD int64_t sums_size(int64_t m, int64_t n) { return m * (n < 64 ? (n + 15) / 16 * 16 : 64); }

/// Makes one replica's inputs the product's left operand.
INNATE_HD void set_inputs(Product& p, const Inputs& inputs, int replica) {
  p.a = inputs.values ? inputs.values[replica] : nullptr;
  p.a_pixels = inputs.pixels ? inputs.pixels[replica] : inputs.images;
  p.a_rows = inputs.rows ? inputs.rows[replica] : nullptr;
  p.a_lists = inputs.lists;
  p.a_scale = inputs.scale;
}

/// out (n x m) = in (m x n) transposed.
void transpose(const float* in, int64_t m, int64_t n, float* out);

/// sums[j] = sum over i of b[i][j], ascending; b: m x n.
void sum_rows(const float* b, int64_t m, int64_t n, float* sums);

}  // namespace innate::gemm
