// What both backends share.
#pragma once

#include "innate/kernels/batch.h"
#include "innate/kernels/random.h"

namespace innate::batch {

struct Call {
  Shape shape;
  const uint8_t* images;
  const uint8_t* labels;
  const uint64_t* seeds;
  uint32_t epoch, first;  // the batch's first position in the epoch's order
  Ragged<uint8_t> out_images, out_labels;
  Ragged<uint32_t> out_rows;

  /// Makes this the batch of step `step`.
  INNATE_HD void set_step(int64_t step) {
    const int64_t batches = shape.samples / shape.rows;
    epoch = static_cast<uint32_t>(step / batches);
    first = static_cast<uint32_t>(step % batches * shape.rows);
  }

  INNATE_HD random::EpochOrder order(int replica) const {
    return random::EpochOrder(seeds[replica], epoch, static_cast<uint32_t>(shape.samples));
  }
};

namespace cpu {
void gather(Context& context, const Call& call);
void choose(Context& context, const Call& call);
}  // namespace cpu
namespace cuda {
void gather(Context& context, const Call& call);
void choose(Context& context, const Call& call);
}  // namespace cuda

}  // namespace innate::batch
