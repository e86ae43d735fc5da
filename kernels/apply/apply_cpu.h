// Apply for one replica on one core.
#pragma once

#include "kernels/apply/plan.h"

namespace innate::apply::cpu {

/// What all rows share: v, w, and Y^T in the scratch where the order needs it.
inline void prepare(const Replica& r) {
  if (r.order == Order::genes) return gemm::transpose(r.y, r.outputs, r.genes, r.scratch);
  gemm::multiply(product(Stage::v, r), r.scratch);
  if (r.order == Order::weights) gemm::multiply(product(Stage::w, r), nullptr);
}

/// `count` rows of a product from `first` on (of a stage whose m is the rows of A).
inline gemm::Product piece(gemm::Product p, int64_t first, int64_t count) {
  if (p.a) p.a += first * p.k;
  if (p.a_pixels) p.a_pixels += first * p.k;
  if (p.a_rows) p.a_rows += first;
  p.c += first * p.n;
  p.m = count;
  return p;
}

/// y for `count` rows of A from `first` on, after `prepare`.
inline void forward_rows(const Replica& r, int64_t first, int64_t count) {
  if (r.order == Order::weights)
    return gemm::multiply(piece(product(Stage::out_weights, r), first, count), nullptr);
  gemm::multiply(piece(product(Stage::t, r), first, count), nullptr);
  if (r.order == Order::interaction)
    return gemm::multiply(piece(product(Stage::out_interaction, r), first, count), nullptr);
  gemm::multiply(piece(product(Stage::u, r), first, count), nullptr);
  gemm::Product out = piece(product(Stage::out_genes, r), first, count);
  out.b = r.scratch;
  out.transpose_b = false;
  gemm::multiply(out, nullptr);
}

inline void backward(const Replica& r) {
  for (const Stage stage : kBackward) {
    const gemm::Product p = product(stage, r);
    if (p.m > 0) gemm::multiply(p, r.scratch);
  }
  if (r.d_bias) gemm::sum_rows(r.dy_rows, r.rows, r.outputs, r.d_bias);
}

}  // namespace innate::apply::cpu
