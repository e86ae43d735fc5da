// A launch: its limits, its blocks one after another, and what it throws at the end.
#include "simt/launch.h"

#include <mutex>

#include "block.h"
#include "capture.h"
#include "checker.h"
#include "counter.h"
#include "device_memory.h"
#include "runtime_state.h"
#include "scheduler.h"
#include "shared_memory.h"
#include "simt/intrinsics.h"
#include "source_line.h"

namespace simt::detail {
namespace {

void check_limits(const KernelCall& call, const LaunchSize& size) {
  const auto [grid, block, shared_bytes] = size;
  const auto text = [](dim3 d) { return to_string(uint3{d.x, d.y, d.z}); };
  const unsigned long long threads = 1ull * block.x * block.y * block.z;
  if (!threads || block.x > 1024 || block.y > 1024 || block.z > 64 || threads > 1024)
    throw LaunchError("block of " + text(block) + " threads: 1 to 1024 are allowed, and 64 in z");
  const unsigned long long blocks = 1ull * grid.x * grid.y * grid.z;
  if (!grid.x || !grid.y || !grid.z || grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535)
    throw LaunchError("grid of " + text(grid) + " blocks: 1 to 2147483647, 65535 and 65535 are allowed");
  if (blocks > 0xffffffffull)
    throw LaunchError("grid of " + text(grid) + " blocks: more than the executor counts");
  if (const std::size_t most = std::max(shared_per_block(), kSharedWithoutAsking); shared_bytes > most)
    throw LaunchError(std::to_string(shared_bytes) + " bytes of shared memory: a block may have " +
                      std::to_string(most));
  if (shared_bytes > shared_limit(call.function))
    throw LaunchError(std::to_string(shared_bytes) +
                      " bytes of shared memory: more than 48 KiB must be asked for by " +
                      "cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes)");
}

/// The running thread has come to the kernel's end.
void leave_kernel() {
  Thread& me = *running.current;
  me.state = State::done;
  --running.live;
  ++running.exited;
  running.warps[static_cast<std::size_t>(me.linear / 32)].exited |= 1u << me.linear % 32;
  if (running.counted) counter.rests(me);
  const Barrier& barrier = running.barrier;
  if (barrier.arrived)
    fail("exit before a barrier: a thread has left the kernel while " + std::to_string(barrier.arrived) +
         " thread(s) wait in " + barrier.operation + " at " + to_string(barrier.site));
}

/// What every fiber runs: one thread's pass through the kernel.
void thread_main() {
  Fiber::arrived();
  try {
    in_watched_kernel = running.checked || running.counted;
    running.call->invoke(running.call->call);
    in_watched_kernel = false;
    leave_kernel();
  } catch (const LaunchError& error) {
    in_watched_kernel = false;
    running.error = error.what();
  } catch (const std::exception& error) {
    in_watched_kernel = false;
    running.error = std::string("an exception left the kernel: ") + error.what();
  }
  if (running.error.empty()) scheduler.leave();
  abandon_block();
}

void run_block(uint3 index, uint3 size, std::size_t shared_bytes, const Config& settings,
               std::uint64_t number) {
  running.begin(index, size);
  shared_memory.begin_block(shared_bytes);
  if (running.checked) checker.begin_block();
  if (running.counted) counter.begin_block();
  blockIdx = index;
  for (int i = 0; i < running.count; ++i)
    running.threads[static_cast<std::size_t>(i)].fiber.start(i, thread_main);
  scheduler.begin(settings.schedule, settings.seed * 0x100000001b3u + number + 1);
  scheduler.release_block();
  scheduler.pause();  // until all threads are done, or none can go on, or one has failed
  in_watched_kernel = false;
  shared_memory.end_block();
  if (running.counted) counter.end_block();
  const bool ended_by_checker = running.checked && !checker.report().empty();
  if (running.error.empty() && running.live && !ended_by_checker) running.error = running.deadlock();
  if (running.error.empty()) shared_memory.guards_intact(&running.error);
}

constinit thread_local bool launching = false;

void throw_findings() {
  std::string report = checker.report();
  if (report.empty()) return;
  if (!running.error.empty()) report += "\n  then: " + running.error;
  throw LaunchError(report);
}

/// The state of a launch, undone however it ends.
struct LaunchScope {
  LaunchScope(const KernelCall& call, const Config& settings) {
    launching = true;
    running.call = &call;
    running.checked = settings.check && checker_available();
    running.counted = settings.count && checker_available();
    if (running.checked) checker.begin_launch();
    if (running.counted) counter.begin_launch(call.function);
  }
  ~LaunchScope() {
    launching = false;
    running.call = nullptr;
    running.checked = running.counted = false;
    running.current = nullptr;
  }
};

}  // namespace

void launch(const KernelCall& call, const LaunchSize& size, cudaStream_t stream) {
  if (launching) {
    LibraryScope scope;
    fail("a kernel launches a kernel: the executor cannot do that");
  }
  check_limits(call, size);
  if (!is_stream(stream)) throw LaunchError("the stream does not exist (any more)");
  enqueue(stream, call.copy(call.call, size));
}

void run(const KernelCall& call, const LaunchSize& size) {
  std::lock_guard turn(executor_mutex);
  check_limits(call, size);  // a replay's: the settings may have changed
  const auto [grid, block, shared_bytes] = size;
  const Config settings = config();
  LaunchScope scope(call, settings);
  const uint3 threads{block.x, block.y, block.z};
  blockDim = threads;
  gridDim = {grid.x, grid.y, grid.z};
  for (std::uint32_t number : block_order(grid.x * grid.y * grid.z, settings.schedule, settings.seed)) {
    const uint3 index{number % grid.x, number / grid.x % grid.y, number / grid.x / grid.y};
    run_block(index, threads, shared_bytes, settings, number);
    if (!running.error.empty()) break;
  }
  if (running.checked) throw_findings();
  if (!running.error.empty()) throw LaunchError(running.error + " in kernel " + function_name(call.function));
  device_memory.check_guards();
}

}  // namespace simt::detail

void __trap() {
  simt::detail::LibraryScope scope;
  simt::detail::fail("__trap()");
}
