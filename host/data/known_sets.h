// The published sets that are checked byte for byte. A new one is a row of the table in known_sets.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "host/data/set_format.h"

namespace innate::host {

/// One file after decompression.
struct KnownFile {
  std::string_view sha256;
  std::uint64_t bytes;
};

struct KnownSet {
  std::string_view name;  // and its folder's
  std::string_view title;
  const SetFormat* format;
  std::span<const KnownFile> files;             // in the format's order
  std::span<const std::string_view> downloads;  // the files as they are published
  std::span<const std::string_view>
      mirrors;               // what stands before a download's name in its URL; tried in turn
  std::string_view package;  // Debian's, or ""

  /// Of all files after decompression.
  std::uint64_t bytes() const;
};

std::span<const KnownSet> known_sets();
const KnownSet* known_set(std::string_view name);  // null where unknown

}  // namespace innate::host
