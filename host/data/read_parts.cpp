#include "host/data/read_parts.h"

#include <algorithm>
#include <future>
#include <map>
#include <new>
#include <optional>

#include "host/data/archive.h"
#include "host/data/data_error.h"
#include "host/data/sha256.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

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

}  // namespace

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

}  // namespace innate::host
