#include "host/fetch/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "host/data/data_error.h"
#include "host/results/atomic_file.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& file, const std::string& attempt, int error) {
  throw DataError(file.string() + ": cannot " + attempt + ": " + std::generic_category().message(error) +
                  "; choose another folder with --to, or see to this one");
}

/// The process that held the lock before may have given the file its name meanwhile.
bool in_place(const fs::path& file, int descriptor) {
  struct stat ours = {}, there = {};
  return fstat(descriptor, &ours) == 0 && stat(file.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

void sync_folder(const fs::path& folder) {
  const Descriptor open_folder(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (open_folder.valid())
    fsync(open_folder.get());  // some file systems cannot; the name is there all the same
}

}  // namespace

PartFile::PartFile(const fs::path& target) : target_(target), path_(target.string() + ".part") {
  do open_and_lock();
  while (!in_place(path_, descriptor_.get()));
  struct stat status = {};
  if (fstat(descriptor_.get(), &status) != 0) fail(path_, "look at it", errno);
  if (!S_ISREG(status.st_mode)) fail(path_, "write it (it is no plain file)", EINVAL);
  size_ = static_cast<std::uint64_t>(status.st_size);
}

void PartFile::open_and_lock() {
  descriptor_ = Descriptor(open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!descriptor_.valid()) fail(path_, "create it", errno);
  while (flock(descriptor_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      throw DataError(path_.string() + ": another process is fetching this file; wait for it, or end it");
    if (errno != EINTR) fail(path_, "lock it", errno);
  }
}

PartFile::~PartFile() {
  if (descriptor_.valid() && size_ == 0 && in_place(path_, descriptor_.get())) unlink(path_.c_str());
}

int PartFile::append(std::string_view bytes) {
  const int error = write_all(descriptor_.get(), bytes);
  struct stat status = {};
  if (error == 0)
    size_ += bytes.size();
  else if (fstat(descriptor_.get(), &status) == 0)
    size_ = static_cast<std::uint64_t>(status.st_size);
  return error;
}

void PartFile::clear() {
  if (ftruncate(descriptor_.get(), 0) != 0) fail(path_, "empty it", errno);
  size_ = 0;
}

void PartFile::finish() {
  if (fsync(descriptor_.get()) != 0) fail(path_, "bring it to the disk", errno);
  if (std::rename(path_.c_str(), target_.c_str()) != 0) fail(target_, "give the file its name", errno);
  sync_folder(target_.parent_path());
  descriptor_ = Descriptor();
}

}  // namespace innate::host
