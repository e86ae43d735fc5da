#include "host/data/load.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "host/data/data_error.h"
#include "host/data/missing_set.h"
#include "host/data/read_parts.h"
#include "host/data/sha256.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

void require_folder_name(const std::string& name) {
  if (!name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos) return;
  throw DataError("Found '" + name +
                  "' as the name of a data set, expected the name of a folder such as 'mnist'; "
                  "use --data or INNATE_DATA to say where the folder lies");
}

/// No set is taken from behind a folder that might hold it and cannot be looked into.
void require_readable(const std::string& name, const std::vector<fs::path>& path,
                      const std::optional<FoundSet>& found) {
  for (const fs::path& directory : path) {
    const fs::path folder = directory / name;
    if (found && (found->folder == directory || found->folder == folder)) return;
    std::error_code unknown, failed;
    if (!fs::is_directory(folder, unknown)) continue;
    const fs::directory_iterator first(folder, failed);
    if (failed)
      throw DataError(folder, "a directory that cannot be read (" + failed.message() + ")", "a data set",
                      "change its permissions, or take " + directory.string() + " off the search path");
  }
}

std::string size_of(const SetPart& part) { return size_text(part.height, part.width, part.channels); }

void require_one_size(const std::vector<SetPart>& parts, int training_files) {
  const auto first = std::find_if(parts.begin(), parts.end(), [](const auto& p) { return p.has_images(); });
  for (const SetPart& part : parts)
    if (part.has_images() && size_of(part) != size_of(*first))
      throw DataError(
          part.file, (&part < &parts[training_files] ? "images of " : "test images of ") + size_of(part),
          size_of(*first) + " as in " + first->file.string(), "check that both files belong to the same set");
}

/// Frees `from`.
void append(std::vector<std::uint8_t>& from, std::vector<std::uint8_t>* to) {
  if (to->capacity() == 0)
    to->swap(from);
  else
    to->insert(to->end(), from.begin(), from.end());
  std::vector<std::uint8_t>().swap(from);
}

void require_counts(const std::vector<SetPart>& parts, const engine::Dataset& half) {
  const std::size_t images = half.images.size() / static_cast<std::size_t>(half.pixels());
  if (images != half.labels.size())
    throw DataError(
        parts.back().file, std::to_string(half.labels.size()) + " labels",
        std::to_string(images) + ", as many as there are images in " + parts.front().file.string(),
        "check that both files belong to the same set");
  if (images > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw DataError(parts.front().file, std::to_string(images) + " images with the files beside it",
                    "at most 2147483647", "divide the set");
}

/// One half, from its parts: images come before their labels, or with them.
engine::Dataset join(std::vector<SetPart> parts, const std::string& name) {
  engine::Dataset half;
  half.name = name;
  half.height = parts.front().height, half.width = parts.front().width,
  half.channels = parts.front().channels;
  const auto with_images =
      std::count_if(parts.begin(), parts.end(), [](const auto& p) { return p.has_images(); });
  std::size_t bytes = 0;
  for (const SetPart& part : parts) bytes += part.images.size();
  if (with_images > 1) half.images.reserve(bytes);
  for (SetPart& part : parts) {
    append(part.images, &half.images);
    append(part.labels, &half.labels);
  }
  require_counts(parts, half);
  half.count = static_cast<int>(half.labels.size());
  return half;
}

int largest_label(const engine::Dataset& set) {
  return *std::max_element(set.labels.begin(), set.labels.end());
}

void add_half(const engine::Dataset& half, Sha256* digest) {
  const std::string sizes = std::to_string(half.count) + " " +
                            size_text(half.height, half.width, half.channels) + " " +
                            std::to_string(half.classes) + "\n";
  digest->add({reinterpret_cast<const std::uint8_t*>(sizes.data()), sizes.size()});
  digest->add(half.images);
  digest->add(half.labels);
}

}  // namespace

engine::DatasetPair load(const std::string& name, const std::vector<fs::path>& path,
                         std::vector<fs::path>* files) {
  require_folder_name(name);
  const std::optional<FoundSet> set = find_set(name, path);
  require_readable(name, path, set);
  if (!set) throw missing_set(name, path);
  return load(*set, known_set(name), files);
}

engine::DatasetPair load(const FoundSet& set, const KnownSet* known, std::vector<fs::path>* files) {
  const SetFormat* format = nullptr;
  std::vector<SetPart> parts = read_parts(set, known, &format);
  require_one_size(parts, format->training_files);
  for (const SetPart& part : parts)
    if (files) files->push_back(part.file);
  const auto middle = std::make_move_iterator(parts.begin() + format->training_files);
  engine::DatasetPair pair{join({std::make_move_iterator(parts.begin()), middle}, set.name + " train"),
                           join({middle, std::make_move_iterator(parts.end())}, set.name + " test")};
  pair.train.classes = pair.test.classes = 1 + std::max(largest_label(pair.train), largest_label(pair.test));
  return pair;
}

std::string digest(const engine::DatasetPair& pair) {
  Sha256 digest;
  add_half(pair.train, &digest);
  add_half(pair.test, &digest);
  return digest.hexadecimal();
}

std::string size_text(int height, int width, int channels) {
  const std::string grid = std::to_string(height) + " x " + std::to_string(width);
  return channels == 1 ? grid : grid + " x " + std::to_string(channels);
}

}  // namespace innate::host
