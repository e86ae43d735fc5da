// Identities as in the contract (innate/kernels/identities.h), neuron by neuron, by the chain rule one step
// after the other.
#pragma once

#include <cmath>
#include <string>

#include "tests/reference/expression.h"
#include "tests/reference/matrix.h"

namespace innate::reference::identities {

struct Grid {
  int64_t height, width, channels, axes;
  int64_t neurons() const { return height * width * channels; }

  /// x_a of neuron n.
  template <class Real>
  Real at(int64_t n, int64_t a) const {
    const int64_t c = n % channels, w = n / channels % width, h = n / channels / width;
    return a == 0   ? expression::place<Real>(h, height)
           : a == 1 ? expression::place<Real>(w, width)
                    : expression::place<Real>(c, channels);
  }
};

/// Takes the mean of each column away.
template <class Real>
void centre(Matrix<Real>& x) {
  for (int64_t g = 0; g < x.columns; ++g) {
    Real sum = 0;
    for (int64_t n = 0; n < x.rows; ++n) sum += x.at(n, g);
    for (int64_t n = 0; n < x.rows; ++n) x.at(n, g) -= sum / static_cast<Real>(x.rows);
  }
}

/// (x_a - mu_ag) sigma_ag
template <class Real>
Real scaled(const Grid& grid, const Matrix<Real>& places, int64_t n, int64_t a, int64_t g) {
  return (grid.at<Real>(n, a) - places.at(a, g)) * places.at(grid.axes + a, g);
}

/// z of a ridge, r of the others.
template <class Real>
Real argument(const std::string& profile, const Grid& grid, const Matrix<Real>& places, int64_t n,
              int64_t g) {
  Real sum = 0;
  for (int64_t a = 0; a < grid.axes; ++a) {
    const Real t = scaled(grid, places, n, a, g);
    sum += profile == "ridge" ? t : t * t;
  }
  return sum;
}

template <class Real>
Real value(const std::string& profile, Real s) {
  if (profile == "ridge") return Real(1) / (Real(1) + s * s);
  if (profile == "bump") return Real(1) / (Real(1) + s);
  return s > Real(40) ? Real(0) : std::exp(-s);
}

/// X: N x G, from places: 2 A x G.
template <class Real>
Matrix<Real> forward(const std::string& profile, bool centred, const Grid& grid, const Matrix<Real>& places) {
  Matrix<Real> x(grid.neurons(), places.columns);
  for (int64_t n = 0; n < x.rows; ++n)
    for (int64_t g = 0; g < x.columns; ++g)
      x.at(n, g) = value(profile, argument(profile, grid, places, n, g));
  if (centred) centre(x);
  return x;
}

template <class Real>
Matrix<Real> d_places(const std::string& profile, bool centred, const Grid& grid, const Matrix<Real>& places,
                      Matrix<Real> dx) {
  if (centred) centre(dx);
  Matrix<Real> d(places.rows, places.columns);
  for (int64_t n = 0; n < dx.rows; ++n)
    for (int64_t g = 0; g < dx.columns; ++g) {
      const Real s = argument(profile, grid, places, n, g), f = value(profile, s);
      const Real ds = dx.at(n, g) * (profile == "ridge"  ? Real(-2) * s * f * f
                                     : profile == "bump" ? -f * f
                                                         : -f);
      for (int64_t a = 0; a < grid.axes; ++a) {
        const Real dt = profile == "ridge" ? ds : ds * Real(2) * scaled(grid, places, n, a, g);
        d.at(a, g) += dt * -places.at(grid.axes + a, g);
        d.at(grid.axes + a, g) += dt * (grid.at<Real>(n, a) - places.at(a, g));
      }
    }
  return d;
}

}  // namespace innate::reference::identities
