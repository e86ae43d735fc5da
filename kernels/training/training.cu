#include "kernels/training/training.cuh"

namespace innate::training::cuda {

namespace {

// A replica has a few hundred independent sums at a time: 16 warps hide the latency of shared memory. Two
// such blocks share a multiprocessor where their replicas are small enough for its shared memory.
constexpr int kThreads = 384;
using Block = Loop<kThreads>;

__global__ void __launch_bounds__(kThreads, 2) training_kernel(Call call) {
  Block::run(shared_storage<Block::Shared>(), call, static_cast<int>(blockIdx.x));
}

/// Shared memory that the neediest replica of a call can use.
std::size_t shared_bytes(const Call& call) {
  int64_t most = 0;
  const int distinct = call.shape.genes.host ? call.shape.replicas : 1;
  for (int i = 0; i < distinct; ++i) {
    Places places{nullptr, call.fast, nullptr, 0};
    Call sizes = call;  // pointers of the device are not read
    sizes.genomes = {};
    lay_out(sizes, 0, call.shape.genes.of(i), &places);
    most = apply::larger(most, call.fast - places.fast_left);
  }
  return sizeof(Block::Shared) + sizeof(float) * static_cast<std::size_t>(most);
}

}  // namespace

int64_t fast_floats(const Context& context) {
  int bytes = 0;
  check_cuda(cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, context.device()),
             "shared memory of the device");
  return (bytes - static_cast<int64_t>(sizeof(Block::Shared))) / static_cast<int64_t>(sizeof(float)) / 4 * 4;
}

void run(Context& context, const Call& call) {
  launch(stream_of(context), training_kernel, dim3(static_cast<unsigned>(call.shape.replicas)),
         dim3(kThreads), shared_bytes(call), call);
}

}  // namespace innate::training::cuda
