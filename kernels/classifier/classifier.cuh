// The classifier, block by block: all rows of one replica.
#pragma once

#include "kernels/classifier/call.h"
#include "kernels/core/device.cuh"
#include "kernels/core/math.h"

namespace innate::classifier {

/// One row a thread at a time; the first kPartials threads own a partial sum of the loss each.
struct CrossEntropy {
  struct Shared {
    float loss[kPartials];
    int correct[kPartials];
  };

  static __device__ void run(Shared& s, const Call& call, int replica) {
    const int rows = call.shape.rows, thread = static_cast<int>(threadIdx.x);
    const float weight = 1.0f / static_cast<float>(rows);
    float loss = 0.0f;
    int correct = 0;
    if (thread < kPartials) {
      for (int b = thread; b < rows; b += kPartials) loss += row(call, replica, b, weight, &correct);
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
    const Outputs& out = call.outputs;
    if (out.loss) *out.loss[replica] = out.add ? *out.loss[replica] + s.loss[0] * weight : s.loss[0] * weight;
    if (out.correct) *out.correct[replica] = out.add ? *out.correct[replica] + s.correct[0] : s.correct[0];
  }

 private:
  static __device__ float row(const Call& call, int replica, int b, float weight, int* correct) {
    const int classes = call.shape.classes, label = call.labels[replica][b];
    const float* logits = call.logits[replica] + static_cast<int64_t>(b) * classes;
    int best = 0;
    for (int c = 1; c < classes; ++c)
      if (logits[c] > logits[best]) best = c;
    const float top = logits[best];
    const float own = label < classes ? logits[label] - top : NAN;
    float sum = 0.0f;
    for (int c = 0; c < classes; ++c) sum += math::exp(logits[c] - top);
    *correct += label == best && sum == sum;
    if (call.outputs.dlogits) {
      float* gradient = call.outputs.dlogits[replica] + static_cast<int64_t>(b) * classes;
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
