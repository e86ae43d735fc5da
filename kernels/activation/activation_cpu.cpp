// Activations on the CPU: 16 numbers at once.
#include <cstdint>

#include "kernels/core/instruction_sets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation/activation_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/activation/call.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/parallel.h"
#include "kernels/core/simd.h"

HWY_BEFORE_NAMESPACE();
namespace innate::activation {
namespace HWY_NAMESPACE {
using namespace innate::HWY_NAMESPACE;  // NOLINT: Lanes and its formulas, of this target

#define INNATE_FORMULA HWY_INLINE
#include "kernels/activation/formulas.inc"
#undef INNATE_FORMULA

void forward_one(const Call& call) {
  const Function function = call.function;
  for (int64_t e = 0; e < call.count; e += 16) {
    const int count = static_cast<int>(call.count - e < 16 ? call.count - e : 16);
    activated(function, Lanes::load(call.y + e, count)).store(call.y + e, count);
  }
}

void backward_one(const Call& call) {
  const Function function = call.function;
  for (int64_t e = 0; e < call.count; e += 16) {
    const int count = static_cast<int>(call.count - e < 16 ? call.count - e : 16);
    activated_backward(function, Lanes::load(call.y + e, count), Lanes::load(call.dy + e, count))
        .store(call.dy + e, count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::activation
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::activation {

INNATE_EXPORT(forward_one);
INNATE_EXPORT(backward_one);

void cpu::forward(const Call& call) { INNATE_DISPATCH(forward_one)(call); }
void cpu::backward(const Call& call) { INNATE_DISPATCH(backward_one)(call); }

void cpu::forward(Context& context, const Calls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { forward(calls(static_cast<int>(i))); });
}

void cpu::backward(Context& context, const Calls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { backward(calls(static_cast<int>(i))); });
}

}  // namespace innate::activation
#endif  // HWY_ONCE
