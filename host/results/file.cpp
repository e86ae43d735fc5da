#include "host/results/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace innate::host {

namespace fs = std::filesystem;

// ---- errors

namespace {

std::string no_room(const std::filesystem::path& file, std::uint64_t bytes_needed) {
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  struct statvfs found {};
  const bool known = ::statvfs(folder.c_str(), &found) == 0;
  if (known && found.f_files > 0 && found.f_favail == 0)
    return "the file system can hold no more files (it has no inodes left): remove some files and run again";
  if (bytes_needed == 0) return "free some space and run again";
  const std::string free =
      known ? fmt::format(" and {} are free", std::uint64_t{found.f_bavail} * found.f_frsize) : "";
  return fmt::format("{} bytes were needed{}: free some space and run again", bytes_needed, free);
}

std::string needed(std::uint64_t bytes) {
  return bytes == 0 ? "" : fmt::format("{} bytes were needed: ", bytes);
}

std::string advice(const std::filesystem::path& file, int error, std::uint64_t bytes_needed) {
  switch (error) {
    case ENOSPC: return no_room(file, bytes_needed);
    case EDQUOT:
      return needed(bytes_needed) +
             "your quota of space or of files is used up there: remove some, or choose a folder on another "
             "file system";
    case EFBIG:
      return needed(bytes_needed) +
             "raise the file size limit (ulimit -f), or choose a folder on a file system that holds larger "
             "files";
    case EACCES:
    case EPERM: return "choose a folder that you may write to, or change its permissions";
    case EROFS: return "the file system is mounted read-only: choose another folder";
    case ENOENT: return "a file or folder of this path does not exist: check the spelling";
    case EEXIST: return "something of that name is in the way: move it or choose another name";
    case ENOTDIR: return "a part of the path is a file, not a folder";
    case EISDIR: return "a folder of that name is in the way: move it or choose another name";
    case ENOTEMPTY: return "another program writes into the folder: end it and run again";
    case ELOOP: return "symbolic links lead in a circle, or one is where none may be: choose another path";
    case ENAMETOOLONG: return "choose a shorter name";
    case EINVAL:
    case EILSEQ: return "the file system takes no such name or file: choose another folder";
    case EXDEV: return "the folder is made of several file systems: choose another one";
    case EMLINK: return "a folder there can hold no more folders: choose another one";
    case EMFILE:
    case ENFILE: return "too many files are open: raise the limit (ulimit -n)";
    case ENOMEM: return "the system has no memory left: end other programs and run again";
    case EBUSY:
    case ETXTBSY: return "it is in use, or a folder that nothing can replace: choose another name";
    case EIO:
    case ENXIO:
    case ENODEV: return "the disk or network drive may be failing";
    case ESTALE:
    case ENOTCONN:
    case ECONNABORTED:
    case EHOSTDOWN:
    case ETIMEDOUT: return "the network drive has gone: mount it again, then run again";
    case ENOLCK:
    case ENOSYS:
    case EOPNOTSUPP:
      return "this file system lacks what is needed (such as file locks): choose a folder on another one";
    default: return "choose another folder, or ask who looks after this machine";
  }
}

}  // namespace

std::string file_error(const std::filesystem::path& file, std::string_view attempt, int error,
                       std::uint64_t bytes_needed) {
  return fmt::format("{}: cannot {}: {}; {}", file.string(), attempt, std::generic_category().message(error),
                     advice(file, error, bytes_needed));
}

void throw_file_error(const std::filesystem::path& file, std::string_view attempt, int error,
                      std::uint64_t bytes_needed) {
  throw ResultsError(file_error(file, attempt, error, bytes_needed));
}

// ---- files

namespace {

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

// Unique among the threads of this process and among live processes; O_EXCL catches the rest.
fs::path temporary_name(const fs::path& file) {
  static std::atomic<unsigned> counter{0};
  return folder_of(file) / fmt::format("{}{}-{}", temporary_prefix, ::getpid(), counter.fetch_add(1));
}

Descriptor open_or_errno(const fs::path& path, int flags) {
  int fd;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EINTR);
  return Descriptor(fd);
}

