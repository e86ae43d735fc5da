// Activations as in the contract (innate/kernels/activation.h), number by number.
#pragma once

#include <cmath>
#include <string>

namespace innate::reference::activation {

template <class Real>
Real value(const std::string& function, Real x) {
  if (function == "relu") return x < Real(0) ? Real(0) : x;
  if (function == "tanh") return std::tanh(x);
  if (function == "sigmoid") return Real(1) / (Real(1) + std::exp(-x));
  return x;
}

/// f'(x), from y = f(x).
template <class Real>
Real slope(const std::string& function, Real y) {
  if (function == "relu") return y > Real(0) ? Real(1) : Real(0);
  if (function == "tanh") return Real(1) - y * y;
  if (function == "sigmoid") return y * (Real(1) - y);
  return Real(1);
}

}  // namespace innate::reference::activation
