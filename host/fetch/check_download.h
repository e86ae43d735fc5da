// Whether a file that has come is the published one.
#pragma once

#include <filesystem>
#include <string>

#include "host/data/known_sets.h"

namespace innate::host {

/// What is wrong with `file`, which is to be called `name` (one of the set's downloads, or one of its files);
/// "" where the SHA-256 of everything in it, after decompression, is as published.
std::string fault_of(const KnownSet& set, const std::filesystem::path& file, const std::string& name);

}  // namespace innate::host
