#include "host/command/memory.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <string_view>

#include "host/command/control_groups.h"
#include "host/command/decimal.h"
#include "host/command/exit_status.h"

namespace innate::host {

namespace {

constexpr const char* kUnits = "KMGT";

/// MemAvailable of /proc/meminfo.
std::size_t system_memory() {
  std::ifstream in("/proc/meminfo");
  std::string word;
  std::size_t kilobytes = 0;
  while (in >> word)
    if (word == "MemAvailable:" && in >> kilobytes) return kilobytes * 1024;
  return std::size_t{4} << 30;  // no Linux: assume 4 GB
}

/// What a limit of addresses (ulimit -v) or data (ulimit -d) leaves: /proc/self/statm counts what is in use.
std::size_t left_of(__rlimit_resource limit, int word) {
  struct rlimit limits {};
  if (::getrlimit(limit, &limits) != 0 || limits.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  std::ifstream in("/proc/self/statm");
  std::size_t pages = 0;
  for (int i = 0; i <= word && in; ++i) in >> pages;
  const std::size_t used = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return limits.rlim_cur > used ? limits.rlim_cur - used : 0;
}

std::size_t memory_left() {
  return std::min({system_memory(), ControlGroups::of_this_process().memory(), left_of(RLIMIT_AS, 0),
                   left_of(RLIMIT_DATA, 5)});
}

}  // namespace

std::size_t parse_bytes(const std::string& text) {
  const char* unit = text.empty() ? nullptr : std::strchr(kUnits, text.back());
  const std::string_view written = std::string_view(text).substr(0, text.size() - (unit ? 1 : 0));
  const std::size_t point = std::min(written.find('.'), written.size());
  const std::string_view fraction = written.substr(std::min(point + 1, written.size()));
  double number = 0;
  const bool decimal = parse_decimal(written.substr(0, point), UINT64_MAX) &&
                       (point == written.size() ||
                        (!fraction.empty() && fraction.find_first_not_of("0123456789") == fraction.npos));
  if (decimal) std::from_chars(written.data(), written.data() + written.size(), number);
  if (unit) number *= std::pow(1024.0, unit - kUnits + 1);
  if (!decimal || number < 1 || number > 1e18)
    throw UsageError("--memory '" + text + "' is not an amount of memory; examples: 800M, 2.5G");
  return static_cast<std::size_t>(number);
}

std::string bytes_text(std::size_t bytes) {
  double number = static_cast<double>(bytes);
  int unit = -1;
  for (; number >= 1000 && unit < 3; ++unit) number /= 1024;
  return unit < 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}B", number, kUnits[unit]);
}

std::size_t memory_to_use(const Context& context, std::size_t limit) {
  if (limit > 0) return limit;
  const std::size_t free = context.backend() == Backend::cuda ? context.free_memory() : memory_left();
  return free / 5 * 4;
}

}  // namespace innate::host
