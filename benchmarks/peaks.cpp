#include "benchmarks/peaks.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>

namespace innate::benchmarks {

namespace {

double measured_operations(Backend backend) {
  if constexpr (kHaveCuda)
    if (backend == Backend::cuda) return cuda::operations();
  return cpu::operations();
}

ByteRates measured_bytes(Backend backend, std::int64_t footprint) {
  if constexpr (kHaveCuda)
    if (backend == Backend::cuda) return cuda::bytes(footprint);
  return cpu::bytes(footprint);
}

/// A power of two that holds the bytes, from 64 KiB (less is a matter of calls) to 256 MiB (CPU) or 4 GiB
/// (CUDA), which no cache of theirs holds in the rows here.
std::int64_t rounded(Backend backend, double bytes) {
  const std::int64_t most = backend == Backend::cpu ? std::int64_t{1} << 28 : std::int64_t{1} << 32;
  std::int64_t footprint = 1 << 16;
  while (footprint < most && static_cast<double>(footprint) < bytes) footprint *= 2;
  return footprint;
}

}  // namespace

double peak_operations(Backend backend) {
  static std::map<Backend, double> known;
  const auto found = known.find(backend);
  return found != known.end() ? found->second : known[backend] = measured_operations(backend);
}

ByteRates peak_bytes(Backend backend, double footprint) {
  static std::map<std::pair<Backend, std::int64_t>, ByteRates> known;
  const std::pair key(backend, rounded(backend, footprint));
  const auto found = known.find(key);
  return found != known.end() ? found->second : known[key] = measured_bytes(backend, key.second);
}

bool announces(Backend backend) {
  const char* only = std::getenv("INNATE_PEAKS");
  return !only || std::string(only) == name(backend);
}

void announce_peaks() {
  for (const Backend backend : {Backend::cpu, Backend::cuda}) {
    if (!announces(backend) || (backend == Backend::cuda && cuda_devices().empty())) continue;
    std::string text;
    const auto add = [&text](const char* format, double value) {
      char part[64];
      std::snprintf(part, sizeof part, format, value);
      text += part;
    };
    add("%.1f GFLOP/s", 1e-9 * peak_operations(backend));
    for (const int mebibytes : {1, 16, 256}) {
      add(", %.1f GB/s", 1e-9 * peak_bytes(backend, mebibytes * 0x1p20).moved);
      add(" in %.0f MiB", mebibytes);
    }
    const bool cpu = backend == Backend::cpu;
    benchmark::AddCustomContext(cpu ? "peaks of one core" : "peaks of the CUDA device", text);
  }
}

double floor_of_operations(Backend backend, const Task& task) {
  return task.operations / peak_operations(backend);
}

double floor_of_bytes(Backend backend, const Task& task) {
  const ByteRates rates = peak_bytes(backend, task.footprint > 0 ? task.footprint : task.bytes());
  return std::max(task.read / rates.read, task.bytes() / rates.moved);
}

}  // namespace innate::benchmarks
