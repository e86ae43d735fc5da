// From a set's name to its images and labels, what a task makes of them, and what is odd about them.
#pragma once

#include <innate/engine/dataset.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/data/find_sets.h"

namespace innate::host {

/// Reads the set called `name` from the first place on the path that has it (see find_sets.h). Both halves
/// have the same height, width, channels and classes = 1 + the largest label of both. The files of a known
/// set are compared with their published SHA-256. `files`: gets their names, or those in an archive, in the
/// format's order; the last one holds the labels of the test images. Throws DataError.
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

// ---- what a task makes of a set: some of its classes, some images of each; images stood upright

/// Keeps `classes` (empty: all), relabelled 0, 1, ... in the order given, and `per_class` images of each (0:
/// all), in their old order. Which images depends on the seed and on their place in `set` alone: a larger
/// `per_class` adds to the choice of a smaller one, and other classes change nothing. Throws DataError where
/// a class or images are missing.
engine::Dataset restrict(const engine::Dataset& set, const std::vector<int>& classes, int per_class,
                         std::uint64_t seed);

/// Swaps height and width: pixel (h, w) becomes (w, h).
void transpose(engine::Dataset* set);

/// What to say of a set that is one of EMNIST's, whose images are published transposed; "" of others.
std::string transposition_hint(const engine::Dataset& set);

// ---- what is odd about a set that can be read all the same: a line each, for the terminal

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
