// Task: classification of 8-bit images, with the data in a context's memory.
#pragma once

#include <cstdint>

#include "innate/engine/dataset.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::engine {

/// One set, uploaded once and shared by all cohorts. On the CPU it is held as lists of the pixels that are
/// not 0.
class DeviceImages {
 public:
  DeviceImages(Context& context, const Dataset& set);

  int count() const { return count_; }
  int pixels() const { return pixels_; }
  const std::uint8_t* images() const { return images_.data(); }          // null on the CPU
  PixelLists lists() const { return {start_.data(), entries_.data()}; }  // null on a device
  const std::uint8_t* labels() const { return labels_.data(); }
  double density() const { return density_; }  // share of pixels that are not 0

 private:
  int count_, pixels_;
  double density_;
  Buffer<std::uint8_t> images_, labels_;
  Buffer<std::int64_t> start_;
  Buffer<std::uint32_t> entries_;
};

/// Training and test images. A pixel's value is pixel / 255 (`task.scale` = unit).
struct Classification {
  Classification(Context& context, const DatasetPair& pair)
      : train(context, pair.train),
        test(context, pair.test),
        classes(pair.train.classes),
        height(pair.train.height),
        width(pair.train.width) {}

  DeviceImages train, test;
  int classes, height, width;
  static constexpr float kScale = 1.0f / 255.0f;
};

}  // namespace innate::engine
