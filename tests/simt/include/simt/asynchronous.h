// Copies from global to shared memory that a thread begins and waits for (cp.async).
//
// What they bring is in shared memory when the thread that began them has waited, and not before: until then
// the bytes there are poison. The source is read when the copy begins, or only when it is waited for: the
// schedule decides. Other threads see the bytes behind a barrier that follows the wait.
#pragma once

#include <cstdint>

namespace simt {

/// 4, 8 or 16 bytes, at addresses that are multiples of as many: `floats` of them are read, and the rest
/// becomes 0.
void copy_async4(float* to, const float* from, int floats);
void copy_async8(float* to, const float* from, int floats);
void copy_async16(float* to, const float* from, int floats);
void copy_async16(float* to, const float* from);  // all of them

/// The copies that this thread began since its last commit become one group, which may be empty.
void commit_copies();

namespace detail {
void wait_copies(int left);
}

/// Until all groups but the latest `Left` have landed.
template <int Left>
void wait_copies() {
  detail::wait_copies(Left);
}

}  // namespace simt
