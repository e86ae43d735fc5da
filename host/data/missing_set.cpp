#include "host/data/missing_set.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "host/data/find_sets.h"
#include "host/data/search_path.h"

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

std::string looked_in(const std::string& name, const std::vector<fs::path>& path) {
  std::string text = ". Looked in:";
  if (path.empty()) text += " nothing (the search path is empty)";
  for (const fs::path& directory : path) {
    std::error_code failed;
    const bool there = fs::is_directory(directory, failed);
    text +=
        "\n  " + (directory / name).string() + (there ? "" : " (" + directory.string() + " is no directory)");
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
