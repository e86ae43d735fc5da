// IDX, the format of MNIST: a magic number (type, number of dimensions), the extents, then the values;
// big-endian.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace innate::host {

struct IdxFile {
  std::vector<std::uint8_t> header;  // as it stands in the file
  std::vector<int> extents;          // images: count, height, width; labels: count; all >= 1
  std::vector<std::uint8_t> values;  // their product, last extent fastest
};

/// `file` may be compressed (see byte_source.h). Memory grows with what the file holds, not with what its
/// header says. Throws DataError.
IdxFile read_idx_images(const std::filesystem::path& file);  // magic 0x00000803
IdxFile read_idx_labels(const std::filesystem::path& file);  // magic 0x00000801

}  // namespace innate::host
