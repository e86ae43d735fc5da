#include "innate/kernels/optimizer.h"

#include "kernels/core/choose.h"
#include "kernels/optimizer/call.h"

namespace innate::optimizer {

namespace {

using Run = void(Context&, const Calls&);
constexpr Implementation<Run> kAdam[] =
    INNATE_IMPLEMENTATIONS(adam, "cuda, one parameter a thread", "cpu, 16 parameters at once");
constexpr Implementation<Run> kSgd[] =
    INNATE_IMPLEMENTATIONS(sgd, "cuda, one parameter a thread", "cpu, 16 parameters at once");

void check(const char* entry, const Shape& shape, const float* rate, bool arrays) {
  require_positive(entry, "replicas", shape.replicas);
  require_extents(entry, "parameters", shape.parameters, shape.replicas);
  require(rate != nullptr && arrays, entry, ": a pointer is null");
}

}  // namespace

void adam(Context& context, const Shape& shape, const Adam& s, const float* rate, int64_t step,
          Ragged<const float> gradient, Ragged<float> m, Ragged<float> v, Ragged<float> parameters) {
  check("optimizer/adam", shape, rate, gradient && m && v && parameters);
  require(step >= 1, "optimizer/adam: step is ", step, ", must be at least 1");
  run_first("optimizer/adam", kAdam, context, "",
            Calls{shape, rate, gradient, m, v, parameters, adam_step(s, step), 0.0f});
}

void sgd(Context& context, const Shape& shape, const Sgd& settings, const float* rate,
         Ragged<const float> gradient, Ragged<float> velocity, Ragged<float> parameters) {
  check("optimizer/sgd", shape, rate, gradient && velocity && parameters);
  run_first(
      "optimizer/sgd", kSgd, context, "",
      Calls{shape, rate, gradient, velocity, {}, parameters, {}, static_cast<float>(settings.momentum)});
}

}  // namespace innate::optimizer
