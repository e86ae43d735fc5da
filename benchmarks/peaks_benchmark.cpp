// The ceilings that rows are held against, bytes by footprint.

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

void operations(benchmark::State& state, Backend backend) {
  for (auto _ : state) state.SetIterationTime(1e9 / peak_operations(backend));
  state.counters["GFLOP/s"] = 1e-9 * peak_operations(backend);
}

void bytes(benchmark::State& state, Backend backend, std::int64_t footprint) {
  const ByteRates rates = peak_bytes(backend, static_cast<double>(footprint));
  for (auto _ : state) state.SetIterationTime(static_cast<double>(footprint) / rates.moved);
  state.counters["read_GB/s"] = 1e-9 * rates.read;
  state.counters["moved_GB/s"] = 1e-9 * rates.moved;
}

}  // namespace

void add_rows() {
  for (const Contestant& who : contestants()) {
    benchmark::RegisterBenchmark(("peaks/operations/" + who.name).c_str(), operations, who.backend)
        ->UseManualTime()
        ->Iterations(1);
    const int most = who.backend == Backend::cpu ? 28 : 32;
    for (int power = 16; power <= most; power += 2)
      benchmark::RegisterBenchmark(
          ("peaks/bytes/" + who.name + "/KiB:" + std::to_string(std::int64_t{1} << (power - 10))).c_str(),
          bytes, who.backend, std::int64_t{1} << power)
          ->UseManualTime()
          ->Iterations(1);
  }
}

}  // namespace innate::benchmarks
