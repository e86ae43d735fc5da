// The block barrier: __syncthreads and its voting forms. It opens when every thread of the block has arrived.
#include <cstring>

#include "block.h"
#include "checker.h"
#include "counter.h"
#include "scheduler.h"
#include "simt/collectives.h"

namespace simt::detail {
namespace {

bool same(Site a, Site b) {
  return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

void check_arrival(const char* operation, Site site) {
  const Barrier& barrier = running.barrier;
  if (running.exited)
    fail("exit before a barrier: " + to_string(site) + ": " + operation + " after " +
         std::to_string(running.exited) + " thread(s) of the block have left the kernel");
  if (barrier.arrived && !same(site, barrier.site))
    fail("divergent barrier: " + to_string(site) + ": " + operation + ", while " +
         std::to_string(barrier.arrived) + " thread(s) wait in " + barrier.operation + " at " +
         to_string(barrier.site));
}

void open_barrier() {
  Barrier& barrier = running.barrier;
  for (int i = 0; i < running.count; ++i) running.threads[static_cast<std::size_t>(i)].votes = barrier.votes;
  barrier = {};
  if (running.checked) checker.barrier_opened();
  if (running.counted) counter.barrier_opened();
  scheduler.release_block();
}

/// Returns how many threads came with a predicate that holds.
int wait_at_barrier(const char* operation, bool predicate, Site site) {
  LibraryScope scope;
  check_arrival(operation, site);
  Barrier& barrier = running.barrier;
  barrier.operation = operation;
  barrier.site = site;
  barrier.votes += predicate;
  Thread& me = *running.current;
  me.state = State::at_barrier;
  me.operation = operation;
  me.site = site;
  if (running.counted) counter.rests(me);
  if (++barrier.arrived == running.live) open_barrier();
  scheduler.pause();
  return me.votes;
}

}  // namespace
}  // namespace simt::detail

using simt::detail::wait_at_barrier;

void __syncthreads(const char* file, int line) { wait_at_barrier("__syncthreads", false, {file, line}); }

int __syncthreads_count(int predicate, const char* file, int line) {
  return wait_at_barrier("__syncthreads_count", predicate != 0, {file, line});
}

int __syncthreads_or(int predicate, const char* file, int line) {
  return wait_at_barrier("__syncthreads_or", predicate != 0, {file, line}) != 0;
}

int __syncthreads_and(int predicate, const char* file, int line) {
  return wait_at_barrier("__syncthreads_and", predicate == 0, {file, line}) == 0;
}
