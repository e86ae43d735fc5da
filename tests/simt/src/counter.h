// The counters: gathers the accesses of a warp's lanes into requests, and sums what these ask of memory.
//
// A thread runs until it waits, so the lanes of a request come one after another. What they did is kept until
// the warp's lanes meet: when all of them wait at the block barrier or have left the kernel, or take part in
// one warp operation. Then the requests are complete, and only their sums stay.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "access.h"
#include "block.h"
#include "simt/counters.h"

namespace simt::detail {

class Counter {
 public:
  Counter() = default;
  /// Prints the table, if the environment asked for it.
  ~Counter();
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  void begin_launch(const void* function);
  void begin_block();
  void end_block();
  void barrier_opened() { ++kernel_->barriers; }
  /// The thread has arrived at the block barrier, or left the kernel.
  void rests(const Thread& thread);
  /// These lanes take part in one warp operation.
  void met(int warp, unsigned lanes);
  void access(const void* address, std::size_t bytes, Access kind, const void* code);

  std::vector<KernelCounts> counts() const;
  void reset();

 private:
  /// Of one lane at one place between two meetings. What a thread does alone in a long loop has a bound.
  static constexpr std::size_t kKept = 8192;
  static constexpr int kWarps = kMaxFibers / 32;

  /// Accesses of one kind at one place in the code.
  struct Place {
    const void* code;
    std::uint32_t bytes;
    Memory memory;
    Direction direction;
    bool operator==(const Place&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Place& place) const {
      const auto kind =
          place.bytes * 8 + static_cast<unsigned>(place.memory) * 4 + static_cast<unsigned>(place.direction);
      return (reinterpret_cast<std::uintptr_t>(place.code) * 256 + kind) * 0x9e3779b97f4a7c15u >> 16;
    }
  };
  /// A warp's accesses at one place, since its last meeting: the n-th of each lane are one request.
  struct Open {
    std::array<std::vector<const char*>, 32> addresses;  // by lane
    bool listed = false;                                 // in `open_`
  };
  struct Site {
    Requests sum;
    std::vector<Open> warps;
  };
  struct Kernel {
    std::uint64_t launches = 0, blocks = 0, barriers = 0, left_out = 0;
    std::unordered_map<Place, Site, Hash> sites;
  };
  using OpenSite = std::pair<const Place, Site>;

  void lane_access(const char* address, const Place& place);
  OpenSite& site_of(const Place& place);
  void complete(int warp);

  std::unordered_map<const void*, Kernel> kernels_;  // by function
  Kernel* kernel_ = nullptr;                         // of the present launch
  std::array<OpenSite*, 1024> recent_{};             // of the present launch, by their places' hashes
  std::array<std::vector<OpenSite*>, kWarps> open_;  // sites where a warp has accesses
  std::array<unsigned, kWarps> resting_{};           // lanes
};

extern Counter counter;

/// What one request asks for: `bytes` bytes (1, 2, 4, 8 or 16) at each of the lanes' addresses.
Requests global_request(unsigned lanes, const std::array<const char*, 32>& address, std::uint32_t bytes);
Requests shared_request(unsigned lanes, const std::array<const char*, 32>& address, std::uint32_t bytes);

}  // namespace simt::detail
