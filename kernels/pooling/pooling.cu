#include "kernels/pooling/pooling.cuh"

namespace innate::pooling::cuda {

namespace {

/// Of the replica with the most columns.
Call largest_of(const Calls& calls) {
  const Shape& s = calls.shape;
  Call call{};
  call.height = s.height, call.width = s.width, call.channels = s.channels;
  call.columns = s.columns.most, call.window = s.window;
  return call;
}

}  // namespace

void forward(Context& context, const Calls& calls) {
  each_element<Pool<256>>(stream_of(context), calls.shape.replicas, largest_of(calls).written(), calls);
}

void backward(Context& context, const Calls& calls) {
  each_element<PoolBackward<256>>(stream_of(context), calls.shape.replicas,
                                  PoolBackward<256>::count(largest_of(calls)), calls);
}

}  // namespace innate::pooling::cuda
