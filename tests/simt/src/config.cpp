#include "simt/config.h"

#include <cstdlib>

#include "shared_memory.h"

namespace simt {
namespace {

constexpr Schedule kSchedules[] = {Schedule::forward, Schedule::reverse, Schedule::warp_reverse,
                                   Schedule::random};

std::size_t checked_shared(std::size_t bytes) {
  if (bytes < 1024 || bytes > detail::kMaxShared)
    throw std::invalid_argument(std::to_string(bytes) + " bytes of shared memory per block: 1024 to " +
                                std::to_string(detail::kMaxShared) + " are possible");
  return bytes;
}

bool is_on(const char* value) { return value && *value && std::string(value) != "0"; }

}  // namespace

const char* name(Schedule schedule) {
  switch (schedule) {
    case Schedule::forward: return "forward";
    case Schedule::reverse: return "reverse";
    case Schedule::warp_reverse: return "warp_reverse";
    default: return "random";
  }
}

Schedule schedule_of(const std::string& wanted) {
  for (Schedule schedule : kSchedules)
    if (wanted == name(schedule)) return schedule;
  throw std::invalid_argument("schedule '" + wanted + "' is none of forward, reverse, warp_reverse, random");
}

Config config_from_environment() {
  Config config;
  if (const char* schedule = std::getenv("INNATE_SIMT_SCHEDULE")) config.schedule = schedule_of(schedule);
  if (const char* seed = std::getenv("INNATE_SIMT_SEED")) config.seed = std::strtoull(seed, nullptr, 10);
  config.check = is_on(std::getenv("INNATE_SIMT_CHECK"));
  config.count = is_on(std::getenv("INNATE_SIMT_COUNT"));
  if (const char* shared = std::getenv("INNATE_SIMT_SHARED"))
    config.shared_bytes = checked_shared(std::strtoull(shared, nullptr, 10));
  return config;
}

Config& config() {
  static Config settings = config_from_environment();
  return settings;
}

std::size_t shared_per_block() { return checked_shared(config().shared_bytes); }

bool checker_available() {
#if defined(INNATE_SIMT_CHECKER)
  return true;
#else
  return false;
#endif
}

}  // namespace simt
