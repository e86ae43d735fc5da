#include "kernels/optimizer/optimizer.cuh"

namespace innate::optimizer::cuda {

namespace {

constexpr int kThreads = 256;

template <bool Adam>
__global__ void __launch_bounds__(kThreads) step_kernel(Call call, int first) {
  step<Adam>(call, first + static_cast<int>(blockIdx.z),
             static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x,
             static_cast<int64_t>(gridDim.x) * kThreads);
}

void run(Context& context, const Call& call, void (*kernel)(Call, int)) {
  const int64_t blocks = ceil_div(call.shape.parameters.most, kThreads);
  for_replica_pieces(call.shape.replicas, [&](int first, int count) {
    launch(stream_of(context), kernel,
           dim3(static_cast<unsigned>(blocks < 1024 ? blocks : 1024), 1, static_cast<unsigned>(count)),
           dim3(kThreads), 0, call, first);
  });
}

}  // namespace

void adam(Context& context, const Call& call) { run(context, call, step_kernel<true>); }
void sgd(Context& context, const Call& call) { run(context, call, step_kernel<false>); }

}  // namespace innate::optimizer::cuda
