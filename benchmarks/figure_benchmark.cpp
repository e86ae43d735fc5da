// A whole figure, scaled down: every replica of one pool from its draw through training to its test.
#include "benchmarks/pools.h"

namespace innate::benchmarks {
namespace {

/// Barabasi 2023, Fig. 2c left: S-GEM with 5 to 26 genes, 10 seeds each. 500 steps instead of 20,000.
void run(benchmark::State& state, Backend backend) {
  constexpr std::int64_t kSteps = 500;
  Context context = make_context(backend);
  const auto task = std::make_shared<const engine::Classification>(context, images());
  CountingMemory memory(context);
  std::vector<engine::Replica> all;
  for (int genes = 5; genes <= 26; ++genes) {
    const auto point = spec(task, {{"type", "spatial_gem"}, {"genes", genes}}, kSteps);
    for (std::uint64_t seed = 0; seed < 10; ++seed) all.push_back({point, seed});
  }
  for (auto _ : state)
    state.SetIterationTime(seconds(context, 1, [&] {
      engine::Pool pool(context, all);
      pool.advance(kSteps);
      context.synchronize();
    }));
  state.counters["replicas"] = static_cast<double>(all.size());
  Task steps;  // without the tests
  for (const engine::Replica& r : all) add_steps(*r.spec->genome, kSteps, &steps);
  add_step_columns(state, backend, steps, kSteps * static_cast<std::int64_t>(all.size()), memory.most());
}

}  // namespace

void add_rows() {
  for (const Contestant& who : contestants())
    benchmark::RegisterBenchmark(("figure/2c/" + who.name).c_str(), run, who.backend)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}

}  // namespace innate::benchmarks
