// The block's shared memory: exactly as many bytes as the launch asked for, poisoned when a block starts,
// between guards.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "shadow.h"

namespace simt::detail {

inline constexpr std::size_t kMaxShared = 232448;     // 227 KiB, compute capability 9.0
inline constexpr std::size_t kSharedReserved = 1024;  // of each block, by the device itself
inline constexpr std::size_t kSharedOfMultiprocessor = kMaxShared + kSharedReserved;
inline constexpr std::size_t kSharedWithoutAsking = 49152;

struct SharedField {
  const char* name;
  std::size_t offset, bytes;
};

class SharedMemory {
 public:
  void begin_block(std::size_t bytes);
  void end_block();
  /// Whether the bytes next to the block's memory are still what they were; says which not.
  bool guards_intact(std::string* what) const;

  char* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  /// Offset in shared memory; also for addresses in the guards. `in_area` tells whether it is either.
  std::ptrdiff_t offset(const void* address) const { return static_cast<const char*>(address) - data_; }
  bool in_area(const void* address) const;

  void name_field(const char* name, const void* address, std::size_t bytes);
  /// "shared memory +12 of 64 bytes ('weights' +4)"
  std::string describe(std::ptrdiff_t offset) const;

  Shadow shadow;

 private:
  char* area_ = nullptr;
  char* data_ = nullptr;
  std::size_t bytes_ = 0;
  std::vector<SharedField> fields_;
};

extern SharedMemory shared_memory;

}  // namespace simt::detail
