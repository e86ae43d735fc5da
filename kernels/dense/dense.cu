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
void product(Context& context, const Calls& calls, int number, int64_t m, int64_t n) {
  each<gemm::Tiles>(stream_of(context), calls.shape.replicas, gemm::Tiles::count(m, n),
                    Source<gemm::Product, Backward>{calls, number});
}

}  // namespace

void forward(Context& context, const Calls& calls) {
  product<false>(context, calls, 0, calls.shape.rows, calls.shape.outputs);
}

void backward(Context& context, const Calls& calls) {
  const Shape& s = calls.shape;
  int number = 0;
  if (calls.gradients.weights) product<true>(context, calls, number++, s.inputs, s.outputs);
  if (calls.gradients.inputs) product<true>(context, calls, number, s.rows, s.inputs);
  if (calls.gradients.bias)
    each_element<gemm::SumRows<64>>(stream_of(context), s.replicas, s.outputs,
                                    Source<gemm::RowSum, true>{calls, 0});
}

}  // namespace innate::dense::cuda
