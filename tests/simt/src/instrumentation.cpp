// The entry points that -fsanitize=thread makes the compiler call around every load and store which it cannot
// prove private. The program is linked without that option, so these are all there is of its run time.
//
// Host code of the same files comes here too, from any OS thread: it is told apart by `in_watched_kernel`,
// and goes on.
#include <cstddef>
#include <cstdint>

#include "access.h"
#include "block.h"

namespace {

using simt::detail::Access;

inline void report(const volatile void* address, std::size_t bytes, Access kind, const void* code) {
  if (__builtin_expect(simt::detail::in_watched_kernel, 0))
    simt::detail::access(const_cast<const void*>(address), bytes, kind, code);
}

}  // namespace

#define CODE __builtin_return_address(0)

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_read(void**) {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_read_range(void* p, std::size_t n) { report(p, n, Access::read, CODE); }
void __tsan_write_range(void* p, std::size_t n) { report(p, n, Access::write, CODE); }

#define PLAIN(N)                                                                        \
  void __tsan_read##N(void* p) { report(p, N, Access::read, CODE); }                    \
  void __tsan_write##N(void* p) { report(p, N, Access::write, CODE); }                  \
  void __tsan_unaligned_read##N(void* p) { report(p, N, Access::read, CODE); }          \
  void __tsan_unaligned_write##N(void* p) { report(p, N, Access::write, CODE); }        \
  void __tsan_volatile_read##N(void* p) { report(p, N, Access::read, CODE); }           \
  void __tsan_volatile_write##N(void* p) { report(p, N, Access::write, CODE); }         \
  void __tsan_unaligned_volatile_read##N(void* p) { report(p, N, Access::read, CODE); } \
  void __tsan_unaligned_volatile_write##N(void* p) { report(p, N, Access::write, CODE); }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

// Atomic operations of host code (reference counts, guards of static variables) must stay atomic between OS
// threads.
void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void __tsan_atomic_signal_fence(int) {}

#define UPDATE(N, T, OPERATION)                                   \
  T __tsan_atomic##N##_##OPERATION(volatile T* p, T value, int) { \
    report(p, sizeof(T), Access::atomic_update, CODE);            \
    return __atomic_##OPERATION(p, value, __ATOMIC_SEQ_CST);      \
  }
#define ATOMIC(N, T)                                                                                   \
  T __tsan_atomic##N##_load(const volatile T* p, int) {                                                \
    report(p, sizeof(T), Access::atomic_read, CODE);                                                   \
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                                       \
  }                                                                                                    \
  void __tsan_atomic##N##_store(volatile T* p, T value, int) {                                         \
    report(p, sizeof(T), Access::atomic_write, CODE);                                                  \
    __atomic_store_n(p, value, __ATOMIC_SEQ_CST);                                                      \
  }                                                                                                    \
  T __tsan_atomic##N##_exchange(volatile T* p, T value, int) {                                         \
    report(p, sizeof(T), Access::atomic_update, CODE);                                                 \
    return __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);                                            \
  }                                                                                                    \
  UPDATE(N, T, fetch_add)                                                                              \
  UPDATE(N, T, fetch_sub)                                                                              \
  UPDATE(N, T, fetch_and)                                                                              \
  UPDATE(N, T, fetch_or)                                                                               \
  UPDATE(N, T, fetch_xor)                                                                              \
  UPDATE(N, T, fetch_nand)                                                                             \
  bool __tsan_atomic##N##_compare_exchange_strong(volatile T* p, T* expected, T value, int, int) {     \
    report(p, sizeof(T), Access::atomic_update, CODE);                                                 \
    return __atomic_compare_exchange_n(p, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
  }                                                                                                    \
  bool __tsan_atomic##N##_compare_exchange_weak(volatile T* p, T* expected, T value, int, int) {       \
    report(p, sizeof(T), Access::atomic_update, CODE);                                                 \
    return __atomic_compare_exchange_n(p, expected, value, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);  \
  }
ATOMIC(8, std::uint8_t)
ATOMIC(16, std::uint16_t)
ATOMIC(32, std::uint32_t)
ATOMIC(64, std::uint64_t)

// Library calls that the compiler makes out of copies; the program is linked with --wrap for these three.
void* __real_memcpy(void* to, const void* from, std::size_t bytes);
void* __real_memmove(void* to, const void* from, std::size_t bytes);
void* __real_memset(void* to, int value, std::size_t bytes);

void* __wrap_memcpy(void* to, const void* from, std::size_t bytes) {
  report(from, bytes, Access::read, CODE);
  report(to, bytes, Access::write, CODE);
  return __real_memcpy(to, from, bytes);
}

void* __wrap_memmove(void* to, const void* from, std::size_t bytes) {
  report(from, bytes, Access::read, CODE);
  report(to, bytes, Access::write, CODE);
  return __real_memmove(to, from, bytes);
}

void* __wrap_memset(void* to, int value, std::size_t bytes) {
  report(to, bytes, Access::write, CODE);
  return __real_memset(to, value, bytes);
}

}  // extern "C"
