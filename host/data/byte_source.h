// A file's bytes after decompression, read once from front to back, and the files that an archive holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace innate::host {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills `out` as far as the file goes and returns how much that was. Fewer bytes than out.size() means the
  /// end, and that every checksum in the file was right: so read until then, also where the last byte is
  /// already in hand. Throws DataError where the file is cut off or damaged.
  virtual std::size_t read(std::span<std::uint8_t> out) = 0;
};

/// Opens `file` by the end of its name: .gz, .tgz, .xz, or plain bytes. Throws DataError where it is not a
/// readable, not empty regular file.
std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& file);
/// The same by the end of `name`, which messages bear too.
std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& file, const std::filesystem::path& name);

/// What `packed` holds, by the end of `name`, which messages bear as the file's name.
std::unique_ptr<ByteSource> unpacked(std::unique_ptr<ByteSource> packed, const std::filesystem::path& name);

/// Bytes that lie in memory, and stay there while the source is read.
std::unique_ptr<ByteSource> bytes_in_memory(std::span<const std::uint8_t> bytes);

/// "a file", "a directory", "nothing", "a link to X, which is not there", ...: for messages.
std::string what_is_at(const std::filesystem::path& place);

/// Without .gz or .xz.
std::string without_packing(const std::string& name);

/// Reads to the end; returns how many bytes were left.
std::uint64_t count_rest(ByteSource& source);

/// .zip and .tar (.tar.gz, .tgz, .tar.xz) through libarchive.
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
