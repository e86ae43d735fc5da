// Which sets lie on the search path.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/data/known_sets.h"

namespace innate::host {

struct FoundSet {
  std::string name;  // its folder's
  std::filesystem::path folder;
  std::array<std::filesystem::path, files_per_set> files;  // empty where missing
  std::vector<std::string> missing;                        // names without .gz or .xz

  bool complete() const { return missing.empty(); }
};

/// The first folder called `name` on the path that holds at least one of the set's files, even where it lacks
/// others: a set is never taken from behind the back of one in front. A directory of the path may itself be
/// that folder.
std::optional<FoundSet> find_set(const std::string& name, const std::vector<std::filesystem::path>& path);

/// Every set that find_set() would find, by name.
std::vector<FoundSet> find_sets(const std::vector<std::filesystem::path>& path);

}  // namespace innate::host
