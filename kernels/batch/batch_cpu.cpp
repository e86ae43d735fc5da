#include <cstring>

#include "kernels/batch/call.h"
#include "kernels/core/parallel.h"

namespace innate::batch::cpu {

void gather(Context& context, const Calls& calls) {
  const std::size_t pixels = static_cast<std::size_t>(calls.shape.pixels);
  parallel_for(calls.shape.replicas, context.threads(), [&](int64_t i) {
    const int replica = static_cast<int>(i);
    const Choice choice = calls(replica);
    choice.each_row(0, 1, [&](int64_t b, uint32_t image) {
      std::memcpy(calls.out_images[replica] + static_cast<std::size_t>(b) * pixels,
                  calls.images + image * pixels, pixels);
      choice.out_labels[b] = choice.of_labels[image];
    });
  });
}

void choose(Context& context, const Calls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { calls(static_cast<int>(i)).run(0, 1); });
}

}  // namespace innate::batch::cpu
