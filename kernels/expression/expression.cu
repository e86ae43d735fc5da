#include "kernels/expression/expression.cuh"

namespace innate::expression::cuda {

namespace {

constexpr int kThreads = 256;

/// Genes of the replica with the most, in all channels.
int64_t most_columns(const Calls& calls) { return calls.shape.channels * calls.shape.genes.most; }

int64_t neurons_on_axes(const Calls& calls) { return int64_t{calls.shape.height} + calls.shape.width; }

/// `elements`: of the replica with the most genes.
template <template <int> class Operation>
void run(Context& context, const Calls& calls, int64_t elements) {
  each_element<Operation<kThreads>>(stream_of(context), calls.shape.replicas, elements, calls);
}

}  // namespace

void profiles(Context& context, const Calls& calls) {
  run<MakeProfiles>(context, calls, neurons_on_axes(calls) * most_columns(calls));
}
void profiles_backward(Context& context, const Calls& calls) {
  run<ProfilesBackward>(context, calls, 2 * most_columns(calls));
}
void expand(Context& context, const Calls& calls) {
  run<Expand>(context, calls,
              static_cast<int64_t>(calls.shape.height) * calls.shape.width * most_columns(calls) / 4);
}
void expand_backward(Context& context, const Calls& calls) {
  run<ExpandBackward>(
      context, calls,
      ExpandBackward<kThreads>::count(calls.shape.height, calls.shape.width, most_columns(calls)));
}

}  // namespace innate::expression::cuda
