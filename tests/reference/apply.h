// Apply as in the contract (innate/kernels/apply.h). The gradients are multiplied out from left to right as
// they stand there, whatever order the kernel takes.
#pragma once

#include "tests/reference/dense.h"
#include "tests/reference/wiring.h"

namespace innate::reference::apply {

/// A W + b with W = s X O Y^T, formed.
template <class Real>
Matrix<Real> forward(const Matrix<Real>& a, const Matrix<Real>& x, const Matrix<Real>& o,
                     const Matrix<Real>& y, Real s, const std::vector<Real>& bias) {
  return dense::forward(a, wiring::forward(x, o, y, s), bias);
}

/// s A^T dy Y O^T
template <class Real>
Matrix<Real> d_x(const Matrix<Real>& a, const Matrix<Real>& o, const Matrix<Real>& y, Real s,
                 const Matrix<Real>& dy) {
  return s * (transposed(a) * dy * y * transposed(o));
}

/// s X^T A^T dy Y
template <class Real>
Matrix<Real> d_o(const Matrix<Real>& a, const Matrix<Real>& x, const Matrix<Real>& y, Real s,
                 const Matrix<Real>& dy) {
  return s * (transposed(x) * transposed(a) * dy * y);
}

/// s dy^T A X O
template <class Real>
Matrix<Real> d_y(const Matrix<Real>& a, const Matrix<Real>& x, const Matrix<Real>& o, Real s,
                 const Matrix<Real>& dy) {
  return s * (transposed(dy) * a * x * o);
}

/// s dy Y O^T X^T
template <class Real>
Matrix<Real> d_inputs(const Matrix<Real>& x, const Matrix<Real>& o, const Matrix<Real>& y, Real s,
                      const Matrix<Real>& dy) {
  return s * (dy * y * transposed(o) * transposed(x));
}

}  // namespace innate::reference::apply
