#include "host/command/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "host/command/device.h"

namespace innate::host {

namespace {

namespace fs = std::filesystem;
constexpr const char* kUnits = "KMGT";

/// A file of one number; `none` where there is no file, or the number is "max".
std::size_t number_in(const fs::path& file, std::size_t none) {
  std::ifstream in(file);
  std::size_t number = 0;
  return in >> number ? number : none;
}

/// MemAvailable of /proc/meminfo.
std::size_t system_memory() {
  std::ifstream in("/proc/meminfo");
  std::string word;
  std::size_t kilobytes = 0;
  while (in >> word)
    if (word == "MemAvailable:" && in >> kilobytes) return kilobytes * 1024;
  return std::size_t{4} << 30;  // no Linux: assume 4 GB
}

/// The number behind a word of a memory.stat file: memory that goes when somebody needs it.
std::size_t statistic(const fs::path& file, const std::string& wanted) {
  std::ifstream in(file);
  std::string word;
  std::size_t number = 0;
  while (in >> word >> number)
    if (word == wanted) return number;
  return 0;
}

/// What one control group leaves, from its three files.
std::size_t left_in(const fs::path& folder, const char* limit, const char* usage, const char* cache) {
  const std::size_t most = number_in(folder / limit, SIZE_MAX);
  if (most == SIZE_MAX) return SIZE_MAX;
  const std::size_t used = number_in(folder / usage, 0), idle = statistic(folder / "memory.stat", cache);
  return most + idle > used ? most + idle - used : 0;
}

/// What this process's control groups, of version 2 or 1, leave: the least from the innermost to the root.
std::size_t group_memory() {
  std::size_t least = SIZE_MAX;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool unified = controllers == ",,";
    if (!unified && controllers.find(",memory,") == std::string::npos) continue;
    const fs::path root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    for (fs::path at = line.substr(second + 1);; at = at.parent_path()) {
      const fs::path folder = root / at.relative_path();
      least = std::min(least, unified ? left_in(folder, "memory.max", "memory.current", "inactive_file")
                                      : left_in(folder, "memory.limit_in_bytes", "memory.usage_in_bytes",
                                                "total_inactive_file"));
      if (at.empty() || at == at.root_path()) break;
    }
  }
  return least;
}

}  // namespace

std::size_t parse_bytes(const std::string& text) {
  double number = 0;
  const char *begin = text.data(), *end = begin + text.size();
  auto [stop, error] = std::from_chars(begin, end, number);
  if (error == std::errc() && stop != end) {
    const char* unit = std::find(kUnits, kUnits + 4, *stop);
    if (unit != kUnits + 4) number *= std::pow(1024.0, unit - kUnits + 1), ++stop;
  }
  if (error != std::errc() || stop != end || !(number >= 1) || number > 1e18)
    throw DeviceError("--memory '" + text + "' is not an amount of memory; examples: 800M, 2.5G");
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
  const std::size_t free =
      context.backend() == Backend::cuda ? context.free_memory() : std::min(system_memory(), group_memory());
  return free / 5 * 4;
}

}  // namespace innate::host
