// A fiber: a stack of its own and the place where it stopped. The caller decides when to switch; a fiber
// never moves to another OS thread.
#pragma once

#include <cstddef>

#include "sanitizer.h"

namespace simt::detail {

inline constexpr std::size_t kStackBytes = (SIMT_ASAN ? 256 : 64) * 1024;
inline constexpr int kMaxFibers = 1024;

class Fiber {
 public:
  /// As made, it stands for the OS thread's own stack.
  Fiber() = default;

  /// The next switch to this fiber calls `entry` on stack number `stack`; whatever ran there before is
  /// forgotten. `entry` starts with `arrived()` and ends with `leave()`.
  void start(int stack, void (*entry)());

  /// Stops `from`, which is running, and goes on with `to`. Returns when something switches back to `from`.
  static void switch_to(Fiber& from, Fiber& to);
  static void arrived();
  [[noreturn]] static void leave(Fiber& from, Fiber& to);

  bool on_stack(const void* address) const {
    return static_cast<std::size_t>(static_cast<const char*>(address) - static_cast<const char*>(stack_)) <
           stack_bytes_;
  }
  static bool on_any_stack(const void* address);

 private:
  static void jump(Fiber& from, Fiber& to, bool from_ends);

  void* stack_pointer_ = nullptr;  // with the saved registers on top of it
  const void* stack_ = nullptr;    // lowest address; for the OS thread's stack only known under ASan
  std::size_t stack_bytes_ = 0;
  void* fake_stack_ = nullptr;  // ASan's
};

}  // namespace simt::detail
