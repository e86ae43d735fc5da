// What the first four bytes of a file say, for messages.
#pragma once

#include <cstdint>
#include <string>

namespace innate::host {

constexpr std::uint32_t idx_images_magic = 0x00000803;
constexpr std::uint32_t idx_labels_magic = 0x00000801;

/// "0x00000801 (IDX: unsigned bytes, 1 dimension: labels)".
std::string describe_magic(std::uint32_t magic);

}  // namespace innate::host
