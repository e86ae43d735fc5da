#include "kernels/classifier/classifier.cuh"

namespace innate::classifier::cuda {

void cross_entropy(Context& context, const Calls& calls) {
  each<CrossEntropy<kPartials>>(stream_of(context), calls.shape.replicas, 1, calls);
}

namespace {

/// One row a thread.
struct Predict {
  static constexpr int kThreads = 128;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Prediction& call, int64_t block, int64_t blocks) {
    for (int64_t b = first_of<kThreads>(block); b < call.rows; b += blocks * kThreads) row(call, b);
  }

 private:
  static __device__ void row(const Prediction& call, int64_t b) {
    const int classes = static_cast<int>(call.classes);
    const float* logits = call.logits + b * classes;
    int best = 0;
    for (int c = 1; c < classes; ++c)
      if (logits[c] > logits[best]) best = c;
    const float top = logits[best];
    float sum = 0.0f;
    for (int c = 0; c < classes; ++c) sum += math::exp(logits[c] - top);
    const float factor = 1.0f / sum;
    if (call.predictions) call.predictions[b] = sum == sum ? best : -1;
    for (int c = 0; call.probabilities && c < classes; ++c)
      call.probabilities[b * classes + c] = math::exp(logits[c] - top) * factor;
  }
};

}  // namespace

void predict(Context& context, const Predictions& calls) {
  each_element<Predict>(stream_of(context), calls.shape.replicas, calls.shape.rows, calls);
}

}  // namespace innate::classifier::cuda
