// Wiring as in the contract (innate/kernels/wiring.h): W = s X O Y^T and its gradients, product by product.
#pragma once

#include <cmath>

#include "tests/reference/matrix.h"

namespace innate::reference::wiring {

template <class Real>
Matrix<Real> forward(const Matrix<Real>& x, const Matrix<Real>& o, const Matrix<Real>& y, Real s) {
  return s * (x * o * transposed(y));
}

/// H(X O Y^T)
template <class Real>
Matrix<Real> threshold(const Matrix<Real>& x, const Matrix<Real>& o, const Matrix<Real>& y) {
  Matrix<Real> w = forward(x, o, y, Real(1));
  for (Real& v : w.data) v = v > 0 ? Real(1) : Real(0);
  return w;
}

/// s dW Y O^T
template <class Real>
Matrix<Real> dx(const Matrix<Real>& dw, const Matrix<Real>& o, const Matrix<Real>& y, Real s) {
  return s * (dw * y * transposed(o));
}

/// s X^T dW Y
template <class Real>
Matrix<Real> d_o(const Matrix<Real>& dw, const Matrix<Real>& x, const Matrix<Real>& y, Real s) {
  return s * (transposed(x) * dw * y);
}

/// s dW^T X O
template <class Real>
Matrix<Real> dy(const Matrix<Real>& dw, const Matrix<Real>& x, const Matrix<Real>& o, Real s) {
  return s * (transposed(dw) * x * o);
}

/// Sample deviation of the elements, in two passes.
inline double deviation(const Matrix<double>& w) {
  double mean = 0, squares = 0;
  for (const double v : w.data) mean += v / static_cast<double>(w.data.size());
  for (const double v : w.data) squares += (v - mean) * (v - mean);
  return w.data.size() > 1 ? std::sqrt(squares / static_cast<double>(w.data.size() - 1)) : 0.0;
}

}  // namespace innate::reference::wiring