// Makes the new name itself survive a power cut. Some file systems have no fsync of folders and say EINVAL.
void sync_folder(const fs::path& folder) {
  const Descriptor opened = open_or_errno(folder, O_RDONLY | O_DIRECTORY);
  if (!opened.valid()) return;  // a folder may be writable and not readable
  if (::fsync(opened.get()) != 0 && errno != EINVAL && errno != EOPNOTSUPP && errno != EROFS)
    throw_file_error(folder, "write the folder to the disk", errno);
}

bool remove_if_abandoned(const fs::path& file) {
  const Descriptor opened = open_or_errno(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!opened.valid() || ::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) return false;
  return ::unlink(file.c_str()) == 0;
}

}  // namespace

int write_all(int descriptor, std::string_view bytes) {
  constexpr std::size_t largest = std::size_t{1} << 30;  // Linux writes at most 2 GiB at once
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), std::min(bytes.size(), largest));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;  // no progress and no reason given
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

AtomicFile::AtomicFile(fs::path file, std::uint64_t bytes) : target_(std::move(file)), bytes_(bytes) {
  std::error_code unknown;
  for (int links = 0; links < 40 && fs::is_symlink(target_, unknown); ++links)
    target_ = target_.parent_path() / fs::read_symlink(target_, unknown);
  const fs::file_status there = fs::status(target_, unknown);
  if (fs::exists(there) && !fs::is_regular_file(there) && !fs::is_directory(there)) {
    descriptor_ = open_or_errno(target_, O_WRONLY);
    if (!descriptor_.valid()) fail("open it", errno);
    return;
  }
  do {
    path_ = temporary_name(target_);
    descriptor_ = open_or_errno(path_, O_WRONLY | O_CREAT | O_EXCL);
  } while (!descriptor_.valid() && errno == EEXIST);
  if (!descriptor_.valid()) {
    path_.clear();
    fail("create a temporary file beside it", errno);
  }
  ::flock(descriptor_.get(), LOCK_EX | LOCK_NB);
}

AtomicFile::~AtomicFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  if (const int error = write_all(descriptor_.get(), bytes)) fail("write it", error);
}

void AtomicFile::commit() {
  if (path_.empty()) return;  // no file
  if (::fsync(descriptor_.get()) != 0) fail("write it to the disk", errno);
  if (::rename(path_.c_str(), target_.c_str()) != 0) fail("put it in place", errno);
  path_.clear();
  if (!descriptor_.close() && errno != EINTR) fail("write it to the disk", errno);
  sync_folder(folder_of(target_));
}

void AtomicFile::fail(std::string_view attempt, int error) const {
  throw_file_error(target_, attempt, error, bytes_);
}

void write_file(const fs::path& file, std::span<const std::string_view> pieces) {
  std::uint64_t bytes = 0;
  for (const auto piece : pieces) bytes += piece.size();
  AtomicFile out(file, bytes);
  for (const auto piece : pieces) out.write(piece);
  out.commit();
}

void write_file(const fs::path& file, std::string_view text) { write_file(file, std::span(&text, 1)); }

bool is_temporary(const fs::path& file) { return file.filename().string().starts_with(temporary_prefix); }

int remove_leftovers(const fs::path& folder) {
  int removed = 0;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (is_temporary(at->path()) && at->is_regular_file(error)) removed += remove_if_abandoned(at->path());
  return removed;
}

std::string read_file(const fs::path& file) {
  const Descriptor opened = open_or_errno(file, O_RDONLY | O_NONBLOCK);
  if (!opened.valid()) throw_file_error(file, "open it", errno);
  struct stat about {};
  if (::fstat(opened.get(), &about) != 0) throw_file_error(file, "look at it", errno);
  if (!S_ISREG(about.st_mode)) throw ResultsError(fmt::format("{}: is not a regular file", file.string()));
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(opened.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_file_error(file, "read it", errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

}  // namespace innate::host
