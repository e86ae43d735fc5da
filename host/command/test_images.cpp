#include "host/command/test_images.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "host/command/exit_status.h"
#include "host/data/byte_source.h"
#include "host/data/data_error.h"
#include "host/data/find_sets.h"
#include "host/data/idx.h"
#include "host/data/load.h"

namespace innate::host {

namespace {

namespace fs = std::filesystem;

bool is_file(const std::string& name) { return what_is_at(name) == "a file"; }

TestImages of_pair(const fs::path& images, const fs::path& labels) {
  return {load_idx_pair(images, labels), labels, ""};
}

/// `load`, of the kind of arguments that it is given.
template <class... From>
TestImages of_set(const From&... from) {
  std::vector<fs::path> files;
  engine::DatasetPair pair = load(from..., &files);
  std::string whole = digest(pair);
  return {std::move(pair.test), files.back(), std::move(whole)};
}

/// The test images that lie in the folder itself, whatever its name.
std::optional<TestImages> in_folder(const fs::path& given) {
  const fs::path full = fs::absolute(given).lexically_normal();
  const fs::path folder = full.has_filename() ? full : full.parent_path();
  const KnownSet* known = known_set(folder.filename().string());
  const auto set = find_set_in(folder, folder.filename().string(), known);
  if (!set) return std::nullopt;
  if (set->complete()) return of_set(*set, known);
  if (set->format != &idx_format() || set->files[2].empty() || set->files[3].empty()) return std::nullopt;
  return of_pair(set->files[2], set->files[3]);
}

TestImages found(const std::vector<std::string>& data, const std::string& on, const std::string& own) {
  for (const std::string& given : data)
    if (const std::string there = what_is_at(given); there != "a file" && there != "a directory")
      throw DataError(given, there, "a folder, or two IDX files: --data IMAGES LABELS", "correct --data");
  const auto files = std::count_if(data.begin(), data.end(), is_file);
  if (files == 2 && data.size() == 2) return of_pair(data[0], data[1]);
  if (files > 0)
    throw UsageError("--data " + *std::find_if(data.begin(), data.end(), is_file) +
                     ": is a file, where a folder or two IDX files are expected; give images and labels, and "
                     "nothing else: --data IMAGES LABELS");
  const std::string name = on.empty() ? own : on;
  const auto path = data_path(data);  // refuses what is no directory
  const std::vector<fs::path> given(data.begin(), data.end());
  if (on.empty() && !find_set(name, given))
    for (const fs::path& folder : given)
      if (auto set = in_folder(folder)) return *set;
  if (!given.empty() && !find_set(name, given))  // never another set in place of one that was asked for
    throw DataError(given.front(), "neither a data set nor a folder with '" + name + "' in it",
                    "one of these, or two IDX files",
                    "correct --data, name another set with --on, or leave --data out for the usual places");
  if (!on.empty() && !known_set(on) && !find_set(on, path)) throw UsageError(missing_set(on, path).what());
  return of_set(name, path);
}

}  // namespace

TestImages test_images(const std::vector<std::string>& data, const std::string& on, const Json& task) {
  TestImages images = found(data, on, task.at("data"));
  if (!on.empty() && on != task.at("data")) images.digest.clear();
  if (task.at("transpose")) transpose(&images.set);
  const Json& classes = task.at("classes");
  if (!classes.is_array()) return images;
  const std::string name = std::exchange(images.set.name, images.labels.string());  // what would lack some
  images.set = restrict(images.set, classes.get<std::vector<int>>(), 0, 0);
  images.set.name = name;
  return images;
}

}  // namespace innate::host
