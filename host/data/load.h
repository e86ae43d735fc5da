// From a set's name to its images and labels.
#pragma once

#include <innate/engine/dataset.h>
#include <filesystem>
#include <string>
#include <vector>

namespace innate::host {

/// Reads the set called `name` from the first place on the path that has it (see find_sets.h and
/// search_path.h). Both halves have the same height, width and classes = 1 + the largest label of both. The
/// files of a known set are compared with their published SHA-256. Throws DataError.
engine::DatasetPair load(const std::string& name, const std::vector<std::filesystem::path>& path);

}  // namespace innate::host
