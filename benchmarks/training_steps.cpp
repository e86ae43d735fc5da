// Training steps on MNIST, timed as benchmarks/peers times those of others: same options, same line of JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "host/data/find_sets.h"
#include "host/data/load.h"
#include "innate/engine/json.h"
#include "innate/engine/pool.h"
#include "innate/kernels/version.h"

namespace innate::benchmarks {
namespace {

constexpr int kBatch = 64;
constexpr int kWindow = 50;  // steps over which a loss is averaged; as many are done before the clock starts
constexpr int kNoDevice = 77;  // exit status, as of the peers
constexpr std::int64_t kNever = std::int64_t{1} << 40;

struct Options {
  std::string data, genome = "sgem", device = "cpu", executor = "auto";
  int genes = 26, hidden = 0, replicas = 1, threads = 1;
  std::int64_t steps = 2000;
  double rate = 1e-3;
  bool dense = false;
};

void add_options(CLI::App* app, Options* o) {
  app->add_option("--data", o->data, "folder with MNIST's IDX files, or with a folder mnist")->required();
  app->add_option("--genome", o->genome, "encoding")->check(CLI::IsMember({"direct", "gem", "sgem"}));
  app->add_option("--genes", o->genes, "G; direct has none")->check(CLI::PositiveNumber);
  app->add_option("--hidden", o->hidden, "rectified units between pixels and classes; 0: none")
      ->check(CLI::NonNegativeNumber);
  app->add_option("--replicas", o->replicas, "independent runs")->check(CLI::PositiveNumber);
  app->add_option("--threads", o->threads, "CPU threads")->check(CLI::PositiveNumber);
  app->add_option("--steps", o->steps, "timed steps of each replica")->check(CLI::PositiveNumber);
  app->add_option("--rate", o->rate, "learning rate")->check(CLI::PositiveNumber);
  app->add_flag("--dense", o->dense, "pixels of 0 become 1: no input is 0");
  app->add_option("--device", o->device, "where to train")->check(CLI::IsMember({"cpu", "cuda"}));
  app->add_option("--executor", o->executor, "how steps are run")
      ->check(CLI::IsMember({"auto", "fused", "launches", "graph"}));
}

engine::Json genome_json(const Options& o) {
  if (o.genome == "direct") return {{"type", "direct"}};
  return {{"type", o.genome == "gem" ? "gem" : "spatial_gem"}, {"genes", o.genes}};
}

engine::Executor executor(const Options& o) {
  using enum engine::Executor;
  return o.executor == "fused"      ? fused
         : o.executor == "launches" ? launches
         : o.executor == "graph"    ? graph
                                    : automatic;
}

std::vector<engine::Replica> replicas(const Options& o, std::shared_ptr<const engine::Classification> task) {
  engine::Network network{task->height, task->width, task->channels, {}};
  if (o.hidden > 0) network.layers.push_back({o.hidden, engine::Bias::none, activation::Function::relu});
  network.layers.push_back({task->classes, engine::Bias::none});
  auto learning = std::make_shared<engine::Gradient>();
  learning->images = kBatch;
  learning->most = kNever;
  learning->learning_rate = o.rate;
  const auto spec = std::make_shared<engine::Spec>(engine::Spec{
      engine::genome_from_json(engine::resolve(engine::genome_schema(), genome_json(o), "genome")),
      network,
      std::move(task),
      std::move(learning),
      {kNever, 0, {}}});
  std::vector<engine::Replica> all;
  for (int r = 0; r < o.replicas; ++r) all.push_back({spec, static_cast<std::uint64_t>(r)});
  return all;
}

double loss_sum(const engine::Pool& pool) {
  double sum = 0;
  for (const engine::ReplicaState& replica : pool.save().replicas)
    sum += static_cast<double>(replica.loss_sum);
  return sum;
}

/// Mean loss of a replica's next kWindow steps.
double train_window(engine::Pool* pool, int replicas) {
  const double before = loss_sum(*pool);
  pool->advance(kWindow);
  return (loss_sum(*pool) - before) / (1.0 * kWindow * replicas);
}

/// Prints the line; a training that does not learn is an error.
int report(const Options& o, const std::string& device, double seconds, double first_loss, double loss) {
  const engine::Json line = {
      {"who", "innate"},          {"version", INNATE_VERSION},
      {"genome", o.genome},       {"genes", o.genome == "direct" ? 1 : o.genes},
      {"hidden", o.hidden},       {"replicas", o.replicas},
      {"threads", o.threads},     {"steps", o.steps},
      {"seconds", seconds},       {"us_per_step", seconds / static_cast<double>(o.steps * o.replicas) * 1e6},
      {"first_loss", first_loss}, {"loss", loss},
      {"dense", o.dense},         {"device", device}};
  fmt::print("{}\n", line.dump());
  if (loss < first_loss) return 0;
  fmt::print(stderr, "the loss did not fall: {} at first, {} at the end\n", first_loss, loss);
  return 1;
}

int measure(const Options& o) {
  if (std::string why; o.device == "cuda" && cuda_devices(&why).empty()) {
    fmt::print(stderr, "no CUDA device: {}\n", why);
    return kNoDevice;
  }
  Context context = o.device == "cpu" ? Context::cpu(o.threads) : Context::cuda();
  engine::DatasetPair images = host::load("mnist", host::data_path({o.data}));
  if (o.dense) std::ranges::replace(images.train.images, std::uint8_t{0}, std::uint8_t{1});
  engine::Pool pool(context, replicas(o, std::make_shared<engine::Classification>(context, images)),
                    executor(o));
  pool.advance(0);  // the test that is due before the first step

  const double first_loss = train_window(&pool, o.replicas);
  context.synchronize();
  const auto begin = std::chrono::steady_clock::now();
  pool.advance(o.steps);
  context.synchronize();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report(o, context.description(), seconds, first_loss, train_window(&pool, o.replicas));
}

int run(int count, char** words) {
  CLI::App app(
      "Trains perceptrons on MNIST: batch 64, float32, Adam. Prints one line of JSON. Only the "
      "training steps are timed.");
  app.option_defaults()->always_capture_default();
  Options options;
  add_options(&app, &options);
  CLI11_PARSE(app, count, words);
  try {
    return measure(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace innate::benchmarks

int main(int count, char** words) { return innate::benchmarks::run(count, words); }
