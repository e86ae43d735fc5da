#include "host/data/load.h"

#include <algorithm>
#include <future>
#include <limits>
#include <map>
#include <new>
#include <optional>
#include <utility>

#include "host/data/byte_source.h"
#include "host/data/data_error.h"
#include "host/data/find_sets.h"
#include "host/data/sha256.h"

namespace innate::host {

namespace fs = std::filesystem;

namespace {

// ---- the files of a set, read and compared with what was published

/// Hands bytes on and takes their digest.
class Digesting : public ByteSource {
 public:
  explicit Digesting(ByteSource& inner) : inner_(inner) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t got = inner_.read(out);
    digest_.add(out.first(got));
    bytes_ += got;
    return got;
  }
  std::uint64_t bytes() const { return bytes_; }
  std::string sha256() { return digest_.hexadecimal(); }

 private:
  ByteSource& inner_;
  Sha256 digest_;
  std::uint64_t bytes_ = 0;
};

/// Reads file `index` of the format from `bytes` and, where `known` is not null, compares its SHA-256 with
/// the published one.
SetPart read_part(const SetFormat& format, int index, ByteSource& bytes, const fs::path& file,
                  const KnownSet* known) try {
  if (!known) return format.read(index, bytes, file);
  Digesting digesting(bytes);
  SetPart part = format.read(index, digesting, file);
  const KnownFile& published = known->files[static_cast<std::size_t>(index)];
  if (const std::string found = digesting.sha256(); found != published.sha256)
    throw DataError(file, std::to_string(digesting.bytes()) + " bytes with the SHA-256 " + found,
                    std::to_string(published.bytes) + " with " + std::string(published.sha256) +
                        " as published for " + std::string(known->name),
                    "fetch it again, or give the folder another name to use it as a set of its own");
  return part;
} catch (const std::bad_alloc&) {
  throw DataError(file, "more data than the free memory holds", "a set that fits", "free memory");
}

int index_of(const SetFormat& format, const std::string& name, const std::string& set) {
  for (std::size_t i = 0; i < format.files.size(); ++i) {
    const std::vector<std::string> names = spellings(format, i, set);
    if (std::find(names.begin(), names.end(), name) != names.end()) return static_cast<int>(i);
  }
  return -1;
}

std::string lacking(const SetFormat& format, const std::vector<std::optional<SetPart>>& parts) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!parts[i]) names.push_back(format.files[i]);
  return joined(names);
}

/// The parts found in an archive so far, by format.
using Parts = std::map<const SetFormat*, std::vector<std::optional<SetPart>>>;

void read_entry(const fs::path& file, const std::string& set, ByteSource& bytes, const KnownSet* known,
                Parts* parts) {
  const std::string name = without_packing(file.filename().string());
  for (const SetFormat* format : set_formats()) {
    const int index = index_of(*format, name, set);
    if (index < 0 || (known && known->format != format)) continue;
    auto& of_format = (*parts)[format];
    of_format.resize(format->files.size());
    std::optional<SetPart>& part = of_format[static_cast<std::size_t>(index)];
    if (part)
      throw DataError(file, name + " once more", "it once, as in " + part->file.string(),
                      "take one of them out of the archive");
    part = read_part(*format, index, bytes, file, known);
  }
}

/// Without ownership: the archive keeps its entry.
class Borrowed : public ByteSource {
 public:
  explicit Borrowed(ByteSource& inner) : inner_(inner) {}
  std::size_t read(std::span<std::uint8_t> out) override { return inner_.read(out); }

 private:
  ByteSource& inner_;
};

Parts read_archive(const fs::path& archive, const std::string& set, const KnownSet* known) {
  Parts parts;
  each_file(archive, [&](const fs::path& inside, ByteSource& bytes) {
    const auto whole = unpacked(std::make_unique<Borrowed>(bytes), archive / inside);
    read_entry(archive / inside, set, *whole, known, &parts);
  });
  return parts;
}

std::vector<SetPart> parts_of_archive(const FoundSet& set, const KnownSet* known, const SetFormat** format) {
  if (set.archives.size() > 1)
    throw DataError(set.folder,
                    "several archives (" + set.archives[0].filename().string() + ", " +
                        set.archives[1].filename().string() + ")",
                    "one that holds the set's files", "remove the others");
  const fs::path& archive = set.archives.front();
  Parts found = read_archive(archive, set.name, known);
  if (found.empty()) {
    const std::string wanted = known ? joined(known->format->files)
                                     : joined(idx_format().files) + ", or " + joined(cifar10_format().files);
    throw DataError(archive, "an archive with none of a set's files", wanted + " in it",
                    "put the set's files there, or remove the archive");
  }
  *format = found.begin()->first;
  for (const auto& [other, parts] : found)
    if (lacking(*other, parts).empty()) *format = other;
  const auto& parts = found[*format];
  if (const std::string names = lacking(**format, parts); !names.empty())
    throw DataError(archive, "an archive that lacks " + names, joined((*format)->files),
                    "fetch or pack it again");
  std::vector<SetPart> all;
  for (auto& part : found[*format]) all.push_back(std::move(*part));
  return all;
}

void require_complete(const FoundSet& set) {
  if (set.complete()) return;
  std::string names;
  for (const std::string& name : set.missing) names += (names.empty() ? "" : ", ") + name;
  const std::size_t count = set.format->files.size();
  throw DataError(set.folder, "a set that lacks " + names,
                  (count == 4 ? "four" : std::to_string(count)) + " files (each plain, .gz or .xz)",
                  "add what is missing, or remove the folder so that another '" + set.name + "' is used");
}

/// All parts, in the order of the format, which is written to `format`.
std::vector<SetPart> read_parts(const FoundSet& set, const KnownSet* known, const SetFormat** format) {
  if (!set.archives.empty()) return parts_of_archive(set, known, format);
  require_complete(set);
  *format = set.format;
  // At the same time, where there may be threads: .xz takes seconds a file.
  constexpr std::launch how = std::launch::async | std::launch::deferred;
  std::vector<std::future<SetPart>> reading;
  for (std::size_t i = 0; i < set.files.size(); ++i)
    reading.push_back(std::async(how, [&set, known, i] {
      return read_part(*set.format, static_cast<int>(i), *open_bytes(set.files[i]), set.files[i], known);
    }));
  std::vector<SetPart> parts;
  for (std::future<SetPart>& part : reading) parts.push_back(part.get());
  return parts;
}

// ---- the set

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
