// Atomic operations of kernels. One OS thread runs all of them, and never stops inside one: plain arithmetic
// does.
#include "simt/atomics.h"

#include <algorithm>

#include "access.h"
#include "block.h"

namespace {

/// Stores change(old) and returns the old value; `code` is the kernel's line.
template <class T, class Change>
T update(T* address, const void* code, Change change) {
  if (simt::detail::in_watched_kernel)
    simt::detail::access(address, sizeof(T), simt::detail::Access::atomic_update, code);
  const T old = *address;
  *address = change(old);
  return old;
}

}  // namespace

#define ATOMIC(NAME, T, NEW_VALUE)                                                                         \
  T NAME(T* address, T value) {                                                                            \
    return update(address, __builtin_return_address(0), [=](T old) { return static_cast<T>(NEW_VALUE); }); \
  }

ATOMIC(atomicAdd, int, static_cast<unsigned>(old) + static_cast<unsigned>(value))  // wraps around
ATOMIC(atomicAdd, unsigned, old + value)
ATOMIC(atomicAdd, unsigned long long, old + value)
ATOMIC(atomicAdd, float, old + value)
ATOMIC(atomicAdd, double, old + value)
ATOMIC(atomicMax, int, std::max(old, value))
ATOMIC(atomicMax, unsigned, std::max(old, value))
ATOMIC(atomicMax, unsigned long long, std::max(old, value))
ATOMIC(atomicMin, int, std::min(old, value))
ATOMIC(atomicMin, unsigned, std::min(old, value))
ATOMIC(atomicMin, unsigned long long, std::min(old, value))
ATOMIC(atomicOr, unsigned, old | value)
ATOMIC(atomicAnd, unsigned, (old & value))

#define EXCHANGE(T)                                                                \
  T atomicExch(T* address, T value) {                                              \
    return update(address, __builtin_return_address(0), [=](T) { return value; }); \
  }
EXCHANGE(int)
EXCHANGE(unsigned)
EXCHANGE(unsigned long long)
EXCHANGE(float)

#define COMPARE(T)                                                       \
  T atomicCAS(T* address, T expected, T value) {                         \
    return update(address, __builtin_return_address(0),                  \
                  [=](T old) { return old == expected ? value : old; }); \
  }
COMPARE(int)
COMPARE(unsigned)
COMPARE(unsigned long long)
