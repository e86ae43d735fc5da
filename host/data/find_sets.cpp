#include "host/data/find_sets.h"

#include <set>

namespace innate::host {
namespace fs = std::filesystem;
namespace {

fs::path find_file(const fs::path& folder, const std::string& stem) {
  std::error_code failed;
  for (const char* suffix : {"", ".gz", ".xz"})
    if (fs::path file = folder / (stem + suffix); fs::exists(file, failed)) return file;
  return {};
}

FoundSet look_into(const fs::path& folder, const std::string& name) {
  FoundSet set{name, folder, {}, {}};
  const auto stems = file_stems(name);
  for (int i = 0; i < files_per_set; ++i) {
    set.files[i] = find_file(folder, stems[i]);
    if (set.files[i].empty()) set.missing.push_back(stems[i]);
  }
  return set;
}

fs::path without_slash(const fs::path& directory) {
  return directory.has_filename() ? directory : directory.parent_path();
}

std::set<std::string> folder_names(const std::vector<fs::path>& path) {
  std::set<std::string> names;
  for (const fs::path& directory : path) {
    names.insert(without_slash(directory).filename().string());
    std::error_code failed;
    fs::directory_iterator entry(directory, failed);
    for (; !failed && entry != fs::directory_iterator(); entry.increment(failed))
      names.insert(entry->path().filename().string());
  }
  return names;
}

}  // namespace

std::optional<FoundSet> find_set(const std::string& name, const std::vector<fs::path>& path) {
  for (const fs::path& directory : path) {
    FoundSet below = look_into(directory / name, name);
    if (below.missing.size() < files_per_set) return below;
    if (without_slash(directory).filename() != name) continue;
    FoundSet itself = look_into(without_slash(directory), name);
    if (itself.missing.size() < files_per_set) return itself;
  }
  return std::nullopt;
}

std::vector<FoundSet> find_sets(const std::vector<fs::path>& path) {
  std::vector<FoundSet> sets;
  for (const std::string& name : folder_names(path))
    if (auto set = find_set(name, path)) sets.push_back(*set);
  return sets;
}

}  // namespace innate::host
