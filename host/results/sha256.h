#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace innate::host {

using Sha256 = std::array<std::uint8_t, 32>;

// SHA-256 of the pieces, one after the other.
Sha256 sha256(std::span<const std::string_view> pieces);
// As 64 hexadecimal digits.
std::string sha256_hex(std::string_view text);

}  // namespace innate::host
