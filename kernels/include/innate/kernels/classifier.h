// Classifier: softmax cross-entropy, its gradient and the count of correct answers, in one pass over the
// logits.
//
//   p = softmax(z),  loss = mean over rows of -log p[label],  dz = (p - onehot(label)) / rows
//   correct = rows whose largest logit is the label's (of equal ones the first counts; NaN is never correct)
//
// z, dz, p: rows x classes, row-major, packed, one set a replica; labels: one a row, below classes (a label
// out of range counts as wrong and makes the loss NaN; with INNATE_CHECK it is an Error).
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::classifier {

struct Shape {
  int replicas = 0;
  int rows = 0, classes = 0;
};

/// Each may be null and is then not written. loss and correct: one number a replica, in memory of the
/// context.
struct Outputs {
  Ragged<float> dlogits;
  Ragged<float> loss;
  Ragged<int32_t> correct;
  bool add = false;  // add the mean loss and the count to loss and correct instead of setting them
};

/// The sum of losses runs over 256 interleaved partial sums, joined pairwise: its value does not depend on
/// threads. dlogits may be the same memory as logits; nothing else may alias. No workspace. Throws Error on
/// sizes that are not positive, more than 256 classes, or null pointers.
INNATE_API void cross_entropy(Context& context, const Shape& shape, Ragged<const float> logits,
                              Ragged<const uint8_t> labels, const Outputs& outputs);

/// Writes the probabilities p and, of each row, the class with the largest logit (of equal ones the first; -1
/// in a row whose p are not numbers). Either may be null and is then not written. probabilities may be the
/// same memory as logits; nothing else may alias. No workspace. Errors as for `cross_entropy`.
INNATE_API void predict(Context& context, const Shape& shape, Ragged<const float> logits,
                        Ragged<float> probabilities, Ragged<int32_t> predictions);

}  // namespace innate::classifier
