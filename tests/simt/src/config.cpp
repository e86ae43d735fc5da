#include "simt/config.h"

#include <cstdlib>

namespace simt {
namespace {

constexpr Schedule kSchedules[] = {Schedule::forward, Schedule::reverse, Schedule::warp_reverse,
                                   Schedule::random};

Config from_environment() {
  Config config;
  if (const char* schedule = std::getenv("INNATE_SIMT_SCHEDULE")) config.schedule = schedule_of(schedule);
  if (const char* seed = std::getenv("INNATE_SIMT_SEED")) config.seed = std::strtoull(seed, nullptr, 10);
  if (const char* check = std::getenv("INNATE_SIMT_CHECK"))
    config.check = *check && std::string(check) != "0";
  return config;
}

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

Config& config() {
  static Config settings = from_environment();
  return settings;
}

bool checker_available() {
#if defined(INNATE_SIMT_CHECKER)
  return true;
#else
  return false;
#endif
}

}  // namespace simt
