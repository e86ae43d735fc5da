// Plain matrices for the references. A reference is written for any real type: with double it is the measure,
// with float it is the naive loop (naive.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace innate::reference {

template <class Real>
struct Matrix {
  int64_t rows = 0, columns = 0;
  std::vector<Real> data;  // row-major

  Matrix(int64_t rows, int64_t columns)
      : rows(rows), columns(columns), data(static_cast<std::size_t>(rows * columns)) {}
  Matrix(int64_t rows, int64_t columns, std::vector<Real> data)
      : rows(rows), columns(columns), data(std::move(data)) {}

  Real& at(int64_t i, int64_t j) { return data[static_cast<std::size_t>(i * columns + j)]; }
  const Real& at(int64_t i, int64_t j) const { return data[static_cast<std::size_t>(i * columns + j)]; }
};

template <class Real>
Matrix<Real> transposed(const Matrix<Real>& a) {
  Matrix<Real> t(a.columns, a.rows);
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < a.columns; ++j) t.at(j, i) = a.at(i, j);
  return t;
}

template <class Real>
Matrix<Real> operator*(const Matrix<Real>& a, const Matrix<Real>& b) {
  Matrix<Real> c(a.rows, b.columns);
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t p = 0; p < a.columns; ++p)  // for each c, ascending p: a plain running sum
      for (int64_t j = 0; j < b.columns; ++j) c.at(i, j) += a.at(i, p) * b.at(p, j);
  return c;
}

template <class Real>
Matrix<Real> operator*(Real s, Matrix<Real> a) {
  for (Real& x : a.data) x *= s;
  return a;
}

}  // namespace innate::reference
