#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace innate::host {

/// Every temporary file of this program starts with this; it lies in the folder of the file that it will
/// become.
inline constexpr std::string_view temporary_prefix = ".tmp-";

/// Replaces `file` by the pieces, one after the other, so that a crash or kill at any moment leaves the old
/// file or the new one, whole: temporary file beside it, write, fsync, rename, fsync of the folder. The
/// folder must exist. Throws ResultsError and removes the temporary file where anything fails.
void write_file(const std::filesystem::path& file, std::span<const std::string_view> pieces);
void write_file(const std::filesystem::path& file, std::string_view text);

/// Writes every byte to an open descriptor (short writes and EINTR are continued). Returns 0, or the errno.
int write_all(int descriptor, std::string_view bytes);

/// Removes what killed runs left behind. A temporary file that a live process is still writing is locked by
/// it and is left alone. Returns how many were removed; an absent folder has none.
int remove_leftovers(const std::filesystem::path& folder);

bool is_temporary(const std::filesystem::path& file);

/// The whole of a regular file. Throws ResultsError.
std::string read_file(const std::filesystem::path& file);

}  // namespace innate::host
