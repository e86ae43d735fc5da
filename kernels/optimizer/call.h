// What both backends share (formulas: optimizer.h).
#pragma once

#include "innate/kernels/optimizer.h"

namespace innate::optimizer {

/// The constants of one Adam step, computed once on the host in double precision.
struct AdamStep {
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float first_correction;   // 1 / (1 - beta1^t)
  float second_correction;  // 1 / sqrt(1 - beta2^t)
  float epsilon;
};

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
