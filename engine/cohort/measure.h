// How well grown networks classify images: what a cohort's tests and the test of a stored genome share, so
// that both give the same bits.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "innate/engine/genome.h"
#include "innate/engine/task.h"

namespace innate::engine {

/// Test images a call. Part of the results' definition: losses are added call by call.
inline constexpr int kTestRows = 500;

/// Rows of a set that lies on the device.
inline Inputs inputs_of(const DeviceImages& set, Ragged<const std::uint32_t> rows) {
  Inputs inputs;
  inputs.rows = rows;
  inputs.images = set.images();
  inputs.lists = set.lists();
  inputs.scale = Classification::kScale;
  return inputs;
}

/// Of each replica: its mean loss and its number of correct answers.
struct Measured {
  std::vector<double> losses;
  std::vector<std::int64_t> correct;
};

/// Memory of the context: replicas x rows x classes; one number a replica.
struct MeasureBuffers {
  Buffer<float>&logits, &loss;
  Buffer<std::int32_t>& correct;
};

/// Points `inputs` at `rows` images from number `first` on and returns their labels.
using TestInputs = std::function<Ragged<const std::uint8_t>(int first, int rows, Inputs* inputs)>;

/// Over `total` images, at most `rows` a call, after `develop`.
Measured measure(Context& context, Development& development, const Arrays& arrays, int classes, int total,
                 int rows, const TestInputs& test_inputs, const MeasureBuffers& buffers);

}  // namespace innate::engine
