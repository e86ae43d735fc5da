// Batch for one replica on one core.
#pragma once

#include "kernels/batch/call.h"

namespace innate::batch::cpu {

/// Places in the data set, and labels.
inline void choose(const Call& call, int replica) {
  const random::EpochOrder order = call.order(replica);
  uint32_t* rows = call.out_rows[replica];
  uint8_t* labels = call.out_labels[replica];
  for (int b = 0; b < call.shape.rows; ++b) {
    rows[b] = order(call.first + static_cast<uint32_t>(b));
    labels[b] = call.labels[rows[b]];
  }
}

}  // namespace innate::batch::cpu
