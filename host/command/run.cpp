#include "host/command/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstring>
#include <set>

#include "host/command/machine.h"
#include "host/command/process.h"
#include "host/command/provenance.h"
#include "host/command/runner.h"
#include "host/command/terminal.h"
#include "host/command/work_left.h"
#include "host/data/find_sets.h"
#include "host/plot/child.h"
#include "host/plot/plot.h"
#include "host/results/file.h"
#include "host/results/results_folder.h"

namespace innate::host {

namespace {

namespace fs = std::filesystem;

/// The folder's summary as people read it.
std::string table_text(const fs::path& folder, const Experiment& experiment) {
  std::vector<std::string> columns = {"variant"};
  for (const Point& point : experiment.points)
    for (const auto& [path, value] : point.columns)
      if (std::find(columns.begin(), columns.end(), path) == columns.end()) columns.push_back(path);
  for (const char* column : {"replicas", "diverged", "genome_parameters", "percent", "compression",
                             "best_accuracy_mean", "best_accuracy_sd", "progress_mean"})
    columns.push_back(column);
  return terminal_table(read_csv(folder / results_name::summary), columns);
}

engine::Executor executor_called(const std::string& name) {
  using engine::Executor;
  return name == "fused"      ? Executor::fused
         : name == "launches" ? Executor::launches
         : name == "graph"    ? Executor::graph
                              : Executor::automatic;
}

void trace_choices(Context* context) {
  auto said = std::make_shared<std::set<std::string>>();
  context->set_trace([said](const std::string& choice) {
    if (said->insert(choice).second) say(choice);
  });
}

/// Draws the picture; a missing gnuplot does not spoil the results.
void draw(const fs::path& folder) {
  try {
    plot({folder}, folder / results_name::curve);
  } catch (const PlotError& error) {
    say(fmt::format("no picture: {}", error.what()));
  }
}

std::string picture_text(const fs::path& folder) {
  const fs::path picture = folder / "curve.png";
  return fs::exists(picture) ? fmt::format("picture  {}\n", picture.string()) : "";
}

/// A word as a shell takes it.
std::string quoted(const std::string& word) {
  const auto harmless = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::strchr("-_./=:,+@%", c);
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), harmless)) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

/// What was typed, and --resume: any --set, --out and --data must be given again.
std::string resuming_command(const RunOptions& options) {
  std::string command;
  for (const std::string& word : options.command_line) command += quoted(word) + " ";
  return options.resume ? command.substr(0, command.size() - 1) : command + "--resume";
}

/// Trains what is left to train, and writes everything. False: interrupted.
bool train(const RunOptions& options, const Experiment& experiment, Context& context, Runner* runner,
           const ResultsFolder& folder) {
  auto made = provenance(options.command_line, context);
  made["data"] = runner->data();
  if (!runner->from().empty()) made["from"] = runner->from();
  made["started_at"] = time_text();
  if (auto earlier = earlier_part(folder.path()); earlier.is_object()) made["earlier"] = std::move(earlier);
  folder.begin(made, resolved_text(experiment));
  say(fmt::format("{}: {} runs, on {}", experiment.name, runner->runs(), context.description()));
  const bool finished = runner->train(folder);
  runner->write_tables(folder.path());
  if (!finished) return false;
  runner->write_genomes(folder.path());
  draw(folder.path());
  made["finished_at"] = time_text();
  folder.finish(made);
  return true;
}

/// Only `figure`, `title` or `source` are others than they were.
int redraw(const ResultsFolder& folder, const Experiment& experiment) {
  write_file(folder.path() / results_name::experiment, resolved_text(experiment));
  draw(folder.path());
  show(fmt::format("{} holds this experiment, finished; drawn anew.\n{}{}", folder.path().string(),
                   table_text(folder.path(), experiment), picture_text(folder.path())));
  return kDone;
}

/// With --variant: those that are named, and with --resume those that the folder has.
Experiment chosen_part(const RunOptions& options, const Experiment& whole, const There& there) {
  std::vector<std::string> names = options.variants;
  if (!names.empty() && options.resume && there.experiment)
    for (const Point& point : whole.points)
      for (const Point& kept : there.experiment->points)
        if (kept.variant == point.variant) names.push_back(point.variant);
  return with_variants(whole, names);
}

}  // namespace

int run(const RunOptions& options) {
  watch_for_interrupt();
  const Experiment whole = load_experiment(options.experiment, options.sets);
  const fs::path out = options.out.empty() ? fs::path("results") / whole.name : fs::path(options.out);
  There there = look(out, resolved_text(with_variants(whole, options.variants)));
  const Experiment experiment = chosen_part(options, whole, there);
  const std::size_t memory = options.memory.empty() ? 0 : parse_bytes(options.memory);
  const std::vector<fs::path> path = data_path(options.data);
  ChosenDevice device = choose_device(options.device, threads_to_use(options.threads));
  if (there.experiment) refuse_second_process(out);
  const bool resume = options.resume || options.dry_run;
  const Work work = work_left(out, there, experiment, whole, resume);
  if (work == Work::none) {
    show(fmt::format("{} holds this experiment, finished. Nothing to do.\n{}{}", out.string(),
                     table_text(out, experiment), picture_text(out)));
    return kDone;
  }
  if (work == Work::redraw && !options.dry_run) return redraw(ResultsFolder(out), experiment);
  if (!device.remark.empty()) say(device.remark);
  if (options.verbose) trace_choices(&device.context);
  Runner runner(experiment, device.context, path, memory, executor_called(options.executor),
                fs::path(options.experiment).parent_path());
  const auto before = std::chrono::steady_clock::now();
  runner.prepare();  // before the folder is made: an experiment that does not fit its data leaves nothing
                     // behind
  if (there.experiment) check_data(out, runner.data());
  if (options.dry_run) {
    const double reading = std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
    if (there.experiment) runner.read(out);
    show_dry_run(experiment, runner, device.context, reading);
    return kDone;
  }
  const ResultsFolder folder(out);
  there = look(out, resolved_text(experiment));  // again: another process may have been here before the lock
  if (work_left(out, there, experiment, whole, true) == Work::none) return run(options);
  if (there.experiment) runner.read(out);
  const auto begin = std::chrono::steady_clock::now();
  if (!train(options, experiment, device.context, &runner, folder)) {
    say(fmt::format("interrupted; go on with: {}", resuming_command(options)));
    return kInterrupted;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  show(fmt::format("{}results  {}  ({} of training and tests)\n{}", table_text(out, experiment), out.string(),
                   duration_text(seconds), picture_text(out)));
  return kDone;
}

}  // namespace innate::host
