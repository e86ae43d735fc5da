// The published sets that are checked byte for byte. A new one is a row of the table in known_sets.cpp.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace innate::host {

/// In this order everywhere: training images, training labels, test images, test labels.
constexpr int files_per_set = 4;

struct KnownFile {
  std::string_view stem;    // the file's name without .gz or .xz
  std::string_view sha256;  // of the bytes after decompression
};

struct KnownSet {
  std::string_view name;  // and its folder's
  std::array<KnownFile, files_per_set> files;
  std::string_view home;     // where it is published
  std::string_view package;  // Debian's, or ""
};

std::span<const KnownSet> known_sets();
const KnownSet* known_set(std::string_view name);  // null where unknown

/// The names that the files of a set have, known or not.
std::array<std::string, files_per_set> file_stems(std::string_view set);

}  // namespace innate::host
