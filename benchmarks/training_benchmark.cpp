// Training steps - choice of images, growth, forward, loss, backward, Adam - for more and more replicas: what
// does one more cost?
#include "benchmarks/pools.h"

namespace innate::benchmarks {
namespace {

void run(benchmark::State& state, Backend backend, int replicas, const engine::Json& json) {
  Context context = make_context(backend);
  const auto task = std::make_shared<const engine::Classification>(context, images());
  CountingMemory memory(context);  // not the images, which all replicas share
  const auto point = spec(task, json, 1 << 30);
  std::vector<engine::Replica> all;
  for (int r = 0; r < replicas; ++r) all.push_back({point, static_cast<std::uint64_t>(r)});
  engine::Pool pool(context, all);
  pool.advance(20);  // and the test that is due before the first step
  context.synchronize();
  constexpr int kSteps = 50;
  for (auto _ : state)
    state.SetIterationTime(seconds(context, 1, [&] {
      pool.advance(kSteps);
      context.synchronize();
    }));
  Task task_of_steps;
  for (const engine::Replica& r : all) add_steps(*r.spec->genome, kSteps, &task_of_steps);
  add_step_columns(state, backend, task_of_steps, std::int64_t{kSteps} * replicas, memory.most());
  add_step_model(state, backend, *point, kSteps, replicas);
}

}  // namespace

void add_rows() {
  for (const Contestant& who : contestants())
    for (const auto& [label, json] :
         {std::pair<std::string, engine::Json>{"direct", {{"type", "direct"}}},
          {"gem/G1", {{"type", "gem"}, {"genes", 1}}},
          {"gem/G9", {{"type", "gem"}, {"genes", 9}}},
          {"sgem/G11", {{"type", "spatial_gem"}, {"genes", 11}}},
          {"sgem/G26", {{"type", "spatial_gem"}, {"genes", 26}}},
          {"random_basis/B78", {{"type", "random_basis"}, {"vectors", 78}}},
          {"intrinsic/n100", {{"type", "intrinsic_dimension"}, {"dimension", 100}}}})
      for (const int replicas : {1, 10, 100, 1000})
        add_row("training/" + label + "/" + who.name + "/replicas:" + std::to_string(replicas), run,
                who.backend, replicas, json);
}

}  // namespace innate::benchmarks
