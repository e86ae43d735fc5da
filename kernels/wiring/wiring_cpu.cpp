#include "kernels/wiring/wiring_cpu.h"

#include "kernels/core/parallel.h"

namespace innate::wiring::cpu {

void forward(Context& context, const Call& call) {
  parallel_for(call.shape.replicas, context.threads(),
               [&](int64_t i) { forward(call, static_cast<int>(i)); });
}

void backward(Context& context, const Call& call) {
  parallel_for(call.shape.replicas, context.threads(),
               [&](int64_t i) { backward(call, static_cast<int>(i)); });
}

}  // namespace innate::wiring::cpu
