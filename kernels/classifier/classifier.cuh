// The classifier, block by block: all rows of one replica.
#pragma once

#include "kernels/classifier/call.h"
#include "kernels/core/each.cuh"
#include "kernels/core/math.h"

namespace innate::classifier {

/// One row a thread at a time, all rows in one block; the first kPartials threads own a partial sum of the
/// loss each.
template <int Threads>
struct CrossEntropy {
  static_assert(Threads >= kPartials);
  static constexpr int kThreads = Threads;
  struct Shared {
    float loss[kPartials];
    int correct[kPartials];
  };

  static __device__ void run(Shared& s, const Call& call, int64_t, int64_t) {
    const int64_t rows = call.rows;
    const int thread = static_cast<int>(threadIdx.x);
    const float weight = 1.0f / static_cast<float>(rows);
    float loss = 0.0f;
    int correct = 0;
    if (thread < kPartials) {
      for (int64_t b = thread; b < rows; b += kPartials) loss += row(call, b, weight, &correct);
      s.loss[thread] = loss;
      s.correct[thread] = correct;
    }
    for (int half = kPartials / 2; half > 0; half /= 2) {
      __syncthreads();
      if (thread >= half) continue;
      s.loss[thread] += s.loss[thread + half];
      s.correct[thread] += s.correct[thread + half];
    }
    if (thread != 0) return;
    const float mean = s.loss[0] * weight;
    if (call.loss) *call.loss = call.add ? *call.loss + mean : mean;
    if (call.correct) *call.correct = call.add ? *call.correct + s.correct[0] : s.correct[0];
  }

 private:
  static __device__ float row(const Call& call, int64_t b, float weight, int* correct) {
    const int classes = static_cast<int>(call.classes), label = call.labels[b];
    const float* logits = call.logits + b * classes;
    int best = 0;
    for (int c = 1; c < classes; ++c)
      if (logits[c] > logits[best]) best = c;
    const float top = logits[best];
    const float own = label < classes ? logits[label] - top : NAN;
    float sum = 0.0f;
    for (int c = 0; c < classes; ++c) sum += math::exp(logits[c] - top);
    *correct += label == best && sum == sum;
    if (call.dlogits) {
      float* gradient = call.dlogits + b * classes;
      const float factor = weight / sum;
      for (int c = 0; c < classes; ++c) {
        const float share = math::exp(logits[c] - top) * factor;
        gradient[c] = c == label ? share - weight : share;
      }
    }
    return math::log(sum) - own;
  }
};

}  // namespace innate::classifier
