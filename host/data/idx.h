// IDX, the format of MNIST: a magic number (type, number of dimensions), the extents, then the values;
// big-endian.
#pragma once

#include <innate/engine/dataset.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "host/data/byte_source.h"

namespace innate::host {

struct IdxFile {
  std::vector<int> extents;          // images: count, height, width; labels: count; all >= 1
  std::vector<std::uint8_t> values;  // their product, last extent fastest
};

/// Reads to the end of `bytes`; `file` is for messages. Memory grows with what the file holds, not with what
/// its header says. Throws DataError.
IdxFile read_idx_images(ByteSource& bytes, const std::filesystem::path& file);  // magic 0x00000803
IdxFile read_idx_labels(ByteSource& bytes, const std::filesystem::path& file);  // magic 0x00000801

/// The same of a file, which may be compressed (see byte_source.h).
IdxFile read_idx_images(const std::filesystem::path& file);
IdxFile read_idx_labels(const std::filesystem::path& file);

/// Each file plain, .gz or .xz. `classes` becomes 1 + the largest label; the name is that of the images'
/// file. Throws DataError.
engine::Dataset load_idx_pair(const std::filesystem::path& images, const std::filesystem::path& labels);

}  // namespace innate::host
