// What both backends and programs share (formulas: classifier.h).
#pragma once

#include "innate/kernels/classifier.h"
#include "kernels/core/operands.h"

namespace innate::classifier {

/// Interleaved partial sums of the loss, joined pairwise: row b adds to number b % kPartials. Part of the
/// results' definition.
constexpr int kPartials = 256;
constexpr int kMostClasses = 256;

/// One replica's call. Null outputs are not written.
struct Call {
  int64_t rows, classes;
  const float* logits;
  const uint8_t* labels;
  float* dlogits;  // may be the logits
  float* loss;
  int32_t* correct;
  bool add;  // to loss and correct
};

template <class Visit>
INNATE_HD void operands(Call& c, Visit&& visit) {
  visit.in(c.logits, c.rows * c.classes, 4);
  visit.in(c.labels, c.rows, 1);
  if (c.dlogits) visit.out(c.dlogits, c.rows * c.classes);
  if (c.loss && c.add) visit.both(c.loss, 1);
  if (c.loss && !c.add) visit.out(c.loss, 1);
  if (c.correct && c.add) visit.both(c.correct, 1);
  if (c.correct && !c.add) visit.out(c.correct, 1);
}
INNATE_HD Cost cost(const Call& c) {
  const double count = static_cast<double>(c.rows * c.classes);
  return {40 * count, 8 * count};
}

/// Adds what one call of a test has found to the test: `rows` of its `images` images.
struct Tally {
  int64_t rows, images;
  const float* loss;
  const int32_t* correct;
  double* losses;  // the mean over all images, once all calls were added
  int64_t* right;

  INNATE_HD void run() const {
    *losses += static_cast<double>(*loss) * static_cast<double>(rows) / static_cast<double>(images);
    *right += *correct;
  }
};

template <class Visit>
INNATE_HD void operands(Tally& t, Visit&& visit) {
  visit.in(t.loss, 1, 1);
  visit.in(t.correct, 1, 1);
  visit.both(t.losses, 1);
  visit.both(t.right, 1);
}

INNATE_HD Cost cost(const Tally&) { return {2, 40}; }

/// The calls of an entry's replicas, as they are handed to a backend.
struct Calls {
  Shape shape;
  Ragged<const float> logits;
  Ragged<const uint8_t> labels;
  Outputs outputs;

  INNATE_HD Call operator()(int i) const {
    return {shape.rows,
            shape.classes,
            logits[i],
            labels[i],
            views::of(outputs.dlogits, i, false),
            views::of(outputs.loss, i, false),
            views::of(outputs.correct, i, false),
            outputs.add};
  }
};

/// One replica's rows whose probabilities or predictions are wanted.
struct Prediction {
  int64_t rows, classes;
  const float* logits;
  float* probabilities;  // may be the logits
  int32_t* predictions;
};

struct Predictions {
  Shape shape;
  Ragged<const float> logits;
  Ragged<float> probabilities;
  Ragged<int32_t> predictions;

  INNATE_HD Prediction operator()(int i) const {
    return {shape.rows, shape.classes, logits[i], views::of(probabilities, i, false),
            views::of(predictions, i, false)};
  }
};

namespace cpu {
void cross_entropy(Context& context, const Calls& calls);
void cross_entropy(const Call& call);  // one replica on one core
void predict(Context& context, const Predictions& calls);
}  // namespace cpu
namespace cuda {
void cross_entropy(Context& context, const Calls& calls);
void predict(Context& context, const Predictions& calls);
}  // namespace cuda

}  // namespace innate::classifier
