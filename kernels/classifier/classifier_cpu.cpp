// The classifier on the CPU: one replica a core, 16 rows at once.
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

/// Four lines of four numbers, turned: all are read before one is written.
HWY_INLINE void turn(const float* const (&from)[4], float* const (&to)[4]) {
#if HWY_TARGET == HWY_SCALAR
  float held[4][4];
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) held[j][i] = from[i][j];
  for (int j = 0; j < 4; ++j)
    for (int i = 0; i < 4; ++i) to[j][i] = held[j][i];
#else
  const hn::FixedTag<float, 4> four;
  const auto a = hn::LoadU(four, from[0]), b = hn::LoadU(four, from[1]);
  const auto c = hn::LoadU(four, from[2]), d = hn::LoadU(four, from[3]);
  const auto ab = hn::InterleaveLower(four, a, b), cd = hn::InterleaveLower(four, c, d);
  const auto ab_upper = hn::InterleaveUpper(four, a, b), cd_upper = hn::InterleaveUpper(four, c, d);
  hn::StoreU(hn::ConcatLowerLower(four, cd, ab), four, to[0]);
  hn::StoreU(hn::ConcatUpperUpper(four, cd, ab), four, to[1]);
  hn::StoreU(hn::ConcatLowerLower(four, cd_upper, ab_upper), four, to[2]);
  hn::StoreU(hn::ConcatUpperUpper(four, cd_upper, ab_upper), four, to[3]);
#endif
}

/// 16 rows from one on, a lane each: what is largest in them, and e^(logits - largest). Lanes beyond the last
/// row hold that row once more, so that none needs a mask.
class Rows {
 public:
  HWY_INLINE Rows(const float* logits, int64_t rows, int classes, int64_t first) : classes_(classes) {
    for (int r = 0; r < 16; ++r) offset_[r] = (first + r < rows ? first + r : rows - 1) * classes;
    turn_in(logits);
    Lanes top = Lanes::load(e_), best = Lanes::zero(), sum = Lanes::zero();
    for (int c = 1; c < classes; ++c) {
      const Lanes z = Lanes::load(e_ + 16 * c);
      const LaneMask greater = less(top, z);
      top = select(greater, z, top);
      best = select(greater, Lanes(static_cast<float>(c)), best);
    }
    for (int c = 0; c < classes; ++c) {
      const Lanes e = exp(Lanes::load(e_ + 16 * c) - top);
      e.store(e_ + 16 * c);
      sum = sum + e;
    }
    top.store(top_), best.store(best_), sum.store(sum_);
  }

  HWY_INLINE float top(int r) const { return top_[r]; }
  HWY_INLINE int best(int r) const { return static_cast<int>(best_[r]); }
  HWY_INLINE float sum(int r) const { return sum_[r]; }
  HWY_INLINE Lanes sums() const { return Lanes::load(sum_); }

  /// Their exponentials times `factor`, to the rows of `out`, which may be the logits.
  HWY_INLINE void write(const Lanes& factor, float* out) {
    for (int c = 0; c < classes_; ++c) (Lanes::load(e_ + 16 * c) * factor).store(e_ + 16 * c);
    turn_out(out);
  }

 private:
  /// Calls visit(c) for four classes from c on at a time: the last four overlap others where they must.
  template <class Visit>
  HWY_INLINE void each_four(const Visit& visit) const {
    for (int c = 0; c + 4 < classes_; c += 4) visit(c);
    visit(classes_ - 4);
  }
  HWY_INLINE void turn_in(const float* logits) {
    if (classes_ < 4) {
      for (int r = 0; r < 16; ++r)
        for (int c = 0; c < classes_; ++c) e_[16 * c + r] = logits[offset_[r] + c];
      return;
    }
    for (int r = 0; r < 16; r += 4) {
      const float* row[4];
      for (int i = 0; i < 4; ++i) row[i] = logits + offset_[r + i];
      each_four([&](int c) HWY_ATTR {
        float* to = e_ + 16 * c + r;
        turn({row[0] + c, row[1] + c, row[2] + c, row[3] + c}, {to, to + 16, to + 32, to + 48});
      });
    }
  }
  HWY_INLINE void turn_out(float* out) const {
    if (classes_ < 4) {
      for (int r = 0; r < 16; ++r)
        for (int c = 0; c < classes_; ++c) out[offset_[r] + c] = e_[16 * c + r];
      return;
    }
    for (int r = 0; r < 16; r += 4) {
      float* row[4];
      for (int i = 0; i < 4; ++i) row[i] = out + offset_[r + i];
      each_four([&](int c) HWY_ATTR {
        const float* from = e_ + 16 * c + r;
        turn({from, from + 16, from + 32, from + 48}, {row[0] + c, row[1] + c, row[2] + c, row[3] + c});
      });
    }
  }

  int classes_;
  int64_t offset_[16];
  HWY_ALIGN float top_[16], best_[16], sum_[16];
  HWY_ALIGN float e_[16 * kMostClasses];  // class by class: the logits, then their exponentials
};

/// As CrossEntropy::row of classifier.cuh.
void cross_entropy_one(const Call& call) {
  const int classes = static_cast<int>(call.classes);
  const float weight = 1.0f / static_cast<float>(call.rows);
  float partial[kPartials] = {};
  int correct = 0;
  for (int64_t first = 0; first < call.rows; first += 16) {
    const int count = static_cast<int>(call.rows - first < 16 ? call.rows - first : 16);
    const uint8_t* labels = call.labels + first;
    const float* logits = call.logits + first * classes;
    Rows rows(call.logits, call.rows, classes, first);
    HWY_ALIGN float loss[16];
    log(rows.sums()).store(loss);
    for (int r = 0; r < count; ++r) {
      const int label = labels[r];
      const bool known = label < classes;
      const float own = known ? logits[r * classes + label] - rows.top(r) : std::nanf("");
      partial[(first + r) % kPartials] += loss[r] - own;
      correct += known && rows.best(r) == label && rows.sum(r) == rows.sum(r);
    }
    if (!call.dlogits) continue;
    float* gradient = call.dlogits + first * classes;
    rows.write(Lanes(weight) / rows.sums(), call.dlogits);
    for (int r = 0; r < count; ++r)
      if (labels[r] < classes) gradient[r * classes + labels[r]] -= weight;
  }
  for (int half = kPartials / 2; half > 0; half /= 2)
    for (int p = 0; p < half; ++p) partial[p] += partial[p + half];
  const float loss = partial[0] * weight;
  if (call.loss) *call.loss = call.add ? *call.loss + loss : loss;
  if (call.correct) *call.correct = call.add ? *call.correct + correct : correct;
}

void predict_one(const Prediction& call) {
  for (int64_t first = 0; first < call.rows; first += 16) {
    Rows rows(call.logits, call.rows, static_cast<int>(call.classes), first);
    for (int r = 0; call.predictions && r < 16 && first + r < call.rows; ++r)
      call.predictions[first + r] = rows.sum(r) == rows.sum(r) ? rows.best(r) : -1;
    if (call.probabilities) rows.write(Lanes(1.0f) / rows.sums(), call.probabilities);
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
