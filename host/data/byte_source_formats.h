// The kinds of bytes that open_bytes() chooses from. Only host/data/*_source.cpp include this.
#pragma once

#include <filesystem>
#include <memory>

#include "host/data/byte_source.h"

namespace innate::host {

std::unique_ptr<ByteSource> open_plain(const std::filesystem::path& file);
/// What `packed` holds; `name` is for messages.
std::unique_ptr<ByteSource> unpack_gzip(std::unique_ptr<ByteSource> packed,
                                        const std::filesystem::path& name);
std::unique_ptr<ByteSource> unpack_xz(std::unique_ptr<ByteSource> packed, const std::filesystem::path& name);

}  // namespace innate::host
