// What a product reads and writes (operands.h).
#pragma once

#include "kernels/core/gemm.h"
#include "kernels/core/operands.h"

namespace innate::gemm {

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
