#include "kernels/apply/call.h"
#include "kernels/core/entry_products.cuh"

namespace innate::apply::cuda {

namespace {

struct Room {
  using Calls = apply::Calls;
  INNATE_HD static Order order(int number) { return static_cast<Order>(number); }
};
struct Forward : Room {
  static constexpr bool kSums = false;
  template <class Each>
  INNATE_HD static void each(const Call& call, const Each& each) {
    apply::forward(call, each);
  }
};
struct Backward : Room {
  static constexpr bool kSums = true;
  template <class Each>
  INNATE_HD static void each(const Call& call, const Each& each) {
    apply::backward(call, each);
  }
};

template <class Direction>
void run(Context& context, const Calls& calls) {
  gemm::run_entry<Direction>(
      stream_of(context), calls, calls.shape.replicas, !calls.shape.genes.host, [&calls](int i) {
        return static_cast<int>(cheapest(calls.shape, calls.shape.genes.of(i), calls.training));
      });
}

}  // namespace

void forward(Context& context, const Calls& calls) { run<Forward>(context, calls); }
void backward(Context& context, const Calls& calls) { run<Backward>(context, calls); }

}  // namespace innate::apply::cuda
