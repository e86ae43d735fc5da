#include "kernels/expression/expression.cuh"

namespace innate::expression::cuda {

namespace {

constexpr int kThreads = 256;

__global__ void __launch_bounds__(kThreads) profiles_kernel(Call call, int first) {
  profiles_block<kThreads>(call, first + static_cast<int>(blockIdx.z));
}

__global__ void __launch_bounds__(kThreads) profiles_backward_kernel(Call call, int first) {
  profiles_backward_block<kThreads>(call, first + static_cast<int>(blockIdx.z));
}

__global__ void __launch_bounds__(kThreads) expand_backward_kernel(Call call, int first) {
  expand_backward_block<kThreads>(call, first + static_cast<int>(blockIdx.z));
}

__global__ void __launch_bounds__(kThreads) expand_kernel(Call call, int first) {
  expand_elements(call, first + static_cast<int>(blockIdx.z), blockIdx.x * kThreads + threadIdx.x,
                  gridDim.x * kThreads);
}

void run(Context& context, const Call& call, void (*kernel)(Call, int), int blocks) {
  for_replica_pieces(call.shape.replicas, [&](int first, int count) {
    launch(stream_of(context), kernel, dim3(static_cast<unsigned>(blocks), 1, static_cast<unsigned>(count)),
           dim3(kThreads), 0, call, first);
  });
}

}  // namespace

void profiles(Context& context, const Call& call) { run(context, call, profiles_kernel, 1); }
void profiles_backward(Context& context, const Call& call) {
  run(context, call, profiles_backward_kernel, 1);
}
void expand(Context& context, const Call& call) { run(context, call, expand_kernel, call.shape.height); }
void expand_backward(Context& context, const Call& call) { run(context, call, expand_backward_kernel, 1); }

}  // namespace innate::expression::cuda
