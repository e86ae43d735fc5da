// Which of the threads that could run goes next. Threads are switched only where they wait, so the program
// order inside a thread is exact, and the order between threads is this class's choice.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "fiber.h"
#include "simt/config.h"

namespace simt::detail {

struct Thread;

/// xorshift64*: small, and the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  std::uint32_t below(std::uint32_t bound);

 private:
  std::uint64_t state_;
};

class Scheduler {
 public:
  void begin(Schedule schedule, std::uint64_t seed);

  /// These may go on, in the schedule's order, after those that may already.
  void release_block();
  void release_warp(int warp, unsigned lanes);

  /// Whether a copy that begins now reads its source at once.
  bool reads_early();

  /// Runs others until this thread's turn comes. When nobody can run, control returns to the launching code.
  void pause();
  /// Runs others for good: this thread has left the kernel.
  [[noreturn]] void leave();

 private:
  Thread*& ready(std::size_t place) { return ready_[(head_ + place) % kMaxFibers]; }
  Thread* next();
  void enter(Thread* thread);

  Schedule schedule_ = Schedule::forward;
  Random random_{1};
  std::array<Thread*, kMaxFibers> ready_{};  // a ring; a block has at most that many threads
  std::size_t head_ = 0, waiting_ = 0;
};

extern Scheduler scheduler;

/// The order in which a launch runs its `count` blocks.
std::vector<std::uint32_t> block_order(std::uint32_t count, Schedule schedule, std::uint64_t seed);

}  // namespace simt::detail
