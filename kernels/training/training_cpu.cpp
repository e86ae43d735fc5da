#include "kernels/apply/apply_cpu.h"
#include "kernels/basis/basis_cpu.h"
#include "kernels/batch/batch_cpu.h"
#include "kernels/classifier/classifier_cpu.h"
#include "kernels/core/parallel.h"
#include "kernels/dense/dense_cpu.h"
#include "kernels/expression/expression_cpu.h"
#include "kernels/optimizer/optimizer_cpu.h"
#include "kernels/training/call.h"

namespace innate::training::cpu {

namespace {

void forward_and_back(const Call& call, const Calls& calls) {
  const int rows = call.shape.rows;
  const bool dense = is_dense(call.shape.encoding), basis = call.shape.encoding == Encoding::random_basis;
  if (dense) {
    dense::cpu::forward_rows(calls.dense, 0, 0, rows);
  } else if (basis) {
    basis::cpu::prepare(calls.basis);
    basis::cpu::forward_rows(calls.basis, 0, rows);
  } else {
    apply::cpu::prepare(calls.apply);
    apply::cpu::forward_rows(calls.apply, 0, rows);
  }
  classifier::cpu::cross_entropy(calls.classifier, 0);
  if (dense)
    dense::cpu::backward(calls.dense, 0);
  else if (basis)
    basis::cpu::backward(calls.basis);
  else
    apply::cpu::backward(calls.apply);
}

void update(const Call& call, const optimizer::Call& optimizer) {
  if (is_adam(call))
    optimizer::cpu::adam(optimizer, 0);
  else
    optimizer::cpu::sgd(optimizer, 0);
}

/// An intrinsic dimension's way back, update and next development, some numbers at a time: each line of R is
/// read from memory once a step, and comes from the cache the second time.
void sweep(const Call& call, const Calls& calls) {
  constexpr int64_t kNumbers = 8;
  const optimizer::Call& whole = calls.optimizer;
  for (int64_t first = 0; first < whole.shape.parameters.most; first += kNumbers) {
    basis::cpu::combine_backward(calls.combination, 0, first, kNumbers);
    optimizer::Call part = whole;
    part.shape.parameters.most = basis::least(kNumbers, whole.shape.parameters.most - first);
    part.gradient.data += first, part.parameters.data += first, part.m.data += first;
    if (is_adam(call)) part.v.data += first;
    update(call, part);
    basis::cpu::combine(calls.combination, 0, first, kNumbers);
  }
}

void step(const Call& call, const Calls& calls) {
  const bool spatial = call.shape.encoding == Encoding::spatial_gem;
  batch::cpu::choose(calls.batch, 0);
  if (spatial) {
    expression::cpu::profiles(calls.expression, 0);
    expression::cpu::expand(calls.expression, 0);
  }
  forward_and_back(call, calls);
  if (call.shape.encoding == Encoding::intrinsic_dimension) return sweep(call, calls);
  if (spatial) {
    expression::cpu::expand_backward(calls.expression, 0);
    expression::cpu::profiles_backward(calls.expression, 0);
  }
  update(call, calls.optimizer);
}

}  // namespace

void run(Context& context, const Call& call) {
  parallel_for(call.shape.replicas, context.threads(), [&](int64_t i) {
    const int replica = static_cast<int>(i);
    Places places{nullptr, 0, call.workspace + i * call.stride, 0};
    const Arrays arrays = lay_out(call, replica, call.shape.genes[replica], &places);
    Calls calls;
    assemble(call, replica, arrays, &calls);
    if (call.shape.encoding == Encoding::intrinsic_dimension)
      basis::cpu::combine(calls.combination, 0, 0, arrays.genes);
    for (int64_t s = call.first; s < call.first + call.count; ++s) {
      set_step(call, s, &calls);
      step(call, calls);
    }
  });
}

}  // namespace innate::training::cpu
