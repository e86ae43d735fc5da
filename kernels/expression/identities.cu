#include "kernels/expression/identities.cuh"

namespace innate::expression::cuda {

namespace {

constexpr int kThreads = 512;

template <template <int> class Operation>
void run(Context& context, const IdentityCalls& calls) {
  each<Operation<kThreads>>(stream_of(context), calls.shape.replicas,
                            ceil_div(calls.shape.genes.most, Operation<kThreads>::kGenes), calls);
}

}  // namespace

void identities(Context& context, const IdentityCalls& calls) { run<Identities>(context, calls); }
void identities_backward(Context& context, const IdentityCalls& calls) {
  run<IdentitiesBackward>(context, calls);
}

}  // namespace innate::expression::cuda
