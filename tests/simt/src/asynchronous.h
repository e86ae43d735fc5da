// Copies from global to shared memory that have begun and not landed (simt/asynchronous.h).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace simt::detail {

struct AsyncCopy {
  char* to;
  const char* from;
  std::uint32_t bytes, read;  // written, and of these read; the others become 0
  int group;
  bool early;  // what was read when it began lies in `taken`
  std::array<char, 16> taken;
  const void* code;
};

/// Of one thread.
struct AsyncCopies {
  std::vector<AsyncCopy> under_way;  // in the order in which they began
  int groups = 0;                    // committed so far
};

}  // namespace simt::detail
