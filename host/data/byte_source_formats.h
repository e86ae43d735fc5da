// The kinds of file that open_bytes() chooses from, and what they share. Only host/data/*_source.cpp include
// this.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>

#include "host/data/byte_source.h"

namespace innate::host {

std::unique_ptr<ByteSource> open_plain(const std::filesystem::path& file);
std::unique_ptr<ByteSource> open_gzip(const std::filesystem::path& file);
std::unique_ptr<ByteSource> open_xz(const std::filesystem::path& file);

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

/// Throws DataError where the file cannot be opened.
FileHandle open_file(const std::filesystem::path& file);
/// fread that throws DataError where the device fails; fewer bytes than asked for means the end.
std::size_t read_file(std::FILE* handle, std::span<std::uint8_t> out, const std::filesystem::path& file);

}  // namespace innate::host
