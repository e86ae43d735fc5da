#include "host/command/threads.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace innate::host {

namespace {

namespace fs = std::filesystem;

int affinity() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return std::max(1, CPU_COUNT(&set));
}

/// CPUs that "quota period" of a cpu.max file stands for; 0: no limit.
double cpu_max(const fs::path& file) {
  std::ifstream in(file);
  std::string quota;
  double period = 0;
  if (!(in >> quota >> period) || quota == "max" || period <= 0) return 0;
  return std::stod(quota) / period;
}

/// The same from version 1's two files.
double cfs_quota(const fs::path& folder) {
  double quota = 0, period = 0;
  std::ifstream(folder / "cpu.cfs_quota_us") >> quota;
  std::ifstream(folder / "cpu.cfs_period_us") >> period;
  return quota > 0 && period > 0 ? quota / period : 0;
}

/// The smallest quota on the way from this process's control group to the root; 0: no limit.
double quota() {
  double least = 0;
  const auto take = [&least](double cpus) {
    if (cpus > 0) least = least > 0 ? std::min(least, cpus) : cpus;
  };
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.rfind("0::", 0) != 0) continue;
    for (fs::path at = line.substr(3); !at.empty() && at != at.root_path(); at = at.parent_path())
      take(cpu_max(fs::path("/sys/fs/cgroup") / at.relative_path() / "cpu.max"));
  }
  take(cpu_max("/sys/fs/cgroup/cpu.max"));
  take(cfs_quota("/sys/fs/cgroup/cpu"));
  return least;
}

}  // namespace

int allowed_threads() {
  const double limit = quota();
  const int cores = affinity();
  return limit > 0 ? std::clamp(static_cast<int>(std::ceil(limit)), 1, cores) : cores;
}

}  // namespace innate::host
