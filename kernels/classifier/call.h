// What both backends share (formulas: classifier.h).
#pragma once

#include "innate/kernels/classifier.h"

namespace innate::classifier {

/// Interleaved partial sums of the loss, joined pairwise: row b adds to number b % kPartials. Part of the
/// results' definition.
constexpr int kPartials = 256;
constexpr int kMostClasses = 256;

struct Call {
  Shape shape;
  Ragged<const float> logits;
  Ragged<const uint8_t> labels;
  Outputs outputs;
};

namespace cpu {
void cross_entropy(Context& context, const Call& call);
}
namespace cuda {
void cross_entropy(Context& context, const Call& call);
}

}  // namespace innate::classifier
