#include "kernels/core/columns.cuh"
#include "kernels/core/gemm.cuh"
#include "kernels/dense/call.h"

namespace innate::dense::cuda {

namespace {

template <Stage stage>
struct Source {
  Call call;
  __device__ gemm::Product operator()(int replica) const { return product(stage, call, replica); }
};

template <Stage stage>
void run(Context& context, const Call& call, int64_t m, int64_t n) {
  if constexpr (stage != Stage::da) {
    if (!call.inputs.values)
      return gemm::run<uint8_t, transposes_a(stage), transposes_b(stage)>(
          stream_of(context), call.shape.replicas, m, n, Source<stage>{call});
  }
  gemm::run<float, transposes_a(stage), transposes_b(stage)>(stream_of(context), call.shape.replicas, m, n,
                                                             Source<stage>{call});
}

}  // namespace

void forward(Context& context, const Call& call) {
  run<Stage::out>(context, call, call.shape.rows, call.shape.outputs);
}

void backward(Context& context, const Call& call) {
  const Shape& s = call.shape;
  if (call.gradients.weights) run<Stage::dw>(context, call, s.inputs, s.outputs);
  if (call.gradients.inputs) run<Stage::da>(context, call, s.rows, s.inputs);
  if (call.gradients.bias)
    columns::sum(stream_of(context), s.replicas, s.rows, s.outputs, call.dy, call.gradients.bias);
}

}  // namespace innate::dense::cuda
