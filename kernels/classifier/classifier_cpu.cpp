// The classifier on the CPU: one replica a core.
#include <cmath>
#include <cstdint>

#include "kernels/core/instruction_sets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/classifier/classifier_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/classifier/call.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/parallel.h"
#include "kernels/core/simd.h"

HWY_BEFORE_NAMESPACE();
namespace innate::classifier {
namespace HWY_NAMESPACE {
using namespace innate::HWY_NAMESPACE;  // NOLINT: Lanes and its formulas, of this target

/// e^(logits - top) of one row, 16 classes at once; 0 beyond the last.
HWY_INLINE void exponentials(const float* logits, int classes, float top, float* out) {
  for (int c = 0; c < classes; c += 16)
    exp(Lanes::load(logits + c, classes - c) - Lanes(top)).store(out + c, classes - c);
}

HWY_INLINE float log_of(float x) {
  float out[16];
  log(Lanes(x)).store(out);
  return out[0];
}

HWY_INLINE int largest(const float* logits, int classes) {
  int best = 0;
  for (int c = 1; c < classes; ++c)
    if (logits[c] > logits[best]) best = c;
  return best;
}

/// As CrossEntropy::row of classifier.cuh, with the exponentials taken 16 at once.
HWY_INLINE float classify_row(const float* logits, int classes, int label, float weight, float* gradient,
                              int* correct) {
  float e[kMostClasses];
  const int best = largest(logits, classes);
  const float top = logits[best];
  const bool known = label < classes;
  const float own = known ? logits[label] - top : std::nanf("");
  exponentials(logits, classes, top, e);
  float sum = 0.0f;
  for (int c = 0; c < classes; ++c) sum += e[c];
  *correct += known && best == label && sum == sum;
  const float loss = log_of(sum) - own;
  if (!gradient) return loss;
  const float factor = weight / sum;
  for (int c = 0; c < classes; ++c) {
    const float share = e[c] * factor;
    gradient[c] = c == label ? share - weight : share;
  }
  return loss;
}

void cross_entropy_one(const Call& call) {
  const int rows = static_cast<int>(call.rows), classes = static_cast<int>(call.classes);
  const float weight = 1.0f / static_cast<float>(rows);
  float partial[kPartials] = {};
  int correct = 0;
  for (int b = 0; b < rows; ++b) {
    const int64_t at = static_cast<int64_t>(b) * classes;
    partial[b % kPartials] += classify_row(call.logits + at, classes, call.labels[b], weight,
                                           call.dlogits ? call.dlogits + at : nullptr, &correct);
  }
  for (int half = kPartials / 2; half > 0; half /= 2)
    for (int p = 0; p < half; ++p) partial[p] += partial[p + half];
  const float loss = partial[0] * weight;
  if (call.loss) *call.loss = call.add ? *call.loss + loss : loss;
  if (call.correct) *call.correct = call.add ? *call.correct + correct : correct;
}

void predict_one(const Prediction& call) {
  const int classes = static_cast<int>(call.classes);
  for (int64_t b = 0; b < call.rows; ++b) {
    float e[kMostClasses];
    const float* logits = call.logits + b * classes;
    const int best = largest(logits, classes);
    exponentials(logits, classes, logits[best], e);
    float sum = 0.0f;
    for (int c = 0; c < classes; ++c) sum += e[c];
    const float factor = 1.0f / sum;
    if (call.predictions) call.predictions[b] = sum == sum ? best : -1;
    for (int c = 0; call.probabilities && c < classes; ++c)
      call.probabilities[b * classes + c] = e[c] * factor;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::classifier
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::classifier {

INNATE_EXPORT(cross_entropy_one);
INNATE_EXPORT(predict_one);

void cpu::cross_entropy(const Call& call) { INNATE_DISPATCH(cross_entropy_one)(call); }

void cpu::cross_entropy(Context& context, const Calls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { cross_entropy(calls(static_cast<int>(i))); });
}

void cpu::predict(Context& context, const Predictions& calls) {
  const auto predict = [&](int64_t i) { INNATE_DISPATCH(predict_one)(calls(static_cast<int>(i))); };
  parallel_for(calls.shape.replicas, context.threads(), predict);
}

}  // namespace innate::classifier
#endif  // HWY_ONCE
