#include <cstring>

#include "kernels/batch/batch_cpu.h"
#include "kernels/core/parallel.h"

namespace innate::batch::cpu {

void gather(Context& context, const Call& call) {
  const std::size_t pixels = static_cast<std::size_t>(call.shape.pixels);
  parallel_for(call.shape.replicas, context.threads(), [&](int64_t task) {
    const int replica = static_cast<int>(task);
    const random::EpochOrder order = call.order(replica);
    for (int b = 0; b < call.shape.rows; ++b) {
      const std::size_t sample = order(call.first + static_cast<uint32_t>(b));
      std::memcpy(call.out_images[replica] + static_cast<std::size_t>(b) * pixels,
                  call.images + sample * pixels, pixels);
      call.out_labels[replica][b] = call.labels[sample];
    }
  });
}

void choose(Context& context, const Call& call) {
  parallel_for(call.shape.replicas, context.threads(), [&](int64_t i) { choose(call, static_cast<int>(i)); });
}

}  // namespace innate::batch::cpu
