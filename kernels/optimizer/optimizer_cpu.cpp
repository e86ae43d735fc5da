// The optimizer on the CPU: one replica a core, 16 parameters at once.
#include <cstdint>

#include "kernels/core/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/optimizer/optimizer_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/core/dispatch.h"
#include "kernels/core/parallel.h"
#include "kernels/core/simd.h"
#include "kernels/optimizer/optimizer_cpu.h"

HWY_BEFORE_NAMESPACE();
namespace innate::optimizer {
namespace HWY_NAMESPACE {
using namespace innate::HWY_NAMESPACE;  // NOLINT: Lanes and its formulas, of this target

#define INNATE_FORMULA HWY_INLINE
#include "kernels/optimizer/formulas.inc"
#undef INNATE_FORMULA

void adam_one(const Call& call, int i) {
  const int64_t size = call.shape.parameters[i];
  const float* gradient = call.gradient[i];
  float *m = call.m[i], *v = call.v[i], *parameters = call.parameters[i];
  for (int64_t e = 0; e < size; e += 16) {
    const int count = static_cast<int>(size - e < 16 ? size - e : 16);
    Lanes first = Lanes::load(m + e, count), second = Lanes::load(v + e, count),
          p = Lanes::load(parameters + e, count);
    adam_update(call.adam, call.rate[i], Lanes::load(gradient + e, count), &first, &second, &p);
    first.store(m + e, count);
    second.store(v + e, count);
    p.store(parameters + e, count);
  }
}

void sgd_one(const Call& call, int i) {
  const int64_t size = call.shape.parameters[i];
  const float* gradient = call.gradient[i];
  float *velocity = call.m[i], *parameters = call.parameters[i];
  for (int64_t e = 0; e < size; e += 16) {
    const int count = static_cast<int>(size - e < 16 ? size - e : 16);
    Lanes moved = Lanes::load(velocity + e, count), p = Lanes::load(parameters + e, count);
    sgd_update(call.momentum, call.rate[i], Lanes::load(gradient + e, count), &moved, &p);
    moved.store(velocity + e, count);
    p.store(parameters + e, count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::optimizer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::optimizer {

INNATE_EXPORT(adam_one);
INNATE_EXPORT(sgd_one);

void cpu::adam(const Call& call, int replica) { INNATE_DISPATCH(adam_one)(call, replica); }
void cpu::sgd(const Call& call, int replica) { INNATE_DISPATCH(sgd_one)(call, replica); }

void cpu::adam(Context& context, const Call& call) {
  parallel_for(call.shape.replicas, context.threads(), [&](int64_t i) { adam(call, static_cast<int>(i)); });
}

void cpu::sgd(Context& context, const Call& call) {
  parallel_for(call.shape.replicas, context.threads(), [&](int64_t i) { sgd(call, static_cast<int>(i)); });
}

}  // namespace innate::optimizer
#endif  // HWY_ONCE
