// From a set's name to its images and labels.
#pragma once

#include <innate/engine/dataset.h>

#include <filesystem>
#include <string>
#include <vector>

#include "host/data/find_sets.h"

namespace innate::host {

/// Reads the set called `name` from the first place on the path that has it (see find_sets.h and
/// search_path.h). Both halves have the same height, width, channels and classes = 1 + the largest label of
/// both. The files of a known set are compared with their published SHA-256. `files`: gets their names, or
/// those in an archive, in the format's order; the last one holds the labels of the test images. Throws
/// DataError.
engine::DatasetPair load(const std::string& name, const std::vector<std::filesystem::path>& path,
                         std::vector<std::filesystem::path>* files = nullptr);

/// The same of a set that has been found; `known`: what it is compared with, or null.
engine::DatasetPair load(const FoundSet& set, const KnownSet* known,
                         std::vector<std::filesystem::path>* files = nullptr);

/// SHA-256 over what both halves hold: dimensions, classes, pixels and labels; not over their names. 64
/// digits.
std::string digest(const engine::DatasetPair& pair);

/// "28 x 28", "32 x 32 x 3".
std::string size_text(int height, int width, int channels);

}  // namespace innate::host
