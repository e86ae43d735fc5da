#include "kernels/optimizer/optimizer.cuh"

namespace innate::optimizer::cuda {

void adam(Context& context, const Calls& calls) {
  each_element<TakeAdam<256>>(stream_of(context), calls.shape.replicas, calls.shape.parameters.most, calls);
}

void sgd(Context& context, const Calls& calls) {
  each_element<TakeSgd<256>>(stream_of(context), calls.shape.replicas, calls.shape.parameters.most, calls);
}

}  // namespace innate::optimizer::cuda
