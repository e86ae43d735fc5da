// Task: classification of 8-bit images, with the data in a context's memory.
#pragma once

#include <cstdint>
#include <string>

#include "innate/engine/dataset.h"
#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::engine {

/// One set, uploaded once and shared by all cohorts: as lists of the pixels that are not 0 where the set's
/// density makes those the faster form (batch::lists_pay), as 8-bit images where not, and always on a device.
class INNATE_API DeviceImages {
 public:
  DeviceImages(Context& context, const Dataset& set);

  int count() const { return count_; }
  int pixels() const { return pixels_; }
  const std::uint8_t* images() const { return images_.data(); }          // may be null on the CPU
  PixelLists lists() const { return {start_.data(), entries_.data()}; }  // null where they do not pay
  /// "lists of the 19.1 % of pixels that are not 0", "images, 99.2 % of whose pixels are not 0".
  std::string form() const;
  const std::uint8_t* labels() const { return labels_.data(); }
  const std::uint32_t* in_order() const { return in_order_.data(); }  // 0, 1, 2, ...: the images as rows
  double density() const { return density_; }                         // share of pixels that are not 0

 private:
  int count_, pixels_;
  double density_;
  Buffer<std::uint8_t> images_, labels_;
  Buffer<std::int64_t> start_;
  Buffer<std::uint32_t> entries_, in_order_;
};

/// Training and test images. A pixel's value is pixel / 255 (`task.scale` = unit).
struct Classification {
  Classification(Context& context, const DatasetPair& pair)
      : train(context, pair.train),
        test(context, pair.test),
        classes(pair.train.classes),
        height(pair.train.height),
        width(pair.train.width),
        channels(pair.train.channels) {}

  DeviceImages train, test;
  int classes, height, width, channels;
  static constexpr float kScale = 1.0f / 255.0f;
};

}  // namespace innate::engine
