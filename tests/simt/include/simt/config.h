// What a test may choose, and how a launch fails.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace simt {

/// The order in which threads that could all run do run, and the order of the blocks.
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
};

/// The settings of the next launch. They start as INNATE_SIMT_SCHEDULE, INNATE_SIMT_SEED and
/// INNATE_SIMT_CHECK say.
Config& config();

/// False in builds with another sanitizer, which leave the checker's instrumentation out.
bool checker_available();

/// A launch that broke a rule of CUDA, or in which the checker found a defect. The executor can launch again.
class LaunchError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace simt
