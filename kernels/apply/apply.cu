// Apply on CUDA, composed: the stages of plan.h one launch after the other, all replicas in each. A replica
// whose order does not take a stage leaves its blocks at once.
#include "kernels/apply/plan.h"
#include "kernels/core/columns.cuh"
#include "kernels/core/gemm.cuh"

namespace innate::apply::cuda {

namespace {

template <Stage stage>
struct Source {
  Call call;
  __device__ gemm::Product operator()(int replica) const { return product(stage, call(replica)); }
};

/// Whether any replica takes the stage, and the largest C among those that do.
bool most(const Call& call, Stage stage, int64_t* m, int64_t* n) {
  *m = *n = 0;
  const int distinct = call.shape.genes.host ? call.shape.replicas : 1;
  for (int i = 0; i < distinct; ++i) {
    Call host = call;  // sizes only: pointers of the device are not read
    host.factors.scale = nullptr;
    host.inputs = {};
    host.shape.genes.each = call.shape.genes.host;
    for (auto* view : {&host.factors.x, &host.factors.o, &host.factors.y, &host.factors.bias, &host.dy})
      view->offset = nullptr;
    for (auto* view : {&host.outputs, &host.gradients.x, &host.gradients.o, &host.gradients.y,
                       &host.gradients.bias, &host.gradients.inputs})
      view->offset = nullptr;
    const gemm::Product p = product(stage, host(i));
    *m = larger(*m, p.m);
    *n = larger(*n, p.n);
  }
  return *m > 0;
}

template <Stage stage>
void run(Context& context, const Call& call) {
  int64_t m, n;
  if (!most(call, stage, &m, &n)) return;
  if constexpr (reads_inputs(stage)) {
    if (!call.inputs.values)
      return gemm::run<uint8_t, transposes_a(stage), transposes_b(stage)>(
          stream_of(context), call.shape.replicas, m, n, Source<stage>{call});
  }
  gemm::run<float, transposes_a(stage), transposes_b(stage)>(stream_of(context), call.shape.replicas, m, n,
                                                             Source<stage>{call});
}

}  // namespace

void forward(Context& context, const Call& call) {
  run<Stage::v>(context, call);
  run<Stage::t>(context, call);
  run<Stage::u>(context, call);
  run<Stage::w>(context, call);
  run<Stage::out_genes>(context, call);
  run<Stage::out_interaction>(context, call);
  run<Stage::out_weights>(context, call);
}

void backward(Context& context, const Call& call) {
  run<Stage::du>(context, call);
  run<Stage::dy_genes>(context, call);
  run<Stage::do_genes>(context, call);
  run<Stage::dt_genes>(context, call);
  run<Stage::dv>(context, call);
  run<Stage::dt>(context, call);
  run<Stage::dw>(context, call);
  run<Stage::dx>(context, call);
  run<Stage::dx_weights>(context, call);
  run<Stage::dv_weights>(context, call);
  run<Stage::do_v>(context, call);
  run<Stage::dy_v>(context, call);
  run<Stage::da>(context, call);
  run<Stage::da_weights>(context, call);
  if (call.gradients.bias)
    columns::sum(stream_of(context), call.shape.replicas, call.shape.rows, call.shape.outputs, call.dy,
                 call.gradients.bias);
}

}  // namespace innate::apply::cuda
