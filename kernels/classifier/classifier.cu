#include "kernels/classifier/classifier.cuh"

namespace innate::classifier::cuda {

void cross_entropy(Context& context, const Calls& calls) {
  each<CrossEntropy<kPartials>>(stream_of(context), calls.shape.replicas, 1, calls);
}

}  // namespace innate::classifier::cuda
