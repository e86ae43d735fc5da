#include <algorithm>
#include <cmath>
#include <cstdio>

#include "innate/engine/json.h"
#include "innate/engine/task.h"
#include "innate/kernels/batch.h"
#include "kernels/core/check.h"

namespace innate::engine {

namespace {

const Dataset& checked(const Dataset& set) {
  set.check();
  return set;
}

std::string size_text(int height, int width, int channels) {
  return std::to_string(height) + " x " + std::to_string(width) + " x " + std::to_string(channels);
}

}  // namespace

DeviceImages::DeviceImages(Context& context, const Dataset& set, float scale)
    : count_(checked(set).count),
      height_(set.height),
      width_(set.width),
      channels_(set.channels),
      largest_label_(*std::max_element(set.labels.begin(), set.labels.end())),
      scale_(scale),
      backend_(context.backend()),
      density_(batch::density(set.images.data(), set.images.size())),
      labels_(context, set.labels) {
  require(scale > 0 && std::isfinite(scale), "pixels of the set '", set.name, "' are multiplied with ", scale,
          "; the scale must be a finite number above 0");
  const bool listed = batch::lists_pay(context.backend(), density_);
  if (!listed || context.backend() == Backend::cuda) images_ = Buffer<std::uint8_t>(context, set.images);
  if (!listed) return;
  std::vector<std::int64_t> start;
  std::vector<std::uint32_t> entries;
  batch::list_pixels(set.images.data(), set.count, set.pixels(), &start, &entries);
  start_ = Buffer<std::int64_t>(context, start);
  if (entries.empty()) entries.push_back(0);  // images that are all 0 have no entry, but lists need a place
  entries_ = Buffer<std::uint32_t>(context, entries);
}

std::vector<std::uint8_t> DeviceImages::first_labels(std::int64_t images) const {
  require(images >= 0 && images <= count_, "labels are asked for of ", images, " images; the set has ",
          count_);
  std::vector<std::uint8_t> labels = labels_.download();
  labels.resize(static_cast<std::size_t>(images));
  return labels;
}

Standard standard_of(const Dataset& set) {
  set.check();
  const auto channels = static_cast<std::size_t>(set.channels);
  Standard standard{std::vector<double>(channels), std::vector<double>(channels)};
  std::vector<std::int64_t> sum(channels), squares(channels);
  for (std::size_t p = 0; p < set.images.size(); ++p) {
    const std::int64_t pixel = set.images[p];
    sum[p % channels] += pixel, squares[p % channels] += pixel * pixel;
  }
  const double count = static_cast<double>(set.images.size() / channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = static_cast<double>(sum[c]) / count;
    const double variance = static_cast<double>(squares[c]) / count - mean * mean;
    standard.mean[c] = mean / 255;
    standard.sd[c] = variance > 0 ? std::sqrt(variance) / 255 : 1.0;  // a channel of one value
  }
  return standard;
}

void DeviceImages::standardise(Context& context, const Standard& standard) {
  const auto channels = static_cast<std::size_t>(channels_);
  require(standard.mean.size() == channels && standard.sd.size() == channels, "images of ", channels,
          " channels are to be standardised with ", standard.mean.size(), " means and ", standard.sd.size(),
          " deviations");
  std::vector<float> scales, shifts;
  for (std::size_t c = 0; c < channels; ++c) {
    require(standard.sd[c] > 0 && std::isfinite(standard.sd[c]) && std::isfinite(standard.mean[c]),
            "images are to be standardised with a mean of ", standard.mean[c], " and a deviation of ",
            standard.sd[c], "; both must be finite, the deviation above 0");
    scales.push_back(static_cast<float>(1 / (255 * standard.sd[c])));
    shifts.push_back(static_cast<float>(-standard.mean[c] / standard.sd[c]));
  }
  scales_ = Buffer<float>(context, scales), shifts_ = Buffer<float>(context, shifts);
}

void Classification::standardise(Context& context, const Standard& standard) {
  for (DeviceImages* images : {&train, &test}) images->standardise(context, standard);
  if (held) held->standardise(context, standard);
}

std::string DeviceImages::form() const {
  char text[80];
  std::snprintf(text, sizeof text,
                start_.data() ? "lists of the %.1f %% of pixels that are not 0"
                              : "images, %.1f %% of whose pixels are not 0",
                100 * density_);
  return text;
}

namespace {

Value classification_fields() {
  return object({
      required("data", text(), "The data set's name, such as mnist: that of its folder on the data path."),
      optional(
          "scale",
          either({word({"unit", "per_channel"}),
                  object({required("mean", number(-1e6, 1e6), "taken off pixel / 255"),
                          required("sd", number_above(0), "and what that is divided by")})}),
          "unit",
          "How a pixel becomes a number: unit is pixel / 255; per_channel: less the mean of its channel over "
          "the training images, divided by its deviation."),
      optional("classes", either({word({"all"}), list(integer(0, 255), 1)}), "all",
               "Which labels take part, in both the training and the test images."),
      optional("train_per_class", either({word({"all"}), integer(1)}), "all",
               "How many training images of each class are used; the same ones for all seeds."),
      optional(
          "transpose", boolean(), false,
          "Whether rows and columns of the images change places, as those of EMNIST must to stand upright."),
  });
}

/// The kinds of tasks, by the name they have in an experiment.
struct Kind {
  const char* type;
  Value (*schema)();
};
constexpr Kind kKinds[] = {{"classification", classification_fields}};

}  // namespace

Value task_schema() {
  std::vector<Type> types;
  for (const Kind& kind : kKinds) types.push_back({kind.type, kind.schema()});
  return variant(std::move(types));
}

Classification::Classification(Context& context, const DatasetPair& pair, float scale)
    : train(context, pair.train, scale),
      test(context, pair.test, scale),
      classes(pair.train.classes),
      height(pair.train.height),
      width(pair.train.width),
      channels(pair.train.channels) {
  require(test.height() == height && test.width() == width && test.channels() == channels, "the set '",
          pair.test.name, "' has test images of ", size_text(test.height(), test.width(), test.channels()),
          "; the training images of '", pair.train.name, "' are ", size_text(height, width, channels));
  require(test.largest_label() < classes, "the set '", pair.test.name, "' has test images labelled ",
          test.largest_label(), "; the labels of '", pair.train.name, "' are 0 to ", classes - 1);
  if (pair.held.count == 0) return;
  held.emplace(context, pair.held, scale);
  require(held->height() == height && held->width() == width && held->channels() == channels &&
              held->largest_label() < classes,
          "the images that are held out of the set '", pair.train.name, "' are not like its own");
}

void Classification::check(const Network& network, Backend backend) const {
  require(train.backend() == backend, "images lie in memory of the backend ", name(train.backend()),
          ", and the context's is ", name(backend), "; make the task with the context that trains on it");
  require(network.height == height && network.width == width && network.channels == channels,
          "a network has grids of ", size_text(network.height, network.width, network.channels),
          " input neurons; the images of its task are ", size_text(height, width, channels));
  require(network.outputs() >= classes && network.outputs() <= 256, "a network has ", network.outputs(),
          " outputs; a task of ", classes, " classes needs ", classes, " to 256");
}

Task::Sensed images_of(Tape& tape, const DeviceImages& set, std::int64_t rows, double density) {
  require(rows >= 1, "a step or test sees ", rows, " images; at least 1 is needed");
  Task::Sensed sensed;
  sensed.labels = tape.scratch("labels", rows, 1, 1);
  Signal& s = sensed.signal;
  s.set = &set;
  s.chosen = tape.scratch("rows", rows, 1, 4);
  s.scale = set.scale();
  s.rows = rows, s.columns = set.pixels();
  s.density = std::max(density, 1e-6);  // a set may be all 0
  return sensed;
}

Task::Sensed Classification::sense(Tape& tape, std::int64_t rows, Variable seed, Variable clock) const {
  const Sensed sensed = images_of(tape, train, rows, train.density());
  tape.choose(train, rows, train.count() / rows, seed, clock, sensed.signal.chosen, sensed.labels);
  return sensed;
}

void Classification::judge(Tape& tape, const Sensed& sensed, Variable answers, Variable loss_sum) const {
  tape.cross_entropy(answers, sensed.labels, loss_sum);
}

Task::Sensed Classification::sense_test(Tape& tape, std::int64_t rows, std::int64_t first,
                                        Variable clock) const {
  const Sensed sensed = images_of(tape, test, rows, train.density());
  tape.choose_in_order(test, rows, first, clock, sensed.signal.chosen, sensed.labels);
  return sensed;
}

Task::Sensed Classification::draw_test(Tape& tape, std::int64_t rows, Variable seed, Variable clock) const {
  const Sensed sensed = images_of(tape, test, rows, train.density());
  tape.choose(test, rows, 1, seed, clock, sensed.signal.chosen, sensed.labels);
  return sensed;
}

void Classification::measure(Tape& tape, const Sensed& sensed, Variable answers, Variable loss,
                             Variable correct) const {
  tape.measure(answers, sensed.labels, loss, correct);
}

}  // namespace innate::engine
