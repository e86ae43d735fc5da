#pragma once

#include <string>
#include <string_view>

#include "host/data/sha256.h"
#include "host/results/bytes.h"

namespace innate::host {

/// SHA-256 of a text as 64 hexadecimal digits: the digest of a resolved experiment.
inline std::string sha256_hex(std::string_view text) { return sha256({as_bytes(text)}); }

}  // namespace innate::host
