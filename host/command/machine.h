// What this machine offers to this process: threads, memory, devices.
#pragma once

#include <innate/kernels/context.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace innate::host {

/// What the control groups of this process allow, of version 1, 2 or both, wherever their controllers are
/// mounted.
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

constexpr int most_threads = 4096;

/// CPU threads: as many as asked for; where nothing is (0), OMP_NUM_THREADS, or else what affinity and the
/// control groups' quotas allow. At least 1, and at most OMP_THREAD_LIMIT.
int threads_to_use(int asked = 0);

/// "800M", "2.5G": bytes with K, M, G or T (powers of 1,024), or none. Throws UsageError.
std::size_t parse_bytes(const std::string& text);
/// "512 B", "37.5 MB".
std::string bytes_text(std::size_t bytes);

/// How much the replicas in training may take: `limit` as asked for, or (0) four fifths of what the device,
/// or this process on the CPU, could still take: of what is free, what its control groups leave it, and what
/// its limits do (ulimit -v and -d).
std::size_t memory_to_use(const Context& context, std::size_t limit);

/// Where a run takes place.
struct ChosenDevice {
  Context context;
  std::string remark;  // why not CUDA, where `auto` fell back on the CPU; else empty
};

/// `choice`: auto, cpu, cuda or cuda:N. `threads`: of the CPU. Throws UsageError for a device that is not
/// known, or cannot be used.
ChosenDevice choose_device(const std::string& choice, int threads);

}  // namespace innate::host
