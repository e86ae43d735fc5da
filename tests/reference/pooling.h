// Pooling as in the contract (innate/kernels/pooling.h), window by window.
#pragma once

#include <string>

#include "tests/reference/matrix.h"

namespace innate::reference::pooling {

struct Map {
  int64_t height, width, channels, window_height, window_width;
  int64_t down() const { return height / window_height; }
  int64_t across() const { return width / window_width; }
  int64_t numbers() const { return window_height * window_width; }

  /// Row of the map's array of number k of window (i, j).
  int64_t row(int64_t i, int64_t j, int64_t k, int64_t c) const {
    const int64_t h = i * window_height + k / window_width, w = j * window_width + k % window_width;
    return (h * width + w) * channels + c;
  }
};

/// each(i, j, c, column, row of the pooled array)
template <class Each>
void windows(const Map& map, int64_t columns, const Each& each) {
  for (int64_t i = 0; i < map.down(); ++i)
    for (int64_t j = 0; j < map.across(); ++j)
      for (int64_t c = 0; c < map.channels; ++c)
        for (int64_t column = 0; column < columns; ++column)
          each(i, j, c, column, (i * map.across() + j) * map.channels + c);
}

/// The first of the largest.
template <class Real>
int64_t largest(const Map& map, const Matrix<Real>& in, int64_t i, int64_t j, int64_t c, int64_t column) {
  int64_t best = 0;
  for (int64_t k = 1; k < map.numbers(); ++k)
    if (in.at(map.row(i, j, k, c), column) > in.at(map.row(i, j, best, c), column)) best = k;
  return best;
}

template <class Real>
Matrix<Real> forward(const std::string& function, const Map& map, const Matrix<Real>& in) {
  Matrix<Real> out(map.down() * map.across() * map.channels, in.columns);
  windows(map, in.columns, [&](int64_t i, int64_t j, int64_t c, int64_t column, int64_t to) {
    if (function == "max") {
      out.at(to, column) = in.at(map.row(i, j, largest(map, in, i, j, c, column), c), column);
      return;
    }
    Real sum = 0;
    for (int64_t k = 0; k < map.numbers(); ++k) sum += in.at(map.row(i, j, k, c), column);
    out.at(to, column) = sum / static_cast<Real>(map.numbers());
  });
  return out;
}

template <class Real>
Matrix<Real> d_in(const std::string& function, const Map& map, const Matrix<Real>& in,
                  const Matrix<Real>& dout) {
  Matrix<Real> d(in.rows, in.columns);
  windows(map, in.columns, [&](int64_t i, int64_t j, int64_t c, int64_t column, int64_t from) {
    if (function == "max") {
      d.at(map.row(i, j, largest(map, in, i, j, c, column), c), column) = dout.at(from, column);
      return;
    }
    for (int64_t k = 0; k < map.numbers(); ++k)
      d.at(map.row(i, j, k, c), column) = dout.at(from, column) / static_cast<Real>(map.numbers());
  });
  return d;
}

}  // namespace innate::reference::pooling
