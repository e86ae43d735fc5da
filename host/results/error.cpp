#include "host/results/error.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace innate::host {
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

}  // namespace innate::host
