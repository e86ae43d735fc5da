// Expression of one channel as in the contract (innate/kernels/expression.h), by the chain rule one step
// after the other, and how channels lie in an array of all of them.
#pragma once

#include <cmath>

#include "tests/reference/matrix.h"

namespace innate::reference::expression {

/// Place i of `count` equal steps from -1 to 1.
template <class Real>
Real place(int64_t i, int64_t count) {
  return count == 1 ? Real(0) : Real(-1) + Real(2) * static_cast<Real>(i) / static_cast<Real>(count - 1);
}

/// The profile along one axis: count x G, from the row of centres m and the row of steepnesses q.
template <class Real>
Matrix<Real> profile(int64_t count, const std::vector<Real>& m, const std::vector<Real>& q) {
  const int64_t genes = static_cast<int64_t>(m.size());
  Matrix<Real> u(count, genes);
  for (int64_t i = 0; i < count; ++i)
    for (int64_t g = 0; g < genes; ++g) {
      const std::size_t at = static_cast<std::size_t>(g);
      const Real distance = place<Real>(i, count) - std::tanh(m[at]);
      const Real inverse_width = std::exp(q[at]);
      u.at(i, g) = std::exp(-(distance * distance) * (inverse_width * inverse_width));
    }
  return u;
}

/// Adds to dm and dq what the gradient du of one axis' profile u says.
template <class Real>
void profile_backward(const std::vector<Real>& m, const std::vector<Real>& q, const Matrix<Real>& u,
                      const Matrix<Real>& du, std::vector<Real>& dm, std::vector<Real>& dq) {
  for (int64_t g = 0; g < u.columns; ++g) {
    const std::size_t at = static_cast<std::size_t>(g);
    const Real centre = std::tanh(m[at]), inverse_width = std::exp(q[at]);
    for (int64_t i = 0; i < u.rows; ++i) {
      const Real z = (place<Real>(i, u.rows) - centre) * inverse_width;  // u = e^(-z^2)
      const Real dz = du.at(i, g) * u.at(i, g) * (Real(-2) * z);
      dm[at] +=
          dz * -inverse_width * (Real(1) - centre * centre);  // dz/dcentre = -e^q, dtanh/dm = 1 - tanh^2
      dq[at] += dz * z;                                       // dz/dq = z
    }
  }
}

/// X[(h, w), g] = u[h, g] v[w, g]
template <class Real>
Matrix<Real> expand(const Matrix<Real>& u, const Matrix<Real>& v) {
  Matrix<Real> x(u.rows * v.rows, u.columns);
  for (int64_t h = 0; h < u.rows; ++h)
    for (int64_t w = 0; w < v.rows; ++w)
      for (int64_t g = 0; g < u.columns; ++g) x.at(h * v.rows + w, g) = u.at(h, g) * v.at(w, g);
  return x;
}

template <class Real>
void expand_backward(const Matrix<Real>& u, const Matrix<Real>& v, const Matrix<Real>& dx, Matrix<Real>& du,
                     Matrix<Real>& dv) {
  for (int64_t h = 0; h < u.rows; ++h)
    for (int64_t w = 0; w < v.rows; ++w)
      for (int64_t g = 0; g < u.columns; ++g) {
        du.at(h, g) += dx.at(h * v.rows + w, g) * v.at(w, g);
        dv.at(w, g) += dx.at(h * v.rows + w, g) * u.at(h, g);
      }
}

/// Channel c of `all` (rows x C x G), as rows x G.
template <class Real>
Matrix<Real> channel(const std::vector<Real>& all, int64_t rows, int64_t channels, int64_t genes, int64_t c) {
  Matrix<Real> one(rows, genes);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t g = 0; g < genes; ++g)
      one.at(i, g) = all[static_cast<std::size_t>((i * channels + c) * genes + g)];
  return one;
}

/// The reverse: writes one channel into `all`, which is made as large as it has to be.
template <class Real>
void put_channel(const Matrix<Real>& one, int64_t channels, int64_t c, std::vector<Real>& all) {
  all.resize(static_cast<std::size_t>(one.rows * channels * one.columns));
  for (int64_t i = 0; i < one.rows; ++i)
    for (int64_t g = 0; g < one.columns; ++g)
      all[static_cast<std::size_t>((i * channels + c) * one.columns + g)] = one.at(i, g);
}

}  // namespace innate::reference::expression
