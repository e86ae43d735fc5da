// Basis as in the contract (innate/kernels/basis.h), with R as given numbers.
#pragma once

#include <cmath>

#include "tests/reference/matrix.h"
#include "tests/reference/philox.h"

namespace innate::reference::basis {

/// p of element (i, j) of a replica's R: what its normal quantile is taken of.
inline double probability(uint64_t seed, uint32_t i, uint32_t j) {
  const auto words =
      philox({j / 4, i, 9, 0}, {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  return (static_cast<double>(words[j % 4] >> 9) + 0.5) / 8388608.0;
}

/// The normal quantile by Newton's method on the distribution function: exact to double precision.
inline double quantile(double p) {
  double x = 0;
  for (int i = 0; i < 60; ++i) {
    const double low = 0.5 * std::erfc(-x / std::sqrt(2.0)), high = 0.5 * std::erfc(x / std::sqrt(2.0));
    const double miss = p < 0.5 ? low - p : (1 - p) - high;
    const double density = std::exp(-x * x / 2) / std::sqrt(8 * std::atan(1.0));
    const double step = miss / density;
    x -= step > 0.5 ? 0.5 : step < -0.5 ? -0.5 : step;
  }
  return x;
}

/// W = s R P.
template <class Real>
Matrix<Real> weights(const Matrix<Real>& r, const Matrix<Real>& p, Real scale) {
  return scale * (r * p);
}

/// dP = s R^T A^T dy.
template <class Real>
Matrix<Real> d_p(const Matrix<Real>& a, const Matrix<Real>& r, const Matrix<Real>& dy, Real scale) {
  return scale * (transposed(a * r) * dy);
}

/// theta = s c R; c has one row.
template <class Real>
Matrix<Real> combine(const Matrix<Real>& c, const Matrix<Real>& r, Real scale) {
  return (scale * c) * r;
}

/// dc = s R dtheta; dtheta has one row.
template <class Real>
Matrix<Real> d_c(const Matrix<Real>& r, const Matrix<Real>& dtheta, Real scale) {
  return scale * (dtheta * transposed(r));
}

}  // namespace innate::reference::basis
