#include "host/results/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "host/results/atomic_file.h"
#include "host/results/error.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& folder, int descriptor) {
  char text[32];
  const ssize_t size = ::pread(descriptor, text, sizeof text, 0);
  const std::string holder(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto pid = holder.substr(0, holder.find('\n'));
  throw ResultsError(
      fmt::format("{}: another process{} is writing this folder; wait for it, end it, or choose another "
                  "folder",
                  folder.string(), pid.empty() ? "" : fmt::format(" (pid {})", pid)));
}

void lock_or_refuse(const fs::path& folder, const fs::path& file, int descriptor) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) refuse(folder, descriptor);
    if (errno != EINTR) throw_file_error(file, "lock it", errno);
  }
}

// The previous holder removes the file while it still holds the lock: what we locked may be gone from the
// folder.
bool still_in_place(const fs::path& file, int descriptor) {
  struct stat ours {
  }, there{};
  return ::fstat(descriptor, &ours) == 0 && ::stat(file.c_str(), &there) == 0 &&
         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

void write_pid(const fs::path& file, int descriptor) {
  const std::string pid = fmt::format("{}\n", ::getpid());
  int error = ::ftruncate(descriptor, 0) == 0 ? 0 : errno;
  if (error == 0) error = write_all(descriptor, pid);
  if (error != 0) throw_file_error(file, "write it", error, pid.size());
}

}  // namespace

void refuse_second_process(const fs::path& folder) {
  const Descriptor lock(::open((folder / lock_name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (lock.valid() && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    refuse(folder, lock.get());
}

FolderLock::FolderLock(const fs::path& folder) : file_(folder / lock_name) {
  do {
    descriptor_ = Descriptor(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!descriptor_.valid()) throw_file_error(file_, "open the folder's lock", errno);
    lock_or_refuse(folder, file_, descriptor_.get());
  } while (!still_in_place(file_, descriptor_.get()));
  write_pid(file_, descriptor_.get());
}

FolderLock::~FolderLock() {
  if (descriptor_.valid()) ::unlink(file_.c_str());
}

}  // namespace innate::host
