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

/// y for `count` rows of A from `first` on, after `prepare`.
inline void forward_rows(const Replica& r, int64_t first, int64_t count) {
  if (r.order == Order::weights)
    return gemm::multiply(gemm::rows_of(product(Stage::out_weights, r), first, count), nullptr);
  gemm::multiply(gemm::rows_of(product(Stage::t, r), first, count), nullptr);
  if (r.order == Order::interaction)
    return gemm::multiply(gemm::rows_of(product(Stage::out_interaction, r), first, count), nullptr);
  gemm::multiply(gemm::rows_of(product(Stage::u, r), first, count), nullptr);
  gemm::Product out = gemm::rows_of(product(Stage::out_genes, r), first, count);
  out.b = r.scratch;
  out.transpose_b = false;
  gemm::multiply(out, nullptr);
}

inline void backward(const Replica& r) {
  each_backward([&r](Stage stage) {
    const gemm::Product p = product(stage, r);
    if (p.m > 0) gemm::multiply(p, r.scratch);
  });
  if (r.d_bias) gemm::sum_rows(r.dy_rows, r.rows, r.outputs, r.d_bias);
}

}  // namespace innate::apply::cpu
