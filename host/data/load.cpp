#include "host/data/load.h"

#include <algorithm>
#include <utility>

#include "host/data/data_error.h"
#include "host/data/find_sets.h"
#include "host/data/idx.h"
#include "host/data/missing_set.h"
#include "host/data/sha256.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

void require_folder_name(const std::string& name) {
  if (!name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos) return;
  throw DataError("Found '" + name +
                  "' as the name of a data set, expected the name of a folder such as 'mnist'; "
                  "use --data or INNATE_DATA to say where the folder lies");
}

void require_complete(const FoundSet& set) {
  if (set.complete()) return;
  std::string names;
  for (const std::string& stem : set.missing) names += (names.empty() ? "" : ", ") + stem;
  throw DataError(set.folder, "a set that lacks " + names, "four files (each plain, .gz or .xz)",
                  "add what is missing, or remove the folder so that another '" + set.name + "' is used");
}

void verify(const IdxFile& idx, const FoundSet& set, int file) {
  const KnownSet* known = known_set(set.name);
  if (!known) return;
  const std::string expected(known->files[file].sha256);
  const std::string found = sha256({idx.header, idx.values});
  if (found != expected)
    throw DataError(set.files[file], "contents with the SHA-256 " + found,
                    expected + " as published for " + set.name,
                    "fetch it again, or give the folder another name to use it as a set of its own");
}

// `first`: 0 for training, 2 for test.
engine::Dataset read_half(const FoundSet& set, int first, const std::string& name) {
  IdxFile images = read_idx_images(set.files[first]);
  verify(images, set, first);
  IdxFile labels = read_idx_labels(set.files[first + 1]);
  verify(labels, set, first + 1);
  if (images.extents[0] != labels.extents[0])
    throw DataError(
        set.files[first + 1], std::to_string(labels.extents[0]) + " labels",
        std::to_string(images.extents[0]) + ", as many as there are images in " + set.files[first].string(),
        "check that both files belong to the same set");
  engine::Dataset half;
  half.name = name;
  half.count = images.extents[0];
  half.height = images.extents[1];
  half.width = images.extents[2];
  half.images = std::move(images.values);
  half.labels = std::move(labels.values);
  return half;
}

std::string size_of(const engine::Dataset& set) {
  return std::to_string(set.height) + " x " + std::to_string(set.width);
}

int largest_label(const engine::Dataset& set) {
  return *std::max_element(set.labels.begin(), set.labels.end());
}

}  // namespace

engine::DatasetPair load(const std::string& name, const std::vector<fs::path>& path) {
  require_folder_name(name);
  const std::optional<FoundSet> set = find_set(name, path);
  if (!set) throw missing_set(name, path);
  require_complete(*set);
  engine::DatasetPair pair{read_half(*set, 0, name + " train"), read_half(*set, 2, name + " test")};
  if (size_of(pair.train) != size_of(pair.test))
    throw DataError(set->files[2], "test images of " + size_of(pair.test),
                    size_of(pair.train) + " as in " + set->files[0].string(),
                    "check that both files belong to the same set");
  pair.train.classes = pair.test.classes = 1 + std::max(largest_label(pair.train), largest_label(pair.test));
  return pair;
}

}  // namespace innate::host
