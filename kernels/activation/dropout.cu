#include "kernels/activation/dropout.cuh"

namespace innate::dropout::cuda {

void apply(Context& context, const Calls& calls) {
  each_element<Drop<256>>(stream_of(context), calls.shape.replicas,
                          ceil_div(calls.shape.elements.most, kTogether), calls);
}

}  // namespace innate::dropout::cuda
