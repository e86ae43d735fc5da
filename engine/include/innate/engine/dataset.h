// A labelled set of 8-bit images in host memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace innate::engine {

/// images: count x height x width x channels (1 grey, 3 red green blue), row-major, 8-bit; labels: count
/// numbers below `classes`.
struct Dataset {
  std::string name;  // "mnist train"
  int count = 0, height = 0, width = 0, channels = 1, classes = 0;
  std::vector<std::uint8_t> images;
  std::vector<std::uint8_t> labels;

  /// Numbers that an image has: what its pixels are in all channels.
  int pixels() const { return height * width * channels; }
};

struct DatasetPair {
  Dataset train, test;
};

}  // namespace innate::engine
