// What the programs that train whole pools share: images as sparse as MNIST's, and memory that counts.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "benchmarks/support.h"
#include "engine/pool/compiled.h"
#include "innate/engine/json.h"
#include "innate/engine/pool.h"

namespace innate::benchmarks {

/// 10,000 random images of 28 x 28, of whose pixels 19 % are not 0; for training and for tests.
inline const engine::DatasetPair& images() {
  static const engine::DatasetPair pair = [] {
    engine::Dataset set{"random", 10000, 28, 28, 1, 10, pixels(10000 * 784, 0.19), {}};
    for (int i = 0; i < set.count; ++i) set.labels.push_back(static_cast<std::uint8_t>(i % 10));
    return engine::DatasetPair{set, set};
  }();
  return pair;
}

/// Passes on to a context's own memory, and counts the bytes that are held at most.
class CountingMemory : public Allocator {
 public:
  explicit CountingMemory(Context& context) : inner_(context.memory()) { context.set_memory(*this); }
  void* allocate(std::size_t bytes) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ += static_cast<std::int64_t>(bytes);
    most_ = std::max(most_, held_);
    return inner_.allocate(bytes);
  }
  void deallocate(void* block, std::size_t bytes) noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ -= static_cast<std::int64_t>(bytes);
    inner_.deallocate(block, bytes);
  }
  std::int64_t most() const { return most_; }

 private:
  Allocator& inner_;
  std::mutex mutex_;
  std::int64_t held_ = 0, most_ = 0;
};

inline std::shared_ptr<const engine::Genome> genome(const engine::Json& json) {
  return engine::genome_from_json(engine::resolve(engine::genome_schema(), json, "genome"));
}

inline engine::Network one_layer() { return {28, 28, 1, {{10, engine::Bias::none}}}; }

/// Batches of 64, by Adam; tests before the first step and after the last.
inline std::shared_ptr<const engine::Spec> spec(std::shared_ptr<const engine::Task> task,
                                                const engine::Json& genome_json, std::int64_t steps) {
  auto rule = std::make_shared<engine::Gradient>();
  rule->images = 64;
  rule->most = steps;
  return std::make_shared<engine::Spec>(
      engine::Spec{genome(genome_json), one_layer(), std::move(task), std::move(rule), {steps, 0, {}}});
}

/// Adds what one replica's steps must do: the products of the cheapest order on the pixels that are not 0, X
/// and its gradient (S-GEM), Adam. Bytes: the batch's lists, and what a step reads and writes of genome,
/// moments, X and R.
inline void add_steps(const engine::Genome& of, std::int64_t steps, Task* task) {
  const engine::Network network = one_layer();
  const std::string type = engine::genome_to_json(of).at("type");
  const bool direct = type == "direct", grown = type == "spatial_gem", basis = type == "random_basis",
             combines = type == "intrinsic_dimension";
  const double rows = 64, in = network.inputs(), out = network.layers[0].units,
               g = static_cast<double>(of.extent());
  const double entries = 0.19 * rows * in, x = grown ? in * g : 0;
  const double learned = static_cast<double>(engine::Layout::size(of.layout(network).learned));
  const double r = basis ? in * g : combines ? in * out * g : 0;
  const double products = direct     ? 2 * entries * out
                          : basis    ? entries * g + 2 * rows * g * out
                          : combines ? 2 * entries * out + 2 * r
                                     : 2 * entries * g + 3 * (g * g * out + rows * g * out);
  const double read = 4 * entries + 16 * learned + 8 * x + 4 * r, written = 12 * learned + 8 * x;
  const double count = static_cast<double>(steps);
  task->operations += count * (2 * products + 5 * x + 10 * learned);
  task->read += count * read;
  task->written += count * written;
  task->items += steps * static_cast<std::int64_t>(rows);
  task->footprint = std::max(task->footprint, read + written);  // a core works on one replica at a time
}

/// Adds what an H100 should take for these steps, fused or as launches, whichever is less: modelled. CUDA
/// rows alone.
inline void add_step_model(benchmark::State& state, Backend backend, const engine::Spec& spec,
                           std::int64_t steps, int replicas) {
  if (backend != Backend::cuda) return;
  constexpr std::int64_t kFast = 200 << 10;
  const engine::Compiled compiled = engine::compile(spec, true, backend, kFast);
  const auto number = static_cast<std::size_t>(compiled.section("train"));
  const program::Section& section = compiled.code.sections[number];
  const program::DeviceModel device;
  const int resident = program::resident_blocks(device.shared_bytes,
                                                program::block_shared_bytes(section, compiled.plans[number]));
  state.counters["model_us"] = 1e6 * static_cast<double>(steps) *
                               std::min(program::fused_seconds(device, section, resident, replicas),
                                        program::launched_seconds(device, section, replicas));
}

/// The columns of rows that train: `steps` are those of all replicas in one iteration, `task` what they must
/// do.
inline void add_step_columns(benchmark::State& state, Backend backend, const Task& task, std::int64_t steps,
                             std::int64_t bytes) {
  using benchmark::Counter;
  const auto count = static_cast<double>(steps);
  add_columns(state, backend, task);
  state.counters["steps/s"] = Counter(count, Counter::kIsIterationInvariantRate);
  state.counters["us/step"] = Counter(1e-6 * count, Counter::kIsIterationInvariantRate | Counter::kInvert);
  state.counters["MB"] = Counter(1e-6 * static_cast<double>(bytes));
}

}  // namespace innate::benchmarks
