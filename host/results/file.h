// Files of a results folder: written whole or not at all, and what is said where they cannot be written or
// read.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace innate::host {

/// A results file or folder cannot be written, read or trusted. The text names the file and says what to do.
struct ResultsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// "<file>: cannot <attempt>: <strerror(error)>; <what to do>". `bytes_needed` is for the advice of a full
/// disk; 0 where it is not known.
std::string file_error(const std::filesystem::path& file, std::string_view attempt, int error,
                       std::uint64_t bytes_needed = 0);
/// Throws it as a ResultsError.
[[noreturn]] void throw_file_error(const std::filesystem::path& file, std::string_view attempt, int error,
                                   std::uint64_t bytes_needed = 0);

/// Owns one POSIX file descriptor; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  /// Closes now; false with errno set where the kernel reports a late write error. EINTR means closed on
  /// Linux.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_ = -1;
};

/// Every temporary file of this program starts with this; it lies in the folder of the file that it will
/// become.
inline constexpr std::string_view temporary_prefix = ".tmp-";

/// Replaces a file so that a crash or kill at any moment leaves the old one or the new one, whole: temporary
/// file beside it, write, fsync, rename, fsync of the folder. The folder must exist. Throws ResultsError, and
/// removes the temporary file where anything fails, or nothing was committed. Its lock tells remove_leftovers
/// that its writer lives. A link stays one, and what it leads to is replaced; a device or a pipe is written
/// to as it is.
class AtomicFile {
 public:
  /// `bytes`: how many it will have, for messages; 0 where that is not known.
  explicit AtomicFile(std::filesystem::path file, std::uint64_t bytes = 0);
  AtomicFile(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::string_view bytes);
  void commit();

 private:
  [[noreturn]] void fail(std::string_view attempt, int error) const;

  std::filesystem::path target_, path_;
  std::uint64_t bytes_;
  Descriptor descriptor_;
};

/// The pieces, one after the other, in an AtomicFile.
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
