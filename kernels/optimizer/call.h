// What both backends and programs share (formulas: optimizer.h).
#pragma once

#include <cmath>

#include "innate/kernels/optimizer.h"
#include "kernels/core/operands.h"

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

/// Writes the constants of step *clock + 1.
struct Constants {
  Adam settings;
  const int64_t* clock;
  AdamStep* to;

  INNATE_HD void run() const { *to = adam_step(settings, *clock + 1); }
};

/// cos(pi x) for x from 0 to 1: 1 - 2 sin^2(pi x / 2) by sin's series, 1e-11 off at most; the same bits on
/// the host and on devices.
INNATE_HD double cosine_of_turn(double x) {
  const double a = 1.5707963267948966 * x, square = a * a;
  double term = a, sine = a;
  for (int n = 3; n < 18; n += 2) {
    term = -(term * square) / static_cast<double>(n * (n - 1));
    sine = sine + term;
  }
  return 1.0 - 2.0 * (sine * sine);
}

INNATE_HD double share_of_rate(const Schedule& s, int64_t t) {
  if (s.kind == Schedule::Kind::step) return power(s.by, t / s.steps);
  if (s.kind == Schedule::Kind::constant) return 1.0;
  const double done = static_cast<double>(smaller(t, s.steps)) / static_cast<double>(s.steps);
  return s.to + (1.0 - s.to) * 0.5 * (1.0 + cosine_of_turn(done));
}

/// Writes the rate of step *clock.
struct Scheduled {
  Schedule schedule;
  const int64_t* clock;
  const float* rate;
  float* to;

  INNATE_HD void run() const {
    *to = static_cast<float>(static_cast<double>(*rate) * share_of_rate(schedule, *clock));
  }
};

/// One replica's step. sgd: m is the velocity, and neither v nor step_at is read.
struct Call {
  int64_t count;
  const float* rate;
  const float* gradient;
  float *m, *v, *parameters;
  const AdamStep* step_at;  // null: `step`
  AdamStep step;
  float momentum;

  INNATE_HD AdamStep constants() const { return step_at ? *step_at : step; }
};

/// Parameters `first` to first + count - 1.
INNATE_HD Call strip_of(Call c, int64_t first, int64_t count) {
  c.count = count;
  c.gradient += first, c.m += first, c.parameters += first;
  if (c.v) c.v += first;
  return c;
}

template <class Visit>
INNATE_HD void operands(Constants& c, Visit&& visit) {
  visit.in(c.clock, 1, 1);
  visit.out(c.to, 1);
}
template <class Visit>
INNATE_HD void operands(Call& c, Visit&& visit) {
  visit.in(c.rate, 1, 1);
  visit.in(c.step_at, 1, 1);
  visit.in(c.gradient, c.count, 1);
  visit.both(c.m, c.count);
  if (c.v) visit.both(c.v, c.count);
  visit.both(c.parameters, c.count);
}
template <class Visit>
INNATE_HD void operands(Scheduled& c, Visit&& visit) {
  visit.in(c.clock, 1, 1);
  visit.in(c.rate, 1, 1);
  visit.out(c.to, 1);
}
INNATE_HD Cost cost(const Constants&) { return {40, 40}; }
INNATE_HD Cost cost(const Scheduled&) { return {60, 16}; }
INNATE_HD Cost cost(const Call& c) {
  const double count = static_cast<double>(c.count);
  return {10 * count, (c.v ? 28 : 20) * count};
}

/// The calls of an entry's replicas, as they are handed to a backend.
struct Calls {
  Shape shape;
  const float* rate;
  Ragged<const float> gradient;
  Ragged<float> m, v, parameters;
  AdamStep step;
  float momentum;

  INNATE_HD Call operator()(int i) const {
    return {shape.parameters[i], rate + i, gradient[i], m[i],    views::of(v, i, false),
            parameters[i],       nullptr,  step,        momentum};
  }
};

namespace cpu {
void adam(Context& context, const Calls& calls);
void sgd(Context& context, const Calls& calls);

// One replica on one core.
void adam(const Call& call);
void sgd(const Call& call);
}  // namespace cpu
namespace cuda {
void adam(Context& context, const Calls& calls);
void sgd(Context& context, const Calls& calls);
}  // namespace cuda

}  // namespace innate::optimizer
