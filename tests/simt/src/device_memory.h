// Global memory: what cudaMalloc gave out, each buffer in a mapping of its own with guards on both sides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "shadow.h"

namespace simt::detail {

struct Buffer {
  char* mapping;
  std::size_t mapping_bytes;
  char* data;
  std::size_t bytes;
  int number;  // the how manieth cudaMalloc of the process
  Shadow shadow;

  bool in_mapping(const void* address) const {
    return static_cast<std::size_t>(static_cast<const char*>(address) - mapping) < mapping_bytes;
  }
  std::ptrdiff_t offset(const void* address) const { return static_cast<const char*>(address) - data; }
};

class DeviceMemory {
 public:
  static constexpr std::size_t kTotal = std::size_t{2} << 30;

  /// Null when more than kTotal bytes would be in use.
  void* allocate(std::size_t bytes, bool checked);
  /// False for an address that `allocate` did not give. Throws LaunchError if the buffer's guards were
  /// written.
  bool release(void* data);

  /// The buffer whose mapping (memory or guards) holds the address, or null.
  Buffer* find(const void* address);
  std::size_t used() const { return used_; }

  /// Throws LaunchError if a kernel wrote next to a buffer.
  void check_guards();

 private:
  std::map<std::uintptr_t, Buffer> buffers_;  // by the mapping's address
  Buffer* last_found_ = nullptr;
  std::size_t used_ = 0;
  int count_ = 0;
};

extern DeviceMemory device_memory;

/// "buffer #3 (argument 2, 4000 bytes)": the argument of the running kernel that points into it, if one does.
std::string describe(const Buffer& buffer);

}  // namespace simt::detail
