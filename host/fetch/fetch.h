// A published set, from one of its homes into a folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/data/known_sets.h"
#include "host/fetch/download.h"

namespace innate::host {

struct FetchOptions {
  std::filesystem::path folder;      // the set's own; made where it is absent
  std::vector<std::string> mirrors;  // tried before the set's own: URL/FILE, then URL/SET/FILE
  Patience patience;
  std::function<bool()> stop;                        // asked now and then; true: end, and keep what has come
  std::function<void(const std::string& line)> say;  // what happens, for people
  /// How far one file is; total 0 where it is not known.
  std::function<void(const std::string& file, std::uint64_t done, std::uint64_t total)> progress;
};

enum class Fetched { done, was_there, interrupted };

/// Brings every download of the set into the folder, unless the set is there already. A file has its name
/// only once the SHA-256 of all it holds is the published one; until then it is FILE.part, and a later call
/// goes on from there. Throws DataError, which names every mirror and what it answered.
Fetched fetch(const KnownSet& set, const FetchOptions& options);

}  // namespace innate::host
