// Whole training steps, as the engine composes them from the rooms: gather, grow, forward, loss, backward,
// Adam. The images are as sparse as MNIST's.
#include <memory>

#include "benchmarks/support.h"
#include "innate/engine/cohort.h"
#include "innate/engine/schemas.h"

namespace innate::benchmarks {
namespace {

const engine::DatasetPair& images() {
  static const engine::DatasetPair pair = [] {
    engine::Dataset set{"random", 10000, 28, 28, 10, pixels(10000 * 784, 0.19), {}};
    for (int i = 0; i < set.count; ++i) set.labels.push_back(static_cast<std::uint8_t>(i % 10));
    return engine::DatasetPair{set, set};
  }();
  return pair;
}

void run(benchmark::State& state, Backend backend, int replicas, const engine::Json& genome) {
  Context context = make_context(backend);
  const engine::Classification task(context, images());
  const std::shared_ptr<const engine::Genome> kind =
      engine::genome_from_json(engine::resolve(engine::genome_schema(), genome, "genome"));
  std::vector<engine::Replica> all;
  for (int r = 0; r < replicas; ++r) all.push_back({kind, static_cast<std::uint64_t>(r), 1e-3});
  engine::Gradient learning;
  learning.batch = 64;
  learning.steps = 1 << 30;
  engine::Cohort cohort(context, task, {28, 28, {{10, engine::Bias::none}}}, all, learning, {1 << 30, 0, {}});
  cohort.test();
  cohort.train(20);
  context.synchronize();
  constexpr int kSteps = 50;
  for (auto _ : state) {
    cohort.train(kSteps);
    context.synchronize();
  }
  state.counters["steps/s"] =
      benchmark::Counter(1.0 * kSteps * replicas, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["us/step"] = benchmark::Counter(
      1e-6 * kSteps * replicas, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

const int registered = [] {
  for (const Backend backend : backends())
    for (const int replicas : {1, 10, 100})
      for (const auto& [label, genome] :
           {std::pair<std::string, engine::Json>{"direct", {{"type", "direct"}}},
            {"gem/G1", {{"type", "gem"}, {"genes", 1}}},
            {"gem/G9", {{"type", "gem"}, {"genes", 9}}},
            {"sgem/G11", {{"type", "spatial_gem"}, {"genes", 11}}},
            {"sgem/G26", {{"type", "spatial_gem"}, {"genes", 26}}}})
        benchmark::RegisterBenchmark(
            ("training/" + label + "/" + name(backend) + "/replicas:" + std::to_string(replicas)).c_str(),
            run, backend, replicas, genome)
            ->UseRealTime();
  return 0;
}();

}  // namespace
}  // namespace innate::benchmarks
