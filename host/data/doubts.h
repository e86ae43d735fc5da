// What is odd about a set that can be read all the same: a line each, for the terminal.
#pragma once

#include <innate/engine/dataset.h>

#include <filesystem>
#include <string>
#include <vector>

namespace innate::host {

/// Of images that a network cannot tell apart, or hardly.
std::vector<std::string> doubts(const engine::Dataset& images);

/// The same of both halves, and of classes that have no training images. `files`: as load() gives them, so
/// that those of the labels are named.
std::vector<std::string> doubts(const engine::DatasetPair& pair,
                                const std::vector<std::filesystem::path>& files = {});

/// The labels that images have, as an experiment's "classes" lists them: "[1, 2, 3]".
std::string classes_with_images(const engine::Dataset& set);

/// "labels go from 1 to 26".
std::string label_range(const engine::Dataset& set);

}  // namespace innate::host
