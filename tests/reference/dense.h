// Dense as in the contract (innate/kernels/dense.h).
#pragma once

#include "tests/reference/matrix.h"

namespace innate::reference::dense {

/// The values of pixels.
template <class Real>
Matrix<Real> values(int64_t rows, int64_t columns, const std::vector<uint8_t>& pixels, float scale) {
  Matrix<Real> a(rows, columns);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    a.data[i] = static_cast<Real>(scale) * static_cast<Real>(pixels[i]);
  return a;
}

/// A W + b; `bias` may be empty.
template <class Real>
Matrix<Real> forward(const Matrix<Real>& a, const Matrix<Real>& w, const std::vector<Real>& bias) {
  Matrix<Real> y = a * w;
  for (int64_t i = 0; i < y.rows; ++i)
    for (int64_t j = 0; j < y.columns && !bias.empty(); ++j) y.at(i, j) += bias[static_cast<std::size_t>(j)];
  return y;
}

template <class Real>
Matrix<Real> d_weights(const Matrix<Real>& a, const Matrix<Real>& dy) {
  return transposed(a) * dy;
}

template <class Real>
std::vector<Real> d_bias(const Matrix<Real>& dy) {
  std::vector<Real> sums(static_cast<std::size_t>(dy.columns));
  for (int64_t i = 0; i < dy.rows; ++i)
    for (int64_t j = 0; j < dy.columns; ++j) sums[static_cast<std::size_t>(j)] += dy.at(i, j);
  return sums;
}

template <class Real>
Matrix<Real> d_inputs(const Matrix<Real>& dy, const Matrix<Real>& w) {
  return dy * transposed(w);
}

}  // namespace innate::reference::dense
