#include "innate/kernels/dropout.h"

#include "kernels/activation/dropout_call.h"
#include "kernels/core/choose.h"
#include "kernels/core/given.h"
#include "kernels/core/parallel.h"

namespace innate::dropout {

namespace {

using Run = void(Context&, const Calls&);
constexpr Implementation<Run> kApply[] =
    INNATE_IMPLEMENTATIONS(apply, "cuda, four numbers a thread", "cpu, four numbers a draw");

void check(const char* entry, const Shape& shape) {
  require_positive(entry, "replicas", shape.replicas);
  require(possible(shape.rate), entry, ": rate is ", shape.rate, ", must be 0 to 1 - 2^-16");
}

}  // namespace

void apply(Context& context, const Shape& shape, const uint64_t* seeds, const int64_t* steps,
           Ragged<const float> in, Ragged<float> out) {
  const char* entry = "dropout/apply";
  check(entry, shape);
  Given given(context, entry, shape.replicas);
  Calls calls{shape, dropped(shape.rate), seeds, steps, in, out};
  calls.shape.elements = given.extents("elements", shape.elements);
  require_pointer(entry, "seeds", seeds != nullptr);
  require_pointer(entry, "steps", steps != nullptr);
  given.each("seeds", seeds).each("steps", steps);
  const Elements count(1, &shape.elements);
  given.in("in", in, count).out("out", out, count).separate("out", "in");
  run_first(entry, kApply, context, "", calls);
}

void cpu::apply(const Call& call, int64_t first, int64_t end) {
  const uint64_t base = call.base();
  const float factor = call.factor();
  for (int64_t group = first; group < end; ++group) call.run(base, factor, group);
}

void cpu::apply(Context& context, const Calls& calls) {
  parallel_for(calls.shape.replicas, context.threads(), [&](int64_t i) {
    const Call call = calls(static_cast<int>(i));
    apply(call, 0, call.groups());
  });
}

}  // namespace innate::dropout
