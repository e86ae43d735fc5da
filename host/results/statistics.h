#pragma once

#include <cmath>
#include <span>

namespace innate::host {

/// Exact where all values are equal.
inline double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value - values[0];
  return values[0] + sum / static_cast<double>(values.size());
}

/// The sample's standard deviation, with n - 1; for two values or more.
inline double sample_sd(std::span<const double> values) {
  const double center = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - center) * (value - center);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

}  // namespace innate::host
