#include "kernels/optimizer/optimizer.cuh"

namespace innate::optimizer::cuda {

namespace {

constexpr int kThreads = 256;

template <bool Adam>
__global__ void __launch_bounds__(kThreads) step_kernel(Call call, int first) {
  const int replica = first + static_cast<int>(blockIdx.z);
  const int64_t size = call.shape.parameters[replica];
  const float rate = call.rate[replica];
  for (int64_t e = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; e < size;
       e += static_cast<int64_t>(gridDim.x) * kThreads) {
    float* parameter = call.parameters[replica] + e;
    if constexpr (Adam)
      formulas::adam_update(call.adam, rate, call.gradient[replica][e], call.m[replica] + e,
                            call.v[replica] + e, parameter);
    else
      formulas::sgd_update(call.momentum, rate, call.gradient[replica][e], call.m[replica] + e, parameter);
  }
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
