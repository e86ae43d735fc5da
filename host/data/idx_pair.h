// Two IDX files, images and their labels, as a set of their own.
#pragma once

#include <innate/engine/dataset.h>

#include <filesystem>

namespace innate::host {

/// Each file plain, .gz or .xz. `classes` becomes 1 + the largest label; the name is that of the images'
/// file. Throws DataError.
engine::Dataset load_idx_pair(const std::filesystem::path& images, const std::filesystem::path& labels);

}  // namespace innate::host
