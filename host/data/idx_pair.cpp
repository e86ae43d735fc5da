#include "host/data/idx_pair.h"

#include <algorithm>
#include <string>
#include <utility>

#include "host/data/data_error.h"
#include "host/data/idx.h"

namespace innate::host {

engine::Dataset load_idx_pair(const std::filesystem::path& images, const std::filesystem::path& labels) {
  IdxFile pictures = read_idx_images(images), classes = read_idx_labels(labels);
  if (pictures.extents[0] != classes.extents[0])
    throw DataError(
        labels, std::to_string(classes.extents[0]) + " labels",
        std::to_string(pictures.extents[0]) + ", as many as there are images in " + images.string(),
        "check that both files belong to the same set");
  engine::Dataset set;
  set.name = images.filename().string();
  set.count = pictures.extents[0];
  set.height = pictures.extents[1];
  set.width = pictures.extents[2];
  set.images = std::move(pictures.values);
  set.labels = std::move(classes.values);
  set.classes = 1 + *std::max_element(set.labels.begin(), set.labels.end());
  return set;
}

}  // namespace innate::host
