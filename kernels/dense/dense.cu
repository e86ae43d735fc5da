#include "kernels/core/entry_products.cuh"
#include "kernels/dense/call.h"

namespace innate::dense::cuda {

namespace {

/// One of the at most three calls that an entry makes for a replica.
template <class Wanted, bool Backward>
struct Source {
  Calls calls;
  int number;
  __device__ Wanted operator()(int replica) const {
    gemm::Pick<Wanted> picked{number};
    const auto pick = [&picked](const auto& one) { picked(one); };
    if constexpr (Backward)
      dense::backward(calls.of(replica), pick);
    else
      dense::forward(calls.of(replica), pick);
    return picked.found;
  }
};

template <bool Backward>
void product(Context& context, const Calls& calls, int number, Precision precision, int64_t m, int64_t n,
             int64_t k) {
  gemm::Blocks blocks;
  blocks.add(precision, m, n, k);
  gemm::launch_products(stream_of(context), calls.shape.replicas, blocks,
                        Source<gemm::Product, Backward>{calls, number});
}

/// Of products with the inputs, which are pixels where they are not floats.
Precision of_inputs(const Calls& calls) {
  return calls.inputs.values ? calls.shape.precision : Precision::exact;
}

}  // namespace

void forward(Context& context, const Calls& calls) {
  const Shape& s = calls.shape;
  product<false>(context, calls, 0, of_inputs(calls), s.rows, s.outputs, s.inputs);
}

void backward(Context& context, const Calls& calls) {
  const Shape& s = calls.shape;
  int number = 0;
  if (calls.gradients.weights)
    product<true>(context, calls, number++, of_inputs(calls), s.inputs, s.outputs, s.rows);
  if (calls.gradients.inputs) product<true>(context, calls, number, s.precision, s.rows, s.inputs, s.outputs);
  if (calls.gradients.bias)
    each_element<gemm::SumRows<64>>(stream_of(context), s.replicas, s.outputs,
                                    Source<gemm::RowSum, true>{calls, 0});
}

}  // namespace innate::dense::cuda
