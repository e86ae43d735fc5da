#include <algorithm>
#include <numeric>
#include <utility>

#include "host/data/byte_source.h"
#include "host/data/find_sets.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Levenshtein's distance, one row at a time.
std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::vector<std::string> usable_names(const std::vector<fs::path>& path) {
  std::vector<std::string> names;
  for (const FoundSet& set : find_sets(path)) names.push_back(set.name);
  return names;
}

std::string nearest(const std::string& name, std::vector<std::string> candidates) {
  for (const KnownSet& set : known_sets()) candidates.emplace_back(set.name);
  const auto best = std::min_element(candidates.begin(), candidates.end(), [&](const auto& a, const auto& b) {
    return edits(name, a) < edits(name, b);
  });
  return edits(name, *best) <= std::max<std::size_t>(2, name.size() / 3) ? *best : "";
}

/// "holds a.csv, raw/ and 3 more": of a folder that is there and in which no set was found.
std::string contents_of(const fs::path& folder) {
  constexpr std::size_t most = 6;
  std::error_code failed;
  std::vector<std::string> names;
  fs::directory_iterator entry(folder, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    std::error_code unknown;
    names.push_back(entry->path().filename().string() + (entry->is_directory(unknown) ? "/" : ""));
  }
  if (failed) return "cannot be read: " + failed.message();
  if (names.empty()) return "is empty";
  std::sort(names.begin(), names.end());
  const std::size_t more = names.size() > most ? names.size() - most : 0;
  names.resize(names.size() - more);
  return "holds " + listed(names) + (more > 0 ? " and " + std::to_string(more) + " more" : "") +
         ": nothing of the set";
}

/// What to do with images of MNIST's form that lie deeper, or that bear another set's name.
std::string how_to_use(const fs::path& folder) {
  constexpr int deepest = 3, most = 10000;
  std::error_code failed;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, failed);
  for (int seen = 0; !failed && entry != fs::recursive_directory_iterator() && seen < most;
       ++seen, entry.increment(failed)) {
    if (entry.depth() == deepest) entry.disable_recursion_pending();
    const std::string name = without_packing(entry->path().filename().string());
    const std::size_t at = name.find("train-images");
    if (at == name.npos || !name.ends_with("idx3-ubyte")) continue;
    if (entry.depth() > 0)
      return "; move the files of " + entry->path().parent_path().string() + " up into it";
    if (at > 1 && name[at - 1] == '-')
      return "; they are the set '" + name.substr(0, at - 1) + "': give the folder that name";
  }
  return "";
}

/// " (...)": why there is no set in what `folder` names; "" where there is nothing at all.
std::string why_not(const fs::path& folder) {
  const std::string found = what_is_at(folder);
  if (found == "nothing") return "";
  return " (" + (found == "a directory" ? contents_of(folder) + how_to_use(folder) : found) + ")";
}

std::string looked_in(const std::string& name, const std::vector<fs::path>& path) {
  std::string text = ". Looked in:";
  if (path.empty()) text += " nothing (the search path is empty)";
  for (const fs::path& directory : path) {
    std::error_code failed;
    const bool there = fs::is_directory(directory, failed);
    text += "\n  " + (directory / name).string() +
            (there ? why_not(directory / name) : " (" + directory.string() + " is no directory)");
    if (directory.filename() == name) text += "\n  " + directory.string() + why_not(directory);
  }
  return text;
}

std::string where_to_put(const std::string& name, const SetFormat& format) {
  const fs::path user = user_data_directory();
  const std::string there = user.empty() ? "" : "into " + (user / name).string() + "/, or ";
  return "put " + joined(format.files) + " (plain, .gz or .xz, or in one archive) " + there +
         "into a folder " + name + "/ of a directory that --data or INNATE_DATA names.";
}

std::string how_to_get(const KnownSet& set) {
  const std::string package(set.package), name(set.name);
  const std::string install = package.empty() ? "" : "`apt-get install " + package + "`, or ";
  return "\nTo get it: `innate data fetch " + name + "`, or " + install + where_to_put(name, *set.format);
}

std::string what_else(const std::string& name, const std::vector<fs::path>& path) {
  const std::vector<std::string> names = usable_names(path);
  const std::string guess = nearest(name, names);
  return (guess.empty() ? "" : "\nDid you mean '" + guess + "'?") +
         "\nSets found: " + (names.empty() ? "none" : listed(names)) +
         ". To add one: " + where_to_put(name, idx_format());
}

}  // namespace

DataError missing_set(const std::string& name, const std::vector<fs::path>& path) {
  const KnownSet* known = known_set(name);
  return DataError("No data set '" + name + "'" + looked_in(name, path) +
                   (known ? how_to_get(*known) : what_else(name, path)));
}

}  // namespace innate::host
