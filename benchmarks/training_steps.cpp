// Training steps of perceptrons and of LeNet-5, timed as benchmarks/peers times those of others: same
// options, same line of JSON.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/data/find_sets.h"
#include "host/data/load.h"
#include "innate/engine/json.h"
#include "innate/engine/pool.h"
#include "innate/kernels/version.h"

namespace innate::benchmarks {
namespace {

constexpr int kNoDevice = 77;  // exit status, as of the peers
constexpr std::int64_t kNever = std::int64_t{1} << 40;

struct Options {
  std::string data, lenet, genome = "sgem", device = "cpu", executor = "auto";
  int genes = 26, hidden = 0, replicas = 1, threads = 1;
  std::int64_t steps = 2000;
  double rate = 1e-3;
  bool dense = false;

  int batch() const { return lenet.empty() ? 64 : 128; }
  /// Steps over which a loss is averaged; as many are done before the clock starts.
  int window() const { return lenet.empty() ? 50 : 20; }
};

void add_options(CLI::App* app, Options* o) {
  app->add_option("--data", o->data, "folder with the set's files, or with a folder mnist or cifar-10")
      ->required();
  app->add_option("--lenet", o->lenet,
                  "LeNet-5 on this set: direct is the plain one, of sgem each field has weights of its own")
      ->check(CLI::IsMember({"mnist", "cifar-10"}));
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
  const bool direct = o.genome == "direct";
  if (!o.lenet.empty() && !direct)
    return {{"type", "developmental"}, {"genes", o.genes}, {"dense", {{"type", "gem"}, {"genes", 30}}}};
  if (!o.lenet.empty()) return {{"type", "direct"}, {"initial", {{"weights", "kaiming"}}}};
  if (direct) return {{"type", "direct"}};
  return {{"type", o.genome == "gem" ? "gem" : "spatial_gem"}, {"genes", o.genes}};
}

engine::Executor executor(const Options& o) {
  using enum engine::Executor;
  return o.executor == "fused"      ? fused
         : o.executor == "launches" ? launches
         : o.executor == "graph"    ? graph
                                    : automatic;
}

/// As in experiments/sgem-lenet-*.json.
engine::Json lenet_json(const Options& o) {
  const bool plain = o.genome == "direct";
  const char* activation = plain ? "relu" : "tanh";
  const auto map = [&](int channels, int padding) {
    return engine::Json{{"type", plain ? "convolution" : "fields"},
                        {"channels", channels},
                        {"size", 5},
                        {"padding", padding},
                        {"activation", activation},
                        {"bias", plain ? "learned" : "per_channel"}};
  };
  const auto dense = [&](int units, const char* function) {
    return engine::Json{{"type", "dense"}, {"units", units}, {"activation", function}, {"bias", "learned"}};
  };
  const engine::Json pool = {{"type", "pool"}, {"size", 2}};
  const int padding = o.lenet == "mnist" ? 2 : 0;
  return {{"layers",
           {map(6, padding), pool, map(16, 0), pool, dense(120, activation), dense(84, activation),
            dense(10, "none")}}};
}

engine::Network network(const Options& o, const engine::Classification& task) {
  if (!o.lenet.empty())
    return engine::network_from_json(lenet_json(o), task.height, task.width, task.channels);
  engine::Network network{task.height, task.width, task.channels, {}};
  if (o.hidden > 0) network.layers.push_back({o.hidden, engine::Bias::none, activation::Function::relu});
  network.layers.push_back({task.classes, engine::Bias::none});
  return network;
}

std::vector<engine::Replica> replicas(const Options& o, std::shared_ptr<const engine::Classification> task) {
  auto learning = std::make_shared<engine::Gradient>();
  learning->images = o.batch();
  learning->most = kNever;
  learning->learning_rate = o.rate;
  const auto spec = std::make_shared<engine::Spec>(engine::Spec{
      engine::genome_from_json(engine::resolve(engine::genome_schema(), genome_json(o), "genome")),
      network(o, *task),
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

/// Mean loss of a replica's next steps.
double train_window(engine::Pool* pool, const Options& o) {
  const double before = loss_sum(*pool);
  pool->advance(o.window());
  return (loss_sum(*pool) - before) / (1.0 * o.window() * o.replicas);
}

/// The most memory that the process has had, in MB.
double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
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
      {"dense", o.dense},         {"lenet", o.lenet},
      {"peak_mb", peak_mb()},     {"device", device}};
  fmt::print("{}\n", line.dump());
  if (loss < first_loss) return 0;
  fmt::print(stderr, "the loss did not fall: {} at first, {} at the end\n", first_loss, loss);
  return 1;
}

std::shared_ptr<const engine::Classification> task(const Options& o, Context& context) {
  engine::DatasetPair images = host::load(o.lenet.empty() ? "mnist" : o.lenet, host::data_path({o.data}));
  if (o.dense) std::ranges::replace(images.train.images, std::uint8_t{0}, std::uint8_t{1});
  auto task = std::make_shared<engine::Classification>(context, images);
  if (o.lenet == "cifar-10") task->standardise(context, engine::standard_of(images.train));
  return task;
}

int measure(const Options& o) {
  if (std::string why; o.device == "cuda" && cuda_devices(&why).empty()) {
    fmt::print(stderr, "no CUDA device: {}\n", why);
    return kNoDevice;
  }
  if (!o.lenet.empty() && (o.genome == "gem" || o.hidden > 0 || o.dense))
    throw std::invalid_argument("--lenet is direct or sgem, without --hidden and --dense");
  Context context = o.device == "cpu" ? Context::cpu(o.threads) : Context::cuda();
  engine::Pool pool(context, replicas(o, task(o, context)), executor(o));
  pool.advance(0);  // the test that is due before the first step

  const double first_loss = train_window(&pool, o);
  context.synchronize();
  const auto begin = std::chrono::steady_clock::now();
  pool.advance(o.steps);
  context.synchronize();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report(o, context.description(), seconds, first_loss, train_window(&pool, o));
}

int run(int count, char** words) {
  CLI::App app(
      "Trains perceptrons on MNIST (batch 64) or LeNet-5 (batch 128): float32, Adam. Prints one line of "
      "JSON. Only the training steps are timed.");
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
