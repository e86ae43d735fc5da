#include "kernels/batch/batch.cuh"

namespace innate::batch::cuda {

namespace {

constexpr int kThreads = 128;

/// One row of the batch a block. Every thread computes the row's sample: cheaper than sharing it through a
/// barrier.
__global__ void __launch_bounds__(kThreads) gather_kernel(Call call, int first_replica) {
  const int replica = first_replica + static_cast<int>(blockIdx.z), row = static_cast<int>(blockIdx.x);
  const int64_t pixels = call.shape.pixels;
  const int64_t sample = call.order(replica)(call.first + blockIdx.x);
  const uint8_t* from = call.images + sample * pixels;
  uint8_t* to = call.out_images[replica] + row * pixels;
  for (int64_t p = threadIdx.x; p < pixels; p += kThreads) to[p] = from[p];
  if (threadIdx.x == 0) call.out_labels[replica][row] = call.labels[sample];
}

__global__ void __launch_bounds__(kThreads) choose_kernel(Call call, int first_replica) {
  choose_block<kThreads>(call, first_replica + static_cast<int>(blockIdx.z));
}

}  // namespace

void gather(Context& context, const Call& call) {
  for_replica_pieces(call.shape.replicas, [&](int first, int count) {
    launch(stream_of(context), gather_kernel,
           dim3(static_cast<unsigned>(call.shape.rows), 1, static_cast<unsigned>(count)), dim3(kThreads), 0,
           call, first);
  });
}

void choose(Context& context, const Call& call) {
  for_replica_pieces(call.shape.replicas, [&](int first, int count) {
    launch(stream_of(context), choose_kernel,
           dim3(static_cast<unsigned>(ceil_div(call.shape.rows, kThreads)), 1, static_cast<unsigned>(count)),
           dim3(kThreads), 0, call, first);
  });
}

}  // namespace innate::batch::cuda
