#include "host/results/error.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace innate::host {
namespace {

std::string free_space(const std::filesystem::path& file) {
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  struct statvfs found {};
  if (::statvfs(folder.c_str(), &found) != 0) return "";
  return fmt::format(" and {} are free", std::uint64_t{found.f_bavail} * found.f_frsize);
}

std::string full_disk_hint(const std::filesystem::path& file, std::uint64_t bytes_needed) {
  if (bytes_needed == 0) return "free some space and run again";
  return fmt::format("{} bytes were needed{}: free some space and run again", bytes_needed, free_space(file));
}

std::string hint(const std::filesystem::path& file, int error, std::uint64_t bytes_needed) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return full_disk_hint(file, bytes_needed);
    case EFBIG:
      return fmt::format("{} bytes were needed: raise the file size limit (ulimit -f)", bytes_needed);
    case EACCES:
    case EPERM: return "choose a folder that you may write to, or change its permissions";
    case EROFS: return "the file system is mounted read-only: choose another folder";
    case ENOENT: return "the folder or file does not exist: check the spelling";
    case ENOTDIR: return "a part of the path is a file, not a folder";
    case EISDIR: return "a folder of that name is in the way: move it or choose another name";
    case ENAMETOOLONG: return "choose a shorter name";
    case EMFILE:
    case ENFILE: return "too many files are open: raise the limit (ulimit -n)";
    case EIO: return "the disk or network drive may be failing";
    case ENOLCK:
    case EOPNOTSUPP: return "this file system has no file locks: choose a folder on another one";
    default: return "";
  }
}

}  // namespace

void throw_file_error(const std::filesystem::path& file, std::string_view attempt, int error,
                      std::uint64_t bytes_needed) {
  const std::string advice = hint(file, error, bytes_needed);
  throw ResultsError(fmt::format("{}: cannot {}: {}{}{}", file.string(), attempt,
                                 std::generic_category().message(error), advice.empty() ? "" : "; ", advice));
}

}  // namespace innate::host
