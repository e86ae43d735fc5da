// .zip and .tar (.tar.gz, .tgz, .tar.xz) through libarchive.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "host/data/byte_source.h"

namespace innate::host {

bool is_archive(const std::filesystem::path& file);  // by its name
/// Without .zip, .tar.gz and so on.
std::string without_archive_suffix(const std::string& name);

/// Hands over every regular file of the archive, in its order: its path in there, and its bytes, which are
/// readable until `visit` returns. Reads the archive to its end, so that all its checksums are compared.
/// Throws DataError.
void each_file(const std::filesystem::path& archive,
               const std::function<void(const std::filesystem::path& file, ByteSource& bytes)>& visit);
/// The same of a file whose kind is that of `name`, which messages bear too.
void each_file(const std::filesystem::path& archive, const std::filesystem::path& name,
               const std::function<void(const std::filesystem::path& file, ByteSource& bytes)>& visit);

}  // namespace innate::host
