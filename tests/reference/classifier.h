// Softmax cross-entropy as in the contract (innate/kernels/classifier.h).
#pragma once

#include <cmath>
#include <limits>

#include "tests/reference/matrix.h"

namespace innate::reference::classifier {

template <class Real>
struct Result {
  Matrix<Real> dlogits;
  Real loss = 0;
  int correct = 0;
};

/// NaN logits and labels out of range are not handled here.
template <class Real>
Result<Real> cross_entropy(const Matrix<Real>& z, const std::vector<uint8_t>& labels) {
  Result<Real> result{Matrix<Real>(z.rows, z.columns), 0, 0};
  for (int64_t i = 0; i < z.rows; ++i) {
    const int64_t label = labels[static_cast<std::size_t>(i)];
    int64_t best = 0;
    for (int64_t c = 0; c < z.columns; ++c)
      if (z.at(i, c) > z.at(i, best)) best = c;
    result.correct += best == label;
    Real sum = 0;
    for (int64_t c = 0; c < z.columns; ++c) sum += std::exp(z.at(i, c) - z.at(i, best));
    for (int64_t c = 0; c < z.columns; ++c) {
      const Real p = std::exp(z.at(i, c) - z.at(i, best)) / sum;
      result.dlogits.at(i, c) = (p - Real(c == label)) / static_cast<Real>(z.rows);
    }
    result.loss += std::log(sum) - (z.at(i, label) - z.at(i, best));  // -log p[label]
  }
  result.loss /= static_cast<Real>(z.rows);
  return result;
}

}  // namespace innate::reference::classifier
