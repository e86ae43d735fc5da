#include "host/command/control_groups.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <vector>

namespace innate::host {

namespace {

namespace fs = std::filesystem;

/// A number, and `none` where there is no file, or it says "max".
template <class Number>
Number number_in(const fs::path& file, Number none) {
  std::ifstream in(file);
  Number number{};
  return in >> number ? number : none;
}

/// CPUs of "quota period", or of version 1's two files; 0: no limit.
double quota_of(const fs::path& folder) {
  std::ifstream unified(folder / "cpu.max");
  double quota = 0, period = 0;
  if (!(unified >> quota >> period)) {
    quota = number_in(folder / "cpu.cfs_quota_us", 0.0);
    period = number_in(folder / "cpu.cfs_period_us", 0.0);
  }
  return quota > 0 && period > 0 ? quota / period : 0;
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

std::size_t left_in(const fs::path& folder, const char* limit, const char* usage, const char* cache) {
  const auto most = number_in(folder / limit, SIZE_MAX);
  if (most == SIZE_MAX) return SIZE_MAX;
  const auto used = number_in(folder / usage, std::size_t{0});
  const std::size_t free = most > used ? most - used : 0, idle = statistic(folder / "memory.stat", cache);
  return std::min(most, free + std::min(idle, used));
}

std::size_t memory_left(const fs::path& folder) {
  return std::min(left_in(folder, "memory.max", "memory.current", "inactive_file"),
                  left_in(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"));
}

/// Visits the folders of the groups that `controller` may limit this process in.
void each_folder(const ControlGroups& all, const std::string& controller,
                 const std::function<void(const fs::path&)>& visit) {
  std::istringstream in(all.groups);
  for (std::string line; std::getline(in, line);) {  // 4:cpu,cpuacct:/path, or 0::/path of version 2
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::vector<fs::path> mounts = {all.root / controller, all.root / controllers};
    if (controllers.empty())
      mounts = {all.root, all.root / "unified"};
    else if (("," + controllers + ",").find("," + controller + ",") == std::string::npos)
      continue;
    for (const fs::path& mount : mounts)
      for (fs::path at = line.substr(second + 1);; at = at.parent_path()) {
        visit(mount / at.relative_path());
        if (at.empty() || at == at.root_path()) break;
      }
  }
}

}  // namespace

ControlGroups ControlGroups::of_this_process() {
  std::ifstream groups("/proc/self/cgroup");
  return {"/sys/fs/cgroup", {std::istreambuf_iterator<char>(groups), std::istreambuf_iterator<char>()}};
}

double ControlGroups::cpus() const {
  double least = 0;
  each_folder(*this, "cpu", [&least](const fs::path& folder) {
    const double cpus = quota_of(folder);
    if (cpus > 0) least = least > 0 ? std::min(least, cpus) : cpus;
  });
  return least;
}

std::size_t ControlGroups::memory() const {
  std::size_t least = SIZE_MAX;
  each_folder(*this, "memory",
              [&least](const fs::path& folder) { least = std::min(least, memory_left(folder)); });
  return least;
}

}  // namespace innate::host
