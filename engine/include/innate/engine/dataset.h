// A labelled set of 8-bit images in host memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "innate/kernels/api.h"

namespace innate::engine {

/// images: count x height x width x channels (1 grey, 3 red green blue), row-major, 8-bit; labels: count
/// numbers below `classes`.
struct INNATE_API Dataset {
  std::string name;  // "mnist train"
  int count = 0, height = 0, width = 0, channels = 1, classes = 0;
  std::vector<std::uint8_t> images;
  std::vector<std::uint8_t> labels;

  /// Numbers that an image has: what its pixels are in all channels.
  int pixels() const { return height * width * channels; }
  /// Throws Error where a size is not positive, there are more or fewer pixels or labels than `count` images
  /// have, or a label is not below `classes` (1 to 256).
  void check() const;
};

struct DatasetPair {
  Dataset train, test;
  Dataset held = {};  // training images that no step sees (hold_out); where its count is 0 there are none
};

/// Takes `images` of the training images, the same ones for every seed, and makes them `held`. Throws Error
/// where not at least one is left.
INNATE_API void hold_out(DatasetPair* pair, int images);

}  // namespace innate::engine
