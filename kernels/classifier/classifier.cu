#include "kernels/classifier/classifier.cuh"

namespace innate::classifier::cuda {

void cross_entropy(Context& context, const Calls& calls) {
  each<CrossEntropy<kPartials>>(stream_of(context), calls.shape.replicas, 1, calls);
}

namespace {

struct Predict {
  static constexpr int kThreads = 128;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Prediction& call, int64_t block, int64_t blocks) {
    const int classes = static_cast<int>(call.classes), lanes = Row::lanes_for(classes);
    const int64_t thread = first_of<kThreads>(block);
    const int rows_of_warp = 32 / lanes;
    for (int64_t b = thread / 32 * rows_of_warp; b < call.rows; b += blocks * (kThreads / lanes))
      row(call, b + static_cast<int>(threadIdx.x) % 32 / lanes, classes, lanes);
  }

 private:
  static __device__ __forceinline__ void row(const Prediction& call, int64_t b, int classes, int lanes) {
    Row row(call.logits + b * classes, classes, lanes, static_cast<int>(threadIdx.x), b < call.rows);
    if (row.leads() && call.predictions) call.predictions[b] = row.best();
    if (!call.probabilities) return;
    const float factor = 1.0f / row.sum();
    row.write(call.probabilities + b * classes, [&](int, float e) { return e * factor; });
  }
};

}  // namespace

void predict(Context& context, const Predictions& calls) {
  const int lanes = Row::lanes_for(calls.shape.classes);
  each_element<Predict>(stream_of(context), calls.shape.replicas, int64_t{calls.shape.rows} * lanes, calls);
}

}  // namespace innate::classifier::cuda
