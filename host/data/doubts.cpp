#include "host/data/load.h"

#include <algorithm>
#include <bitset>

namespace innate::host {
namespace {

using Labels = std::bitset<256>;

Labels labels_of(const engine::Dataset& set) {
  Labels present;
  for (const std::uint8_t label : set.labels) present.set(label);
  return present;
}

std::vector<int> numbers(const Labels& labels) {
  std::vector<int> all;
  for (int label = 0; label < 256; ++label)
    if (labels[static_cast<std::size_t>(label)]) all.push_back(label);
  return all;
}

std::string listed(const std::vector<int>& all) {
  std::string text;
  for (const int label : all) text += (text.empty() ? "" : ", ") + std::to_string(label);
  return text;
}

/// "label 0", "labels 3, 4 and 250 more".
std::string some_of(std::vector<int> all) {
  constexpr std::size_t most = 5;
  const std::size_t more = all.size() > most ? all.size() - most : 0;
  all.resize(all.size() - more);
  return (all.size() == 1 ? "label " : "labels ") + listed(all) +
         (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

/// "mnist train (/data/mnist/train-labels-idx1-ubyte)", of four files as MNIST has them.
std::string with_labels_file(const engine::Dataset& half, const std::vector<std::filesystem::path>& files,
                             std::size_t index) {
  return files.size() == 4 ? half.name + " (" + files[index].string() + ")" : half.name;
}

void doubt_labels(const engine::DatasetPair& pair, const std::vector<std::filesystem::path>& files,
                  std::vector<std::string>* lines) {
  const std::string of_train = with_labels_file(pair.train, files, 1),
                    of_test = with_labels_file(pair.test, files, 3);
  const engine::Dataset &train = pair.train, &test = pair.test;
  const Labels present = labels_of(train), unseen = labels_of(test) & ~present;
  if (present.count() == 1 && train.count > 1)
    lines->push_back(of_train + ": all " + std::to_string(train.count) +
                     " images are of one class; there is nothing to tell apart");
  if (unseen.any())
    lines->push_back(of_test + ": some images have " + some_of(numbers(unseen)) +
                     ", which no training image has (" + label_range(train) + "); they are never right");
  const Labels below = ~Labels{} >> (256 - static_cast<std::size_t>(train.classes));
  const Labels absent = below & ~(present | unseen);
  if (absent.none() || present.count() == 1) return;
  lines->push_back(of_train + ": no image has " + some_of(numbers(absent)) + " (" + label_range(train) +
                   "): such an output is never right; \"classes\": " + classes_with_images(train) +
                   " in the task leaves it out");
}

}  // namespace

std::vector<std::string> doubts(const engine::Dataset& set) {
  const auto any_above = [&](int value) {  // ends early where images are sound
    return std::any_of(set.images.begin(), set.images.end(), [value](int pixel) { return pixel > value; });
  };
  if (set.images.empty()) return {};
  const std::string images = set.name + ": all pixels of its " + std::to_string(set.count) + " images are ";
  const std::uint8_t first = set.images.front();
  if (first > 0 &&
      std::all_of(set.images.begin(), set.images.end(), [first](int pixel) { return pixel == first; }))
    return {images + std::to_string(first) + "; there is nothing to tell apart"};
  if (any_above(1)) return {};
  if (any_above(0))
    return {images +
            "0 or 1, and a network is shown pixel / 255: to it they are almost black; multiply them "
            "by 255"};
  return {images +
          "0; there is nothing to tell apart. Pictures of 0 to 1 must be multiplied by 255 before "
          "they become bytes"};
}

std::vector<std::string> doubts(const engine::DatasetPair& pair,
                                const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> lines = doubts(pair.train);
  if (lines.empty()) lines = doubts(pair.test);
  doubt_labels(pair, files, &lines);
  return lines;
}

std::string classes_with_images(const engine::Dataset& set) {
  return "[" + listed(numbers(labels_of(set))) + "]";
}

std::string label_range(const engine::Dataset& set) {
  const auto [least, most] = std::minmax_element(set.labels.begin(), set.labels.end());
  return "labels go from " + std::to_string(*least) + " to " + std::to_string(*most);
}

}  // namespace innate::host
