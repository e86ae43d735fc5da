#pragma once

#include <filesystem>

#include "host/results/descriptor.h"

namespace innate::host {

/// The lock lies in the folder that it protects.
inline constexpr const char* lock_name = ".lock";

/// Throws ResultsError, as FolderLock does, where another process holds the folder. Touches nothing.
void refuse_second_process(const std::filesystem::path& folder);

/// Keeps a second process (or a second FolderLock of this one) out of a results folder. The kernel drops it
/// when the process dies, however it dies; the file then stays, harmless.
class FolderLock {
 public:
  /// Throws ResultsError that names the process which holds the lock.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(FolderLock&&) noexcept = default;
  ~FolderLock();

 private:
  std::filesystem::path file_;
  Descriptor descriptor_;
};

}  // namespace innate::host
