// The naive float32 loop that every kernel's error is measured by: the reference's own loops with every
// number and every sum a float, one rounding for a product and one for a sum, in the order of the formula,
// with the C library's functions.
#pragma once

#include <vector>

namespace innate::reference {

/// Float data as the reference takes it: `measure` in double, `naive` in float.
template <class Real>
std::vector<Real> as(const std::vector<float>& data) {
  return {data.begin(), data.end()};
}

/// And back, to be compared.
template <class Real>
std::vector<double> result(const std::vector<Real>& data) {
  return {data.begin(), data.end()};
}

using Measure = double;
using Naive = float;

}  // namespace innate::reference
