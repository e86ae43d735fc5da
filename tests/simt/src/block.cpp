#include "block.h"

#include <cstdlib>
#include <cstring>

#include "scheduler.h"

namespace simt::detail {

Block running;
std::mutex executor_mutex;
constinit thread_local bool in_watched_kernel = false;

std::string to_string(Site site) {
  if (site.file == nullptr) return "an unknown line";
  const char* slash = std::strrchr(site.file, '/');
  return std::string(slash ? slash + 1 : site.file) + ":" + std::to_string(site.line);
}

std::string to_string(uint3 index) {
  return "(" + std::to_string(index.x) + "," + std::to_string(index.y) + "," + std::to_string(index.z) + ")";
}

void Block::begin(uint3 block_index, uint3 block_size) {
  index = block_index;
  size = block_size;
  count = live = static_cast<int>(size.x * size.y * size.z);
  exited = 0;
  barrier = {};
  current = nullptr;
  error.clear();
  threads.resize(kMaxFibers);
  warps.assign(static_cast<std::size_t>(count + 31) / 32, Warp{});
  for (int i = 0; i < count; ++i) {
    const auto n = static_cast<unsigned>(i);
    Thread& thread = threads[n];
    thread.linear = i;
    thread.index = {n % size.x, n / size.x % size.y, n / size.x / size.y};
    thread.state = State::ready;
    thread.copies.under_way.clear();
    thread.copies.groups = 0;
    warps[n / 32].exist |= 1u << n % 32;
  }
}

std::string Block::deadlock() const {
  std::string text = "deadlock in block " + to_string(index) + ":";
  int shown = 0;
  const Thread* previous = nullptr;
  for (int i = 0; i < count && shown < 4; ++i) {  // one thread of each group that waits at the same place
    const Thread& thread = threads[static_cast<std::size_t>(i)];
    if (thread.state == State::done) continue;
    if (previous && previous->site.line == thread.site.line && previous->operation == thread.operation)
      continue;
    text += " thread " + to_string(thread.index) + " waits in " + thread.operation + " at " +
            to_string(thread.site) + ";";
    previous = &thread;
    ++shown;
  }
  return text + " " + std::to_string(live) + " of " + std::to_string(count) + " threads unfinished";
}

void fail(const std::string& what) {
  if (!running.current) throw LaunchError(what);
  throw LaunchError(what + " [block " + to_string(running.index) + " thread " +
                    to_string(running.current->index) + "]");
}

void abandon_block() {
  Thread& me = *running.current;
  running.current = nullptr;
  Fiber::leave(me.fiber, running.host);
}

}  // namespace simt::detail
