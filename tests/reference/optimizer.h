// Adam and gradient descent with momentum as in the contract (innate/kernels/optimizer.h), parameter by
// parameter. What depends on the step alone is computed in double, also for the naive loop: nobody computes
// powers of beta in float.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace innate::reference::optimizer {

template <class Real>
void adam(double beta1, double beta2, double epsilon, Real rate, int64_t step,
          const std::vector<Real>& gradient, std::vector<Real>& m, std::vector<Real>& v,
          std::vector<Real>& parameters) {
  const Real b1 = static_cast<Real>(beta1), rest1 = static_cast<Real>(1 - beta1);
  const Real b2 = static_cast<Real>(beta2), rest2 = static_cast<Real>(1 - beta2);
  const Real first = static_cast<Real>(1 - std::pow(beta1, static_cast<double>(step)));
  const Real second = static_cast<Real>(std::sqrt(1 - std::pow(beta2, static_cast<double>(step))));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    m[i] = b1 * m[i] + rest1 * gradient[i];
    v[i] = b2 * v[i] + rest2 * (gradient[i] * gradient[i]);
    parameters[i] -= rate / first * m[i] / (std::sqrt(v[i]) / second + static_cast<Real>(epsilon));
  }
}

template <class Real>
void sgd(double momentum, Real rate, const std::vector<Real>& gradient, std::vector<Real>& velocity,
         std::vector<Real>& parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    velocity[i] = static_cast<Real>(momentum) * velocity[i] + gradient[i];
    parameters[i] -= rate * velocity[i];
  }
}

}  // namespace innate::reference::optimizer
