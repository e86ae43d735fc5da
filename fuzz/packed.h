// A data file in memory, unpacked by what it begins with.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "host/data/byte_source.h"

namespace innate::fuzz {

inline bool begins_with(std::span<const std::uint8_t> bytes, const std::string& magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

inline std::unique_ptr<host::ByteSource> source(std::span<const std::uint8_t> bytes) {
  const bool gzip = begins_with(bytes, "\x1f\x8b"), xz = begins_with(bytes,
                                                                     "\xfd"
                                                                     "7zXZ");
  return host::unpacked(host::bytes_in_memory(bytes), gzip ? "file.gz" : xz ? "file.xz" : "file");
}

}  // namespace innate::fuzz
