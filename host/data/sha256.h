// SHA-256 through libcrypto.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace innate::host {

/// Of the parts one after the other; 64 hexadecimal digits. Throws DataError where libcrypto has no SHA-256.
std::string sha256(std::initializer_list<std::span<const std::uint8_t>> parts);

}  // namespace innate::host
