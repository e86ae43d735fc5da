#include "kernels/field/field.cuh"

namespace innate::field::cuda {

namespace {

/// Of one replica: all have the same shape.
Call shown(const Calls& calls) {
  Call c{};
  c.at = calls.shape.geometry, c.columns = calls.shape.columns;
  return c;
}

}  // namespace

void weights(Context& context, const Calls& calls) {
  each<Weights>(stream_of(context), calls.shape.replicas, Weights::count(shown(calls)), calls);
}
void outputs(Context& context, const Calls& calls) {
  each_element<Outputs>(stream_of(context), calls.shape.replicas, Outputs::count(shown(calls)), calls);
}
void inputs(Context& context, const Calls& calls) {
  each_element<Inputs>(stream_of(context), calls.shape.replicas, Inputs::count(shown(calls)), calls);
}

}  // namespace innate::field::cuda
