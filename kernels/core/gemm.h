// One replica's matrix product, as both backends take it: C (+)= alpha * op(A) op(B) (+ bias), row-major; A
// and B are packed. Every element of C is one chain of fused multiply-adds over k in ascending order, one
// product with alpha, one addition of the bias and one of what C held: the bits depend neither on tiles nor
// on the batch nor on the backend. Only what `on_tensor_cores` names is not.
#pragma once

#include <cstdint>

#include "innate/kernels/precision.h"
#include "innate/kernels/view.h"
#include "kernels/core/operands.h"

namespace innate::gemm {

enum class Axis : uint8_t { none, rows, columns };

struct Product {
  int64_t m = 0, n = 0, k = 0;        // C is m x n; m = 0: nothing to do
  const float* a = nullptr;           // m x k, or k x m where transposed
  const uint8_t* a_pixels = nullptr;  // instead of a
  const uint32_t* a_rows = nullptr;   // with a_pixels or a_lists: line i of A is their image a_rows[i]
  PixelLists a_lists;
  float a_scale = 1.0f;      // an element is a_scale * pixel
  const float* b = nullptr;  // k x n, or n x k where transposed
  float* c = nullptr;
  int64_t c_line = 0;  // floats from one line of C to the next; 0: n
  float alpha = 1.0f;
  Precision precision = Precision::exact;  // asked for
  const float* alpha_at = nullptr;         // where given, alpha is what lies there
  const float* bias = nullptr;             // n, optional
  float* scratch = nullptr;                // scratch_floats of them (CPU)
  bool transpose_a = false, transpose_b = false;
  bool add = false;          // to what C holds
  Axis strips = Axis::none;  // what the product is cut along where it is walked in strips
  float density = 1.0f;      // the share of A that is not 0, for its cost

  INNATE_HD int64_t line() const { return c_line ? c_line : n; }
  INNATE_HD float factor() const { return alpha_at ? *alpha_at : alpha; }
};

/// Whether CUDA's tiles for tensor cores take the product (gemm_tensor.cuh), by its own shape alone; where
/// the precision is `library`, whether a library takes it (cublaslt.h). Smaller ones, and those of few rows
/// or columns, would leave most of such a tile empty.
INNATE_HD bool on_tensor_cores(const Product& p) {
  return p.precision != Precision::exact && p.a && p.strips == Axis::none && p.m >= 32 && p.n >= 32 &&
         p.k >= 16 && static_cast<double>(p.m * p.n) * static_cast<double>(p.k) >= 131072;
}

/// sums[j] (+)= b[0][j] + b[1][j] + ..., ascending; b: m x n.
struct RowSum {
  int64_t m = 0, n = 0;
  const float* b = nullptr;
  float* sums = nullptr;
  bool add = false;
};

/// On one core. `scratch`: scratch_floats of them.
void multiply(const Product& product, float* scratch);
inline void multiply(const Product& product) { multiply(product, product.scratch); }

/// Rows from `first` on, `count` of them, of a product whose A is not transposed.
inline Product rows_of(Product p, int64_t first, int64_t count) {
  if (p.a) p.a += first * p.k;
  if (p.a_rows)
    p.a_rows += first;
  else if (p.a_pixels)
    p.a_pixels += first * p.k;
  p.c += first * p.line();
  p.m = count;
  return p;
}

/// The part of a product that a strip holds: `count` columns of C from `first` on, whose B is the strip's own
/// (packed, k x count), or rows, whose A is the strip's own.
INNATE_HD Product strip_of(Product p, int64_t first, int64_t count) {
  if (p.strips == Axis::columns) {
    p.c_line = p.line();
    p.c += first;
    p.n = count;
  } else {
    p.c += first * p.line();
    p.m = count;
  }
  return p;
}

/// C with rows of whole vectors, at most 64 columns at a time.
INNATE_HD int64_t sums_size(int64_t m, int64_t n) { return m * (n < 64 ? (n + 15) / 16 * 16 : 64); }

/// What `multiply` needs beside the operands: the transposed B, or the sums of listed pixels.
INNATE_HD int64_t scratch_floats(const Product& p) {
  const int64_t turned = p.transpose_b ? p.k * p.n : 0;
  const int64_t sums = !p.a && p.a_lists.start && p.transpose_a ? sums_size(p.m, p.n) : 0;
  return turned > sums ? turned : sums;
}

/// How many lanes of a warp, `wide` columns each, share a line of C in a block's products on pixels: a power
/// of two, from 8 on, as many as a line needs, if a warp has them; or, where they read B a float at a time,
/// at most 8.
INNATE_HD int lanes_a_line(int64_t n, int wide) {
  int lanes = 8;
  while (lanes < 32 && lanes * wide < n) lanes *= 2;
  return lanes;
}
INNATE_HD int few_lanes(int64_t n, int wide) {
  int lanes = 1;
  while (lanes < 8 && lanes * wide < n) lanes *= 2;
  return lanes;
}

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

void sum_rows(const RowSum& call);

// ---- what a product reads and writes (operands.h)

template <class Visit>
INNATE_HD void operands(Product& p, Visit&& visit) {
  const int64_t wide = (p.n + 3) / 4, high = (p.m + 3) / 4;
  visit.in(p.a, p.m * p.k, wide);
  visit.in(p.a_rows, p.a_rows ? (p.transpose_a ? p.k : p.m) : 0, 1);
  visit.in(p.b, p.k * p.n, high);
  visit.in(p.alpha_at, 1, 1);
  visit.in(p.bias, p.bias ? p.n : 0, high);
  if (p.scratch) visit.out(p.scratch, scratch_floats(p));
  const int64_t c = p.m > 0 ? (p.m - 1) * p.line() + p.n : 0;
  if (p.add)
    visit.both(p.c, c);
  else
    visit.out(p.c, c);
}

template <class Visit>
INNATE_HD void operands(RowSum& s, Visit&& visit) {
  visit.in(s.b, s.m * s.n, 1);
  if (s.add)
    visit.both(s.sums, s.n);
  else
    visit.out(s.sums, s.n);
}

INNATE_HD Cost cost(const Product& p) {
  const double m = static_cast<double>(p.m), n = static_cast<double>(p.n), k = static_cast<double>(p.k);
  const double density = static_cast<double>(p.density);
  return {density * m * n * k, 4 * (density * m * k + k * n + m * n)};
}
INNATE_HD Cost cost(const RowSum& s) {
  const double count = static_cast<double>(s.m * s.n);
  return {count, 4 * count};
}

}  // namespace innate::gemm
