// What a step and a whole experiment should take on an H100, as kernels/program/model.h has it. Modelled:
// nothing is run, and no device is needed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "engine/pool/compiled.h"
#include "host/command/runs.h"
#include "host/data/find_sets.h"
#include "innate/engine/json.h"
#include "kernels/program/model.h"

namespace innate::benchmarks {
namespace {

const program::DeviceModel kDevice;
constexpr int64_t kSharedOfABlock = 227 << 10;

/// A point's program as a device gets it, and how many of its blocks a multiprocessor holds.
struct Program {
  engine::Compiled compiled;
  std::int64_t steps = 0, test_calls = 0;

  const program::Section& section(const char* name) const {
    return compiled.code.sections[static_cast<std::size_t>(compiled.section(name))];
  }
  int resident(const char* name) const {
    const auto s = static_cast<std::size_t>(compiled.section(name));
    return program::resident_blocks(
        kDevice.shared_bytes, program::block_shared_bytes(compiled.code.sections[s], compiled.plans[s]));
  }
};

/// Seconds until the last of these jobs is done, each to the multiprocessor that is free first.
double makespan(const std::vector<double>& jobs) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free;
  for (int m = 0; m < static_cast<int>(kDevice.multiprocessors); ++m) free.push(0);
  double end = 0;
  for (const double job : jobs) {
    const double done = free.top() + job;
    free.pop();
    free.push(done);
    end = std::max(end, done);
  }
  return end;
}

/// Seconds of a pass of one replica where its multiprocessor is full.
double full_seconds(const Program& p, const char* section) {
  const int resident = p.resident(section);
  return program::fused_seconds(kDevice, p.section(section), resident, kDevice.multiprocessors * resident) /
         resident;
}

void show_point(const std::string& name, const Program& p) {
  const program::Section& step = p.section("train");
  const auto graph = [&](double replicas) {
    return 1e6 * program::launched_seconds(kDevice, step, replicas) / replicas;
  };
  fmt::print("| {} | {:.1f} | {:.1f} | {} | {:.2f} | {:.1f} | {:.2f} |\n", name,
             1e6 * program::fused_seconds(kDevice, step, 1, 1), 1e6 * full_seconds(p, "train"),
             p.resident("train"), 1e6 * full_seconds(p, "train") / kDevice.multiprocessors, graph(1),
             graph(420));
}

/// The instructions of a step, each by itself.
void show_instructions(const std::string& name, const Program& p) {
  fmt::print(
      "\nOne step of {}, a block alone, cycles\n\n| instruction | busy | alone | passes over shared memory "
      "|\n"
      "| --- | --- | --- | --- |\n",
      name);
  for (const program::Instruction& i : p.section("train").body) {
    const program::Pass pass = program::fused_pass(kDevice, i);
    std::string shape;
    if (i.kind == program::Kind::product)
      shape = fmt::format(" {}x{}x{}{}", i.product_call.m, i.product_call.n, i.product_call.k,
                          i.product_call.a             ? ""
                          : i.product_call.transpose_a ? ", pixels^T"
                                                       : ", lists");
    fmt::print("| {}{} | {:.0f} | {:.0f} | {:.0f} |\n", program::name(i.kind), shape, pass.busy, pass.alone,
               pass.wavefronts);
  }
}

void model(const std::string& file, const std::vector<std::string>& data, bool instructions) {
  const host::Experiment experiment = host::load_experiment(file);
  Context context = Context::cpu(1);
  host::Tasks tasks(context, host::data_path(data));
  std::vector<std::pair<const host::Point*, Program>> programs;
  for (const host::Point& point : experiment.points) {
    const auto spec = engine::spec_from_json(point.spec, tasks.of(point.spec));
    Program p{engine::compile(*spec, true, Backend::cuda, kSharedOfABlock - program::kBlockHead - 32 * 300),
              dynamic_cast<const engine::Gradient&>(*spec->learner).most, engine::test_calls(*spec)};
    programs.emplace_back(&point, std::move(p));
  }
  fmt::print("Modelled for an H100 ({} multiprocessors at {:.3f} GHz); nothing was run.\n\n",
             kDevice.multiprocessors, 1e-9 * kDevice.clock);
  fmt::print(
      "| point | fused, alone, us a step | of a full multiprocessor | blocks there | of a full device | "
      "replayed launches, 1 replica | of 420 |\n| --- | --- | --- | --- | --- | --- | --- |\n");
  std::vector<double> training, tests;
  for (const auto& [point, p] : programs) {
    std::string name = point->variant;
    for (const auto& [path, value] : point->columns) name += fmt::format(", {} = {}", path, value.dump());
    show_point(name, p);
    for (int r = 0; r < experiment.replicas; ++r) {
      training.push_back(static_cast<double>(p.steps) * full_seconds(p, "train"));
      tests.push_back(static_cast<double>(p.test_calls) * full_seconds(p, "test"));
    }
  }
  std::sort(training.rbegin(), training.rend());
  std::sort(tests.rbegin(), tests.rend());
  fmt::print("\n{}: {} runs; training {:.2f} s, one test of all {:.4f} s (modelled)\n", experiment.name,
             training.size(), makespan(training), makespan(tests));
  if (instructions)
    for (const auto& [point, p] : programs) show_instructions(point->variant, p);
}

}  // namespace
}  // namespace innate::benchmarks

int main(int argc, char** argv) {
  CLI::App app(
      "What an experiment's steps should take on an H100, fused and as launches. Modelled: nothing is run.");
  std::string file;
  std::vector<std::string> data;
  bool instructions = false;
  app.add_option("experiment", file, "a JSON file of experiments/")->required()->check(CLI::ExistingFile);
  app.add_option("--data", data, "folder with data sets (default: what innate looks in by itself)");
  app.add_flag("--instructions", instructions, "also what each instruction of a step takes");
  CLI11_PARSE(app, argc, argv);
  try {
    innate::benchmarks::model(file, data, instructions);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
  return 0;
}
