#include "host/data/idx_magic.h"

#include <cstdio>

namespace innate::host {
namespace {

const char* idx_type(std::uint32_t code) {
  switch (code) {
    case 0x08: return "unsigned bytes";
    case 0x09: return "signed bytes";
    case 0x0b: return "16-bit integers";
    case 0x0c: return "32-bit integers";
    case 0x0d: return "32-bit floats";
    case 0x0e: return "64-bit floats";
    default: return nullptr;
  }
}

std::string meaning(std::uint32_t magic) {
  if (magic == idx_images_magic) return "IDX: unsigned bytes, 3 dimensions: images";
  if (magic == idx_labels_magic) return "IDX: unsigned bytes, 1 dimension: labels";
  if (magic >> 16 == 0x1f8b) return "gzip data: its name should end in .gz";
  if (magic == 0xfd377a58) return "xz data: its name should end in .xz";
  const std::uint32_t dimensions = magic & 0xff;
  const char* type = magic >> 16 == 0 ? idx_type(magic >> 8) : nullptr;
  if (!type || dimensions == 0) return "not IDX";
  return std::string("IDX: ") + type + ", " + std::to_string(dimensions) +
         (dimensions == 1 ? " dimension" : " dimensions");
}

}  // namespace

std::string describe_magic(std::uint32_t magic) {
  char digits[11];
  std::snprintf(digits, sizeof digits, "0x%08x", static_cast<unsigned>(magic));
  return std::string(digits) + " (" + meaning(magic) + ")";
}

}  // namespace innate::host
