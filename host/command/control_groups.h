// What the control groups of this process allow, of version 1, 2 or both, wherever their controllers are
// mounted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace innate::host {

/// `root`: /sys/fs/cgroup; `groups`: the text of /proc/self/cgroup. Each group on the way from the innermost
/// to the root limits what is in it. Groups that lie outside of what is mounted here, as in a container, are
/// passed over.
struct ControlGroups {
  std::filesystem::path root;
  std::string groups;

  static ControlGroups of_this_process();

  /// CPUs' worth of time that the tightest quota allows; 0: no limit.
  double cpus() const;
  /// Bytes that the tightest group leaves; SIZE_MAX: no limit.
  std::size_t memory() const;
};

}  // namespace innate::host
