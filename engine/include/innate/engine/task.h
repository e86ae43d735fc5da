// Task: what a network sees and how its answers are judged; the data lie in a context's memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "innate/engine/dataset.h"
#include "innate/engine/network.h"
#include "innate/engine/tape.h"
#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::engine {

/// A pixel's value is pixel / 255 (`task.scale` = unit).
inline constexpr float kUnitScale = 1.0f / 255.0f;

/// A pixel's value is (pixel / 255 - mean) / sd, of its channel.
struct Standard {
  std::vector<double> mean, sd;
};
/// Of a set's pixels / 255.
INNATE_API Standard standard_of(const Dataset& set);

/// One set, uploaded once and shared by all replicas: as lists of the pixels that are not 0 where the set's
/// density makes those the faster form (batch::lists_pay), as 8-bit images where not, and always on a device.
class INNATE_API DeviceImages {
 public:
  /// `scale`: what a pixel is multiplied with to become a number of the network. Throws Error as
  /// Dataset::check does, and where `scale` is not a finite number above 0.
  DeviceImages(Context& context, const Dataset& set, float scale = kUnitScale);

  int count() const { return count_; }
  int height() const { return height_; }
  int width() const { return width_; }
  int channels() const { return channels_; }
  int pixels() const { return height_ * width_ * channels_; }
  float scale() const { return scale_; }
  /// Where images are standardised, a number of the network is fma(scales[c], pixel, shifts[c]) in channel c;
  /// null where it is scale * pixel.
  const float* scales() const { return scales_.data(); }
  const float* shifts() const { return shifts_.data(); }
  void standardise(Context& context, const Standard& standard);
  int largest_label() const { return largest_label_; }
  Backend backend() const { return backend_; }                           // whose memory it lies in
  const std::uint8_t* images() const { return images_.data(); }          // may be null on the CPU
  PixelLists lists() const { return {start_.data(), entries_.data()}; }  // null where they do not pay
  /// "lists of the 19.1 % of pixels that are not 0", "images, 99.2 % of whose pixels are not 0".
  std::string form() const;
  const std::uint8_t* labels() const { return labels_.data(); }
  /// In host memory, of the first so many images.
  std::vector<std::uint8_t> first_labels(std::int64_t images) const;
  double density() const { return density_; }  // share of pixels that are not 0

 private:
  int count_, height_, width_, channels_, largest_label_;
  float scale_;
  Backend backend_;
  double density_;
  Buffer<std::uint8_t> images_, labels_;
  Buffer<float> scales_, shifts_;
  Buffer<std::int64_t> start_;
  Buffer<std::uint32_t> entries_;
};

/// Both ends of a network: what is sensed, and how the answer is judged.
class INNATE_API Task {
 public:
  virtual ~Task() = default;

  struct Sensed {
    Signal signal;
    Variable labels;
  };
  /// Writes down what a replica sees at step *clock: `rows` samples of the training set.
  virtual Sensed sense(Tape& tape, std::int64_t rows, Variable seed, Variable clock) const = 0;
  /// Adds the answers' loss to loss_sum, and begins the way back.
  virtual void judge(Tape& tape, const Sensed& sensed, Variable answers, Variable loss_sum) const = 0;

  virtual int samples() const = 0;       // of the training set
  virtual int test_samples() const = 0;  // of the test set
  /// What a test sees: samples first + *clock * rows onwards, in order; or `rows` samples of a shuffled set,
  /// drawn anew by `seed` for each *clock.
  virtual Sensed sense_test(Tape& tape, std::int64_t rows, std::int64_t first, Variable clock) const = 0;
  virtual Sensed draw_test(Tape& tape, std::int64_t rows, Variable seed, Variable clock) const = 0;
  /// Sets loss and correct of the answers.
  virtual void measure(Tape& tape, const Sensed& sensed, Variable answers, Variable loss,
                       Variable correct) const = 0;
  /// Throws Error where this network cannot do the task, or the data do not lie in such a context's memory.
  virtual void check(const Network& network, Backend backend) const = 0;
};

/// Labelled images.
struct INNATE_API Classification : Task {
  /// Throws Error as DeviceImages does, and where the test images have another size than the training images
  /// or labels that those have not.
  Classification(Context& context, const DatasetPair& pair, float scale = kUnitScale);

  Sensed sense(Tape& tape, std::int64_t rows, Variable seed, Variable clock) const override;
  void judge(Tape& tape, const Sensed& sensed, Variable answers, Variable loss_sum) const override;
  int samples() const override { return train.count(); }
  int test_samples() const override { return test.count(); }
  Sensed sense_test(Tape& tape, std::int64_t rows, std::int64_t first, Variable clock) const override;
  Sensed draw_test(Tape& tape, std::int64_t rows, Variable seed, Variable clock) const override;
  void measure(Tape& tape, const Sensed& sensed, Variable answers, Variable loss,
               Variable correct) const override;
  void check(const Network& network, Backend backend) const override;

  /// All of its images. Throws Error where the numbers are not as many as channels, or a deviation is not
  /// above 0.
  void standardise(Context& context, const Standard& standard);

  DeviceImages train, test;
  std::optional<DeviceImages> held;  // where images of the training set were held out
  int classes, height, width, channels;
};

/// What `rows` images of a set look like to a network; a network that was trained on a set of another density
/// says so.
INNATE_API Task::Sensed images_of(Tape& tape, const DeviceImages& set, std::int64_t rows, double density);

}  // namespace innate::engine
