#include "host/data/load.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "host/data/data_error.h"

namespace innate::host {
namespace {

// SplitMix64 (Steele, Lea and Flood, 2014): its output function, a bijection of 64 bits.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// Element `index` of the SplitMix64 sequence whose state is mix(seed), so that seeds 1, 2, ... give unrelated
// sequences and not one sequence shifted.
std::uint64_t key(std::uint64_t seed, std::uint64_t index) {
  return mix(mix(seed) + (index + 1) * 0x9e3779b97f4a7c15);
}

std::vector<int> members(const engine::Dataset& set, int label) {
  std::vector<int> indices;
  for (int i = 0; i < set.count; ++i)
    if (set.labels[i] == label) indices.push_back(i);
  return indices;
}

// mix is a bijection and the states differ: no two images of a set have equal keys.
void keep_smallest_keys(std::vector<int>& indices, int keep, std::uint64_t seed) {
  std::nth_element(indices.begin(), indices.begin() + keep, indices.end(),
                   [seed](int a, int b) { return key(seed, a) < key(seed, b); });
  indices.resize(keep);
}

std::vector<int> choose(const engine::Dataset& set, int label, int per_class, std::uint64_t seed) {
  std::vector<int> indices = members(set, label);
  const int have = static_cast<int>(indices.size());
  if (have == 0 && per_class > 0)
    throw DataError(
        set.name + ": found no image of class " + std::to_string(label) + " (" + label_range(set) +
        "), expected at least " + std::to_string(per_class) +
        " of each class; list the classes that have images: \"classes\": " + classes_with_images(set));
  if (have < per_class)
    throw DataError(set.name + ": found " + std::to_string(have) + " images of class " +
                    std::to_string(label) + ", expected at least " + std::to_string(per_class) +
                    "; ask for fewer images per class");
  if (per_class > 0 && per_class < have) keep_smallest_keys(indices, per_class, seed);
  return indices;
}

void require_class(const engine::Dataset& set, int label) {
  if (std::any_of(set.labels.begin(), set.labels.end(), [label](int other) { return other == label; }))
    return;
  throw DataError(set.name + ": found no image of class " + std::to_string(label) + " (" + label_range(set) +
                  "), expected classes that have images; they are " + classes_with_images(set));
}

void require_choice(const engine::Dataset& set, const std::vector<int>& classes, int per_class) {
  if (per_class < 0)
    throw DataError(set.name + ": found " + std::to_string(per_class) +
                    " images per class, expected 1 or more, or 0 for all; correct that number");
  for (std::size_t i = 0; i < classes.size(); ++i) {
    require_class(set, classes[i]);
    if (std::find(classes.begin(), classes.begin() + i, classes[i]) != classes.begin() + i)
      throw DataError(set.name + ": found class " + std::to_string(classes[i]) +
                      " twice in the list of classes, expected it once; remove one");
  }
}

void append_image(engine::Dataset& to, const engine::Dataset& from, int index, int label) {
  const auto pixels = static_cast<std::ptrdiff_t>(from.pixels());
  const auto first = from.images.begin() + index * pixels;
  to.images.insert(to.images.end(), first, first + pixels);
  to.labels.push_back(static_cast<std::uint8_t>(label));
}

}  // namespace

engine::Dataset restrict(const engine::Dataset& set, const std::vector<int>& classes, int per_class,
                         std::uint64_t seed) {
  require_choice(set, classes, per_class);
  std::vector<int> kept = classes;
  if (kept.empty()) {
    kept.resize(set.classes);
    std::iota(kept.begin(), kept.end(), 0);
  }
  std::vector<int> new_label(set.count, -1);  // -1: left out
  for (std::size_t label = 0; label < kept.size(); ++label)
    for (const int index : choose(set, kept[label], per_class, seed))
      new_label[index] = static_cast<int>(label);

  engine::Dataset part;
  part.name = set.name;
  part.height = set.height;
  part.width = set.width;
  part.channels = set.channels;
  part.classes = static_cast<int>(kept.size());
  part.count = static_cast<int>(new_label.size() - std::count(new_label.begin(), new_label.end(), -1));
  part.images.reserve(static_cast<std::size_t>(part.count) * set.pixels());
  for (int i = 0; i < set.count; ++i)
    if (new_label[i] >= 0) append_image(part, set, i, new_label[i]);
  return part;
}

void transpose(engine::Dataset* set) {
  const std::size_t height = static_cast<std::size_t>(set->height),
                    width = static_cast<std::size_t>(set->width),
                    channels = static_cast<std::size_t>(set->channels), pixels = height * width * channels;
  std::vector<std::uint8_t> stored(pixels);
  for (auto image = set->images.begin(); image != set->images.end();
       image += static_cast<std::ptrdiff_t>(pixels)) {
    std::copy_n(image, pixels, stored.begin());
    auto to = image;
    for (std::size_t w = 0; w < width; ++w)
      for (std::size_t h = 0; h < height; ++h)
        to = std::copy_n(&stored[(h * width + w) * channels], channels, to);
  }
  std::swap(set->height, set->width);
}

std::string transposition_hint(const engine::Dataset& set) {
  if (!set.name.starts_with("emnist")) return "";
  return set.name +
         ": EMNIST's images are published with rows and columns exchanged; \"transpose\": true in the task "
         "stands them upright";
}

}  // namespace innate::host
