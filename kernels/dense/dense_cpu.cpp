#include "kernels/core/products_cpu.h"
#include "kernels/dense/call.h"

namespace innate::dense::cpu {

void forward(Context& context, const Calls& calls) {
  gemm::run_products(calls.shape.replicas, context.threads(),
                     [&calls](int i, const auto& each) { dense::forward(calls.of(i), each); });
}

void backward(Context& context, const Calls& calls) {
  gemm::run_products(calls.shape.replicas, context.threads(),
                     [&calls](int i, const auto& each) { dense::backward(calls.of(i), each); });
}

}  // namespace innate::dense::cpu
