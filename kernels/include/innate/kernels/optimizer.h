// Optimizer: one step of gradient descent on every replica's parameters, each with its own rate.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::optimizer {

struct Shape {
  int replicas = 0;
  Extents parameters;
};

/// Kingma & Ba 2015, algorithm 1, with the bias corrections applied as PyTorch does:
///   m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2,  p -= rate / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t)
///   + eps)
/// beta1 and beta2: 0 to below 1; epsilon: above 0 and finite as a float.
struct Adam {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
};

/// v = momentum v + g,  p -= rate v
/// momentum: 0 to below 1.
struct Sgd {
  double momentum = 0.0;
};

/// What a rate is multiplied with at step t (0 for the first):
///   constant  1
///   cosine    to + (1 - to) (1 + cos(pi t / steps)) / 2, and `to` from step `steps` on (Loshchilov & Hutter 2017)
///   step      by^floor(t / steps)
struct Schedule {
  enum class Kind { constant, cosine, step } kind = Kind::constant;
  int64_t steps = 1;
  double to = 0.0, by = 1.0;
};

/// Updates parameters, m and v from gradient. rate: one a replica, in memory of the context, finite and not
/// negative (looked at with INNATE_CHECK only). step: 1 for the first. m and v begin as zeros. Nothing may
/// alias; no workspace. Throws Error on sizes that are not positive, null pointers, settings out of their
/// range, replicas that share an array that is written, or step < 1.
INNATE_API void adam(Context& context, const Shape& shape, const Adam& settings, const float* rate,
                     int64_t step, Ragged<const float> gradient, Ragged<float> m, Ragged<float> v,
                     Ragged<float> parameters);

/// Updates parameters and velocity from gradient. velocity begins as zeros. Errors as for `adam`.
INNATE_API void sgd(Context& context, const Shape& shape, const Sgd& settings, const float* rate,
                    Ragged<const float> gradient, Ragged<float> velocity, Ragged<float> parameters);

}  // namespace innate::optimizer
