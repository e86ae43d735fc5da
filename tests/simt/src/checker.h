// The checker: bounds, reads of memory that nobody wrote, and races, from the accesses that instrumented
// kernels report.
//
// A race is two accesses to a byte, one of them a plain write, with nothing between them that orders their
// threads: no block barrier, no __syncwarp that both take part in. That is found whatever order the threads
// ran in. Shuffles and votes order nothing, as on the device; neither do atomics and fences.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "access.h"
#include "block.h"
#include "device_memory.h"
#include "shadow.h"

namespace simt::detail {

/// In the order in which a report tells them: a missing barrier may also show as a read of what is not yet
/// written, and that value as a wild index.
enum class Defect { race, uninitialised, out_of_bounds, invalid_address };

/// The first defect of its kind in a launch, as it was seen. Its text is made after the launch.
struct Finding {
  std::string headline;  // empty: none
  const void* code = nullptr;
  uint3 block{}, thread{};
  Stamp other;  // the other access of a race
};

class Checker {
 public:
  void begin_launch();
  void begin_block();
  void barrier_opened() { ++interval_; }
  void warp_synchronised(int warp, unsigned lanes);

  /// As simt::detail::access. Does not return if the access would leave known memory.
  void access(const void* address, std::size_t bytes, Access kind, const void* code);

  /// What a copy wrote to is its own until it has landed, and written by the thread that waited for it then.
  void copy_began(const AsyncCopy& copy);
  void copy_landed(const AsyncCopy& copy);

  /// Memory is written or copied by the host between launches.
  void host_wrote(Buffer& buffer, std::size_t offset, std::size_t bytes);
  void host_copied(Buffer& to, std::size_t to_offset, Buffer& from, std::size_t from_offset,
                   std::size_t bytes);
  /// Number of bytes never written; `first` becomes the offset of one.
  std::size_t uninitialised(Buffer& buffer, std::size_t offset, std::size_t bytes, std::size_t* first);

  /// Empty if the launch was clean.
  std::string report() const;

 private:
  struct Clocks {  // of one thread, within `interval`
    std::uint32_t interval = 0;
    std::uint32_t own = 1;
    std::array<std::uint32_t, 32> seen{};  // how far it has synchronised with each lane of its warp
  };
  struct Range {
    const char* begin;
    std::size_t bytes;
    bool holds(const void* address) const {
      return static_cast<std::size_t>(static_cast<const char*>(address) - begin) < bytes;
    }
  };
  struct Touch;  // one access on its way through the cells

  Clocks& clocks(int thread);
  bool concurrent(const Stamp& stamp, bool shared);
  void touch(Cell& cell, Touch& touch);
  void stamp(Cell& cell, const Touch& touch);
  void race(const Touch& touch, const char* earlier, const Stamp& stamp);
  void interrupt(const Touch& touch, const Stamp& copy);
  template <class Body>
  void each_cell_of(const AsyncCopy& copy, const Body& body);

  void shared_access(const char* address, std::size_t bytes, Access kind, const void* code);
  void global_access(Buffer& buffer, const char* address, std::size_t bytes, Access kind, const void* code);
  void other_access(const void* address, std::size_t bytes, Access kind, const void* code);

  void found(Defect defect, const std::string& what, const void* code, const Stamp& other = {});
  std::string report(const Finding& finding) const;
  void collect_static_ranges();
  std::string position(const Stamp& stamp) const;

  std::uint32_t interval_ = 0, first_of_block_ = 0, first_of_launch_ = 0;
  std::array<Clocks, kMaxFibers> clocks_;
  std::vector<Range> static_ranges_;  // globals, constants and thread-locals of the process
  Range last_static_{nullptr, 0};
  std::vector<std::pair<std::uint32_t, uint3>>
      blocks_;                    // first interval and index of the launch's blocks so far
  std::array<Finding, 4> first_;  // by Defect
  std::size_t findings_ = 0;
};

extern Checker checker;

}  // namespace simt::detail
