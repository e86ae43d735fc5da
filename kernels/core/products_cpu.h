// The products of a room's entry on the CPU.
#pragma once

#include "kernels/core/gemm.h"
#include "kernels/core/parallel.h"

namespace innate::gemm {

inline int64_t parts(const RowSum&) { return 1; }
/// Pieces of rows that may be computed on several cores: rows do not share sums, so any cut gives the same
/// bits.
inline int64_t parts(const Product& p) {
  constexpr int64_t kRows = 256;
  return p.transpose_a || p.transpose_b ? 1 : (p.m + kRows - 1) / kRows;
}

inline void run_part(const RowSum& sum, int64_t, int64_t) { sum_rows(sum); }
inline void run_part(const Product& p, int64_t part, int64_t count) {
  if (count == 1) return multiply(p);
  const int64_t first = p.m * part / count;
  multiply(rows_of(p, first, p.m * (part + 1) / count - first));
}

/// products_of(replica, each) calls each(product or row sum) one after the other. Where there are fewer
/// replicas than threads, the threads share each product's rows.
template <class ProductsOf>
void run_products(int replicas, int threads, const ProductsOf& products_of) {
  if (threads == 1 || replicas >= threads)
    return parallel_for(replicas, threads, [&](int64_t i) {
      products_of(static_cast<int>(i), [](const auto& call) { run_part(call, 0, 1); });
    });
  for (int number = 0;; ++number) {
    int64_t most = 0;
    for (int i = 0; i < replicas; ++i) {
      int at = 0;
      products_of(i, [&](const auto& call) {
        if (at++ == number && parts(call) > most) most = parts(call);
      });
    }
    if (most == 0) return;
    parallel_for(replicas * most, threads, [&](int64_t task) {
      int at = 0;
      products_of(static_cast<int>(task / most), [&](const auto& call) {
        const int64_t count = parts(call), part = task % most;
        if (at++ == number && part < count) run_part(call, part, count);
      });
    });
  }
}

}  // namespace innate::gemm
