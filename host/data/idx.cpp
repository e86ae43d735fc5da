#include "host/data/idx.h"

#include <algorithm>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <utility>

#include "host/data/data_error.h"
#include "host/data/file_kind.h"

namespace innate::host {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t chunk = std::size_t{1} << 20;
constexpr const char* fetch_again = "fetch or copy the file again";

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
         bytes[3];
}

std::string times(const std::vector<int>& extents) {
  std::string text;
  for (const int extent : extents) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

/// Reads on, for as much as it takes to say what the file is instead.
[[noreturn]] void refuse_kind(std::vector<std::uint8_t> first, ByteSource& source, std::uint32_t magic,
                              const fs::path& file) {
  const std::size_t have = first.size();
  first.resize(std::max(have, kind_bytes));
  first.resize(have + source.read(std::span(first).subspan(have)));
  const FileKind kind = kind_of(first);
  const bool twice = kind.advice.starts_with("its name") && without_packing(file.string()) != file.string();
  throw DataError(file, kind.what + (twice ? " once more, unpacked" : ""), describe_idx(magic),
                  twice ? "unpack it once" : kind.advice);
}

std::vector<std::uint8_t> read_header(ByteSource& source, std::uint32_t magic, const fs::path& file) {
  const std::size_t bytes = 4 + 4 * (magic & 0xff);
  std::vector<std::uint8_t> header(bytes);
  header.resize(source.read(header));
  if (header.size() >= 4 && big_endian(header.data()) != magic) refuse_kind(header, source, magic, file);
  if (header.size() < bytes)
    throw DataError(file, std::to_string(header.size()) + " bytes",
                    "an IDX header of " + std::to_string(bytes) + " bytes", fetch_again);
  return header;
}

std::vector<int> read_extents(const std::vector<std::uint8_t>& header, const fs::path& file) {
  constexpr int most = std::numeric_limits<int>::max();
  std::vector<int> extents;
  for (std::size_t at = 4; at < header.size(); at += 4) {
    const std::uint32_t extent = big_endian(header.data() + at);
    if (extent == 0 || extent > static_cast<std::uint32_t>(most))
      throw DataError(
          file,
          "extent " + std::to_string(extent) + " in the header (dimension " + std::to_string(at / 4) + ")",
          "1 to " + std::to_string(most), fetch_again);
    extents.push_back(static_cast<int>(extent));
  }
  if (extents.size() == 3 && std::int64_t{extents[1]} * extents[2] > most)
    throw DataError(file, "images of " + times({extents[1], extents[2]}) + " pixels in the header",
                    "at most " + std::to_string(most) + " pixels", fetch_again);
  return extents;
}

// At most 2^62: read_extents() keeps the count and the pixels of an image below 2^31 each.
std::uint64_t product(const std::vector<int>& extents) {
  std::uint64_t total = 1;
  for (const int extent : extents) total *= static_cast<std::uint64_t>(extent);
  return total;
}

// Doubles what it holds as long as the file keeps up, to at most `expected`.
std::vector<std::uint8_t> read_values(ByteSource& source, std::uint64_t expected) {
  std::vector<std::uint8_t> values;
  while (values.size() < expected) {
    const std::size_t have = values.size();
    const std::size_t step = std::min<std::uint64_t>(expected - have, std::max(chunk, have));
    values.reserve(have + step);
    values.resize(have + step);
    const std::size_t got = source.read(std::span(values).subspan(have));
    if (got == step) continue;
    values.resize(have + got);
    break;
  }
  return values;
}

IdxFile read_checked(ByteSource& source, const fs::path& file, std::uint32_t magic) {
  const std::vector<std::uint8_t> header = read_header(source, magic, file);
  IdxFile idx;
  idx.extents = read_extents(header, file);
  const std::uint64_t expected = product(idx.extents);
  idx.values = read_values(source, expected);
  // Reads to the end also where nothing should be left: only then are the file's checksums compared.
  const std::uint64_t found = idx.values.size() + count_rest(source);
  if (found != expected)
    throw DataError(file, std::to_string(found) + " bytes after the header",
                    std::to_string(expected) + " (" + times(idx.extents) + " in the header)", fetch_again);
  return idx;
}

IdxFile read_idx(ByteSource& source, const fs::path& file, std::uint32_t magic) try {
  return read_checked(source, file, magic);
} catch (const std::bad_alloc&) {
  throw DataError(file, "more data than the free memory holds", "a set that fits", "free memory");
}

}  // namespace

IdxFile read_idx_images(ByteSource& bytes, const fs::path& file) {
  return read_idx(bytes, file, idx_images_magic);
}
IdxFile read_idx_labels(ByteSource& bytes, const fs::path& file) {
  return read_idx(bytes, file, idx_labels_magic);
}
IdxFile read_idx_images(const fs::path& file) { return read_idx_images(*open_bytes(file), file); }
IdxFile read_idx_labels(const fs::path& file) { return read_idx_labels(*open_bytes(file), file); }

engine::Dataset load_idx_pair(const std::filesystem::path& images, const std::filesystem::path& labels) {
  IdxFile pictures = read_idx_images(images), classes = read_idx_labels(labels);
  if (pictures.extents[0] != classes.extents[0])
    throw DataError(
        labels, std::to_string(classes.extents[0]) + " labels",
        std::to_string(pictures.extents[0]) + ", as many as there are images in " + images.string(),
        "check that both files belong to the same set");
  engine::Dataset set;
  set.name = images.filename().string();
  set.count = pictures.extents[0];
  set.height = pictures.extents[1];
  set.width = pictures.extents[2];
  set.images = std::move(pictures.values);
  set.labels = std::move(classes.values);
  set.classes = 1 + *std::max_element(set.labels.begin(), set.labels.end());
  return set;
}

}  // namespace innate::host
