#include "kernels/classifier/classifier.cuh"

namespace innate::classifier::cuda {

namespace {

__global__ void __launch_bounds__(kPartials) cross_entropy_kernel(Call call, int first) {
  CrossEntropy::run(shared_storage<CrossEntropy::Shared>(), call, first + static_cast<int>(blockIdx.z));
}

}  // namespace

void cross_entropy(Context& context, const Call& call) {
  for_replica_pieces(call.shape.replicas, [&](int first, int count) {
    launch(stream_of(context), cross_entropy_kernel, dim3(1, 1, static_cast<unsigned>(count)),
           dim3(kPartials), sizeof(CrossEntropy::Shared), call, first);
  });
}

}  // namespace innate::classifier::cuda
