#include "kernels/apply/apply_cpu.h"
#include "kernels/batch/batch_cpu.h"
#include "kernels/classifier/classifier_cpu.h"
#include "kernels/core/parallel.h"
#include "kernels/dense/dense_cpu.h"
#include "kernels/expression/expression_cpu.h"
#include "kernels/optimizer/optimizer_cpu.h"
#include "kernels/training/call.h"

namespace innate::training::cpu {

namespace {

void step(const Call& call, Calls& calls) {
  const bool direct = call.shape.encoding == Encoding::direct,
             spatial = call.shape.encoding == Encoding::spatial_gem;
  batch::cpu::choose(calls.batch, 0);
  if (spatial) {
    expression::cpu::profiles(calls.expression, 0);
    expression::cpu::expand(calls.expression, 0);
  }
  if (direct) {
    dense::cpu::forward_rows(calls.dense, 0, 0, call.shape.rows);
  } else {
    apply::cpu::prepare(calls.apply);
    apply::cpu::forward_rows(calls.apply, 0, call.shape.rows);
  }
  classifier::cpu::cross_entropy(calls.classifier, 0);
  if (direct)
    dense::cpu::backward(calls.dense, 0);
  else
    apply::cpu::backward(calls.apply);
  if (spatial) {
    expression::cpu::expand_backward(calls.expression, 0);
    expression::cpu::profiles_backward(calls.expression, 0);
  }
  if (is_adam(call))
    optimizer::cpu::adam(calls.optimizer, 0);
  else
    optimizer::cpu::sgd(calls.optimizer, 0);
}

}  // namespace

void run(Context& context, const Call& call) {
  parallel_for(call.shape.replicas, context.threads(), [&](int64_t i) {
    const int replica = static_cast<int>(i);
    Places places{nullptr, 0, call.workspace + i * call.stride, 0};
    const Arrays arrays = lay_out(call, replica, call.shape.genes[replica], &places);
    Calls calls;
    assemble(call, replica, arrays, &calls);
    for (int64_t s = call.first; s < call.first + call.count; ++s) {
      set_step(call, s, &calls);
      step(call, calls);
    }
  });
}

}  // namespace innate::training::cpu
