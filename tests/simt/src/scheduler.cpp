#include "scheduler.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "block.h"

namespace simt::detail {

Scheduler scheduler;

Random::Random(std::uint64_t seed) : state_((seed + 1) * 0x9e3779b97f4a7c15u) {
  if (!state_) state_ = 1;
  for (int i = 0; i < 4; ++i) below(2);  // seeds that are neighbours drift apart
}

std::uint32_t Random::below(std::uint32_t bound) {
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return static_cast<std::uint32_t>((state_ * 0x2545f4914f6cdd1du) >> 32) % bound;
}

void Scheduler::begin(Schedule schedule, std::uint64_t seed) {
  schedule_ = schedule;
  random_ = Random(seed);
  head_ = waiting_ = 0;
}

void Scheduler::release_block() {
  const int count = static_cast<int>(running.warps.size());
  const bool descending = schedule_ == Schedule::reverse || schedule_ == Schedule::warp_reverse;
  for (int i = 0; i < count; ++i) {
    const int warp = descending ? count - 1 - i : i;
    const Warp& lanes = running.warps[static_cast<std::size_t>(warp)];
    release_warp(warp, lanes.exist & ~lanes.exited);
  }
}

void Scheduler::release_warp(int warp, unsigned lanes) {
  for (int i = 0; i < 32; ++i) {
    const int lane = schedule_ == Schedule::reverse ? 31 - i : i;
    if (!(lanes >> lane & 1)) continue;
    Thread& thread = running.threads[static_cast<std::size_t>(warp * 32 + lane)];
    thread.state = State::ready;
    ready(waiting_++) = &thread;
  }
}

Thread* Scheduler::next() {
  if (!waiting_) return nullptr;
  if (schedule_ == Schedule::random)
    std::swap(ready(0), ready(random_.below(static_cast<std::uint32_t>(waiting_))));
  Thread* thread = ready(0);
  head_ = (head_ + 1) % kMaxFibers;
  --waiting_;
  return thread;
}

bool Scheduler::reads_early() {
  return schedule_ == Schedule::reverse || (schedule_ == Schedule::random && random_.below(2));
}

void Scheduler::enter(Thread* thread) {
  running.current = thread;
  if (thread) threadIdx = thread->index;
}

void Scheduler::pause() {
  Thread* me = running.current;
  Thread* to = next();
  if (to == me) return;
  enter(to);
  Fiber::switch_to(me ? me->fiber : running.host, to ? to->fiber : running.host);
}

void Scheduler::leave() {
  Thread* me = running.current;
  Thread* to = next();
  enter(to);
  Fiber::leave(me->fiber, to ? to->fiber : running.host);
}

std::vector<std::uint32_t> block_order(std::uint32_t count, Schedule schedule, std::uint64_t seed) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  if (schedule == Schedule::reverse) std::reverse(order.begin(), order.end());
  if (schedule == Schedule::random) {
    Random random(seed);
    for (std::uint32_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  }
  return order;
}

}  // namespace simt::detail
