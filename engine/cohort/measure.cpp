#include "engine/cohort/measure.h"

#include <algorithm>

#include "innate/kernels/classifier.h"

namespace innate::engine {

Measured measure(Context& context, Development& development, const Arrays& arrays, int classes, int total,
                 int rows, const TestInputs& test_inputs, const MeasureBuffers& buffers) {
  const auto replicas = static_cast<std::size_t>(arrays.replicas);
  Measured found{std::vector<double>(replicas, 0.0), std::vector<std::int64_t>(replicas, 0)};
  for (int first = 0; first < total; first += rows) {
    const int now = std::min(rows, total - first);
    Inputs inputs;
    const Ragged<const std::uint8_t> labels = test_inputs(first, now, &inputs);
    const Ragged<float> logits{buffers.logits.data(), static_cast<std::int64_t>(now) * classes, nullptr};
    development.forward(arrays, now, inputs, logits, false);
    classifier::cross_entropy(
        context, {arrays.replicas, now, classes}, logits, labels,
        {{}, {buffers.loss.data(), 1, nullptr}, {buffers.correct.data(), 1, nullptr}, false});
    const std::vector<float> loss = buffers.loss.download();
    const std::vector<std::int32_t> right = buffers.correct.download();
    for (std::size_t i = 0; i < replicas; ++i) {
      found.losses[i] += static_cast<double>(loss[i]) * now / total;
      found.correct[i] += right[i];
    }
  }
  return found;
}

}  // namespace innate::engine
