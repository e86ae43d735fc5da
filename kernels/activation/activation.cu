#include "kernels/activation/activation.cuh"

namespace innate::activation::cuda {

void forward(Context& context, const Calls& calls) {
  each_element<Activate<256>>(stream_of(context), calls.shape.replicas, calls.shape.elements.most, calls);
}

void backward(Context& context, const Calls& calls) {
  each_element<ActivateBackward<256>>(stream_of(context), calls.shape.replicas, calls.shape.elements.most,
                                      calls);
}

}  // namespace innate::activation::cuda
