// The optimizer on the CPU: one replica a core, 16 parameters at once.
#include <cstdint>

#include "kernels/core/instruction_sets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/optimizer/optimizer_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/core/dispatch.h"
#include "kernels/core/parallel.h"
#include "kernels/core/simd.h"
#include "kernels/optimizer/call.h"

HWY_BEFORE_NAMESPACE();
namespace innate::optimizer {
namespace HWY_NAMESPACE {
using namespace innate::HWY_NAMESPACE;  // NOLINT: Lanes and its formulas, of this target

#define INNATE_FORMULA HWY_INLINE
#include "kernels/optimizer/formulas.inc"
#undef INNATE_FORMULA

void adam_one(const Call& call) {
  const AdamStep step = call.constants();
  for (int64_t e = 0; e < call.count; e += 16) {
    const int count = static_cast<int>(call.count - e < 16 ? call.count - e : 16);
    Lanes first = Lanes::load(call.m + e, count), second = Lanes::load(call.v + e, count),
          p = Lanes::load(call.parameters + e, count);
    adam_update(step, *call.rate, Lanes::load(call.gradient + e, count), &first, &second, &p);
    first.store(call.m + e, count);
    second.store(call.v + e, count);
    p.store(call.parameters + e, count);
  }
}

void sgd_one(const Call& call) {
  for (int64_t e = 0; e < call.count; e += 16) {
    const int count = static_cast<int>(call.count - e < 16 ? call.count - e : 16);
    Lanes moved = Lanes::load(call.m + e, count), p = Lanes::load(call.parameters + e, count);
    sgd_update(call.momentum, *call.rate, Lanes::load(call.gradient + e, count), &moved, &p);
    moved.store(call.m + e, count);
    p.store(call.parameters + e, count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::optimizer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::optimizer {

INNATE_EXPORT(adam_one);
INNATE_EXPORT(sgd_one);

void cpu::adam(const Call& call) { INNATE_DISPATCH(adam_one)(call); }
void cpu::sgd(const Call& call) { INNATE_DISPATCH(sgd_one)(call); }

void cpu::adam(Context& context, const Calls& calls) {
  parallel_for(calls.shape.replicas, context.threads(), [&](int64_t i) { adam(calls(static_cast<int>(i))); });
}

void cpu::sgd(Context& context, const Calls& calls) {
  parallel_for(calls.shape.replicas, context.threads(), [&](int64_t i) { sgd(calls(static_cast<int>(i))); });
}

}  // namespace innate::optimizer
#endif  // HWY_ONCE
