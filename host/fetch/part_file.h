// FILE.part: as much of a file as has come so far.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "host/results/descriptor.h"

namespace innate::host {

/// Open and locked: no two processes write it. It outlives the object, unless it is empty. Throws DataError.
class PartFile {
 public:
  explicit PartFile(const std::filesystem::path& target);
  PartFile(const PartFile&) = delete;
  ~PartFile();

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  /// Appends; 0, or the errno.
  int append(std::string_view bytes);
  void clear();
  /// Gives it the target's name, in place of what bore it, once its bytes are on the disk.
  void finish();

 private:
  void open_and_lock();

  std::filesystem::path target_, path_;
  Descriptor descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace innate::host
