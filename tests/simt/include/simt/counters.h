// What a GPU's memory system would be asked to do, counted from the accesses of kernels.
//
// An access of a warp is a request: what its lanes do at the same place in the code, each for the n-th time
// since the warp's lanes last met (at a block barrier, or in a warp operation of all of them). Counted are
// accesses to global and shared memory, as g++ compiled them; not those to constants, arguments and the
// thread's own memory. Caches are not modelled.
//
// INNATE_SIMT_COUNT=1 prints a table of all kernels to standard error when the process ends,
// INNATE_SIMT_COUNT=lines one with the kernels' source lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace simt {

enum class Memory { global, shared };
enum class Direction { load, store, update };  // update: atomic operations

/// Sums over requests of one memory and direction.
struct Requests {
  std::uint64_t count = 0;
  std::uint64_t lanes = 0;             // that took part
  std::uint64_t sectors = 0;           // global: of 32 bytes, distinct in a request
  std::uint64_t bytes = 0;             // global: distinct in a request
  std::uint64_t wavefronts = 0;        // shared: passes over the 32 banks
  std::uint64_t least_wavefronts = 0;  // shared: had no two words of a pass been in one bank

  double sectors_per_request() const { return ratio(sectors, count); }
  double share_of_sectors() const { return ratio(bytes, 32 * sectors); }
  double ways() const { return ratio(wavefronts, least_wavefronts); }
  double lanes_per_request() const { return ratio(lanes, count); }

  Requests& operator+=(const Requests& other);

 private:
  static double ratio(std::uint64_t a, std::uint64_t b) {
    return b ? static_cast<double>(a) / static_cast<double>(b) : 0.0;
  }
};

struct LineCounts {
  std::string line;  // "wiring.cuh:31"
  Memory memory;
  Direction direction;
  Requests requests;
};

/// All launches of one kernel.
struct KernelCounts {
  std::string kernel;  // its name and parameters
  std::uint64_t launches = 0, blocks = 0;
  std::uint64_t barriers = 0;  // of blocks: one for all of a block's threads
  std::uint64_t left_out = 0;  // accesses of single lanes beyond what is kept between two meetings
  std::vector<LineCounts> lines;

  Requests sum(Memory memory, Direction direction) const;
  double barriers_per_block() const;
};

/// Of the launches so far that ran with Config::count, sorted by name and line.
std::vector<KernelCounts> counters();
void reset_counters();

}  // namespace simt
