// The block that runs: its threads, warps and barrier. Blocks run one after another, so there is one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "asynchronous.h"
#include "fiber.h"
#include "simt/launch.h"
#include "simt/types.h"

namespace simt::detail {

struct Site {
  const char* file;
  int line;
};
std::string to_string(Site site);  // "wiring.cuh:31"
std::string to_string(uint3 index);

enum class State : std::uint8_t { ready, at_barrier, in_warp_operation, done };

/// What a lane brings into a warp operation and takes out of it.
struct LaneValue {
  std::uint64_t in;
  std::uint64_t out;
  int source;  // lane to read from (shuffles)
};

struct Thread {
  Fiber fiber;
  uint3 index{};
  int linear = 0;
  State state = State::done;
  // What it waits for.
  const char* operation = nullptr;
  Site site{};
  unsigned mask = 0;
  LaneValue* lane = nullptr;
  int votes = 0;  // what the barrier counted
  AsyncCopies copies;
};

/// Lane masks.
struct Warp {
  unsigned exist = 0, exited = 0, waiting = 0;
};

struct Barrier {
  int arrived = 0;
  int votes = 0;
  const char* operation = nullptr;
  Site site{};
};

struct Block {
  const KernelCall* call = nullptr;  // null while no launch is under way
  bool checked = false;              // the launch runs under the checker
  bool counted = false;              // and its accesses are counted
  uint3 index{}, size{};
  std::vector<Thread> threads;  // suspended fibers hold pointers into it: it is sized once
  std::vector<Warp> warps;
  int count = 0, live = 0, exited = 0;
  Barrier barrier;
  Thread* current = nullptr;  // null: the launching code runs
  Fiber host;
  std::string error;  // the rule that was broken

  void begin(uint3 block_index, uint3 block_size);
  /// "deadlock: thread (0,0,0) waits in __syncthreads at a.cu:3; ..."
  std::string deadlock() const;
};

extern Block running;

/// Held by whoever launches, allocates or copies: OS threads take turns.
extern std::mutex executor_mutex;

/// A rule is broken: ends the thread by an exception, and with it the block.
[[noreturn]] void fail(const std::string& what);
/// Ends the block from within an access, where no exception may start. The fibers are left as they are.
[[noreturn]] void abandon_block();

/// True while kernel code of a checked or counted launch runs on this OS thread. The instrumentation's entry
/// points look at nothing else before they return.
extern constinit thread_local bool in_watched_kernel;

/// Opens every function that kernels call: what the library itself reads and writes is not the kernel's
/// doing.
struct LibraryScope {
  LibraryScope() { in_watched_kernel = false; }
  ~LibraryScope() { in_watched_kernel = before; }
  LibraryScope(const LibraryScope&) = delete;
  LibraryScope& operator=(const LibraryScope&) = delete;

  const bool before = in_watched_kernel;
};

}  // namespace simt::detail
