// What both backends share (formulas: optimizer.h).
#pragma once

#include <cmath>

#include "innate/kernels/optimizer.h"

namespace innate::optimizer {

/// The constants of one Adam step, computed in double precision.
struct AdamStep {
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float first_correction;   // 1 / (1 - beta1^t)
  float second_correction;  // 1 / sqrt(1 - beta2^t)
  float epsilon;
};

/// base^n by repeated squaring: the same bits on the host and on devices.
INNATE_HD double power(double base, int64_t n) {
  double result = 1.0;
  for (; n > 0; n >>= 1, base *= base)
    if (n & 1) result *= base;
  return result;
}

/// The constants of step t (1 for the first).
INNATE_HD AdamStep adam_step(const Adam& s, int64_t t) {
  return {static_cast<float>(s.beta1),
          static_cast<float>(1 - s.beta1),
          static_cast<float>(s.beta2),
          static_cast<float>(1 - s.beta2),
          static_cast<float>(1 / (1 - power(s.beta1, t))),
          static_cast<float>(1 / ::sqrt(1 - power(s.beta2, t))),
          static_cast<float>(s.epsilon)};
}

struct Call {
  Shape shape;
  const float* rate;
  Ragged<const float> gradient;
  Ragged<float> m, v, parameters;  // sgd: m is the velocity
  AdamStep adam;
  float momentum;
};

namespace cpu {
void adam(Context& context, const Call& call);
void sgd(Context& context, const Call& call);
}  // namespace cpu
namespace cuda {
void adam(Context& context, const Call& call);
void sgd(Context& context, const Call& call);
}  // namespace cuda

}  // namespace innate::optimizer
