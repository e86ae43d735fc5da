#include "kernels/apply/call.h"
#include "kernels/core/products_cpu.h"

namespace innate::apply::cpu {

namespace {

/// Products with room for their transposed operands.
template <class Each>
struct Scratched {
  const Call& call;
  const Each& each;
  void operator()(gemm::Product p) const {
    p.scratch = call.scratch;
    each(p);
  }
  void operator()(const gemm::RowSum& sum) const { each(sum); }
};

Call call_of(const Calls& calls, int i) {
  return calls.of(i, cheapest(calls.shape, calls.shape.genes[i], calls.training));
}

}  // namespace

void forward(Context& context, const Calls& calls) {
  gemm::run_products(calls.shape.replicas, context.threads(), [&calls]<class Each>(int i, const Each& each) {
    const Call call = call_of(calls, i);
    apply::forward(call, Scratched<Each>{call, each});
  });
}

void backward(Context& context, const Calls& calls) {
  gemm::run_products(calls.shape.replicas, context.threads(), [&calls]<class Each>(int i, const Each& each) {
    const Call call = call_of(calls, i);
    apply::backward(call, Scratched<Each>{call, each});
  });
}

}  // namespace innate::apply::cpu
