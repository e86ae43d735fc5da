#include "benchmarks/support.h"

int main(int count, char** values) {
  benchmark::Initialize(&count, values);
  if (benchmark::ReportUnrecognizedArguments(count, values)) return 1;
  // The peer's kernels and the peaks stand above every program's rows.
  innate::benchmarks::use_fastest_openblas();
  innate::benchmarks::announce_peaks();
  innate::benchmarks::add_rows();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
