// What a test may choose, and how a launch fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace simt {

/// The order in which threads that could all run do run, and the order of the blocks and of a graph's nodes.
enum class Schedule {
  forward,       // threads and blocks ascending
  reverse,       // threads and blocks descending
  warp_reverse,  // the last warp first, lanes ascending
  random,        // drawn from Config::seed and the block's index
};

const char* name(Schedule schedule);
Schedule schedule_of(const std::string& name);  // throws std::invalid_argument

struct Config {
  Schedule schedule = Schedule::forward;
  std::uint64_t seed = 1;
  bool check = false;  // the checker; it sees only files compiled with its instrumentation
  /// Of shared memory, which the device says that a block may ask for: 1024 to 232448, as on compute
  /// capability 9.0. A block may have 48 KiB all the same, as on every device: less makes programs that ask
  /// what there is do with little.
  std::size_t shared_bytes = 232448;
  bool count = false;  // the counters (counters.h); they see what the checker sees
};

/// As INNATE_SIMT_SCHEDULE, INNATE_SIMT_SEED, INNATE_SIMT_CHECK, INNATE_SIMT_SHARED and INNATE_SIMT_COUNT
/// say. Throws std::invalid_argument where they say what cannot be.
Config config_from_environment();

/// The settings of the next launch. They start as the environment says.
Config& config();

/// Config::shared_bytes. Throws std::invalid_argument where it is out of its range.
std::size_t shared_per_block();

/// False in builds with another sanitizer, which leave the instrumentation of the checker and the counters
/// out.
bool checker_available();

/// A launch that broke a rule of CUDA, or in which the checker found a defect. The executor can launch again.
class LaunchError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace simt
