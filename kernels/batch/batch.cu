#include "kernels/batch/batch.cuh"

namespace innate::batch::cuda {

namespace {

/// A row of the batch after the other. Every thread computes the row's sample: cheaper than sharing it
/// through a barrier.
struct Gathering {
  Choice choice;
  const uint8_t* images;
  uint8_t* out_images;
  int64_t pixels;
};
struct Gather {
  static constexpr int kThreads = 128;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Gathering& g, int64_t block, int64_t blocks) {
    g.choice.each_row(block, blocks, [&g](int64_t row, uint32_t image) {
      const uint8_t* from = g.images + image * g.pixels;
      for (int64_t p = threadIdx.x; p < g.pixels; p += kThreads) g.out_images[row * g.pixels + p] = from[p];
      if (threadIdx.x == 0) g.choice.out_labels[row] = g.choice.of_labels[image];
    });
  }
};

struct GatherSource {
  Calls calls;
  __device__ Gathering operator()(int replica) const {
    return {calls(replica), calls.images, calls.out_images[replica], calls.shape.pixels};
  }
};

}  // namespace

void gather(Context& context, const Calls& calls) {
  each<Gather>(stream_of(context), calls.shape.replicas, calls.shape.rows, GatherSource{calls});
}

void choose(Context& context, const Calls& calls) {
  each_element<Choose<128>>(stream_of(context), calls.shape.replicas, calls.shape.rows, calls);
}

}  // namespace innate::batch::cuda
