#include "innate/kernels/optimizer.h"

#include "kernels/core/choose.h"
#include "kernels/core/given.h"
#include "kernels/optimizer/call.h"

namespace innate::optimizer {

namespace {

using Run = void(Context&, const Calls&);
constexpr Implementation<Run> kAdam[] =
    INNATE_IMPLEMENTATIONS(adam, "cuda, one parameter a thread", "cpu, 16 parameters at once");
constexpr Implementation<Run> kSgd[] =
    INNATE_IMPLEMENTATIONS(sgd, "cuda, one parameter a thread", "cpu, 16 parameters at once");

void require_share(const char* entry, const char* what, double share) {
  require(share >= 0 && share < 1, entry, ": ", what, " is ", share, ", must be at least 0 and below 1");
}

/// What both entries have; sgd: m is the velocity, and there is no v.
Calls call_of(Context& context, const char* entry, const Shape& s, const float* rate,
              Ragged<const float> gradient, Ragged<float> m, Ragged<float> v, Ragged<float> parameters) {
  require_positive(entry, "replicas", s.replicas);
  Given given(context, entry, s.replicas);
  Calls call{};
  call.shape = s;
  call.shape.parameters = given.extents("parameters", s.parameters);
  const Elements count(1, &s.parameters);
  given.rates("rate", rate)
      .in("gradient", gradient, count)
      .out(v ? "m" : "velocity", m, count)
      .maybe_out("v", v, count)
      .out("parameters", parameters, count)
      .separate();
  call.rate = rate, call.gradient = gradient, call.m = m, call.v = v, call.parameters = parameters;
  return call;
}

}  // namespace

void adam(Context& context, const Shape& shape, const Adam& s, const float* rate, int64_t step,
          Ragged<const float> gradient, Ragged<float> m, Ragged<float> v, Ragged<float> parameters) {
  const char* entry = "optimizer/adam";
  require_share(entry, "beta1", s.beta1);
  require_share(entry, "beta2", s.beta2);
  const float epsilon = static_cast<float>(s.epsilon);
  require(epsilon > 0 && std::isfinite(epsilon), entry, ": epsilon is ", epsilon,
          " as a 32-bit float, must be above 0 and finite");
  require_pointer(entry, "v", static_cast<bool>(v));
  Calls call = call_of(context, entry, shape, rate, gradient, m, v, parameters);
  require(step >= 1, entry, ": step is ", step, ", must be at least 1");
  call.step = adam_step(s, step);
  run_first(entry, kAdam, context, "", call);
}

void sgd(Context& context, const Shape& shape, const Sgd& settings, const float* rate,
         Ragged<const float> gradient, Ragged<float> velocity, Ragged<float> parameters) {
  const char* entry = "optimizer/sgd";
  require_share(entry, "momentum", settings.momentum);
  Calls call = call_of(context, entry, shape, rate, gradient, velocity, {}, parameters);
  call.momentum = static_cast<float>(settings.momentum);
  run_first(entry, kSgd, context, "", call);
}

}  // namespace innate::optimizer
