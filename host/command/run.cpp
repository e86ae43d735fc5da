#include "host/command/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstring>
#include <set>

#include "host/command/device.h"
#include "host/command/exit_status.h"
#include "host/command/interrupt.h"
#include "host/command/memory.h"
#include "host/command/progress.h"
#include "host/command/provenance.h"
#include "host/command/runner.h"
#include "host/command/threads.h"
#include "host/data/search_path.h"
#include "host/plot/error.h"
#include "host/plot/plot.h"
#include "host/results/atomic_file.h"
#include "host/results/results_folder.h"
#include "host/results/terminal_table.h"

namespace innate::host {

namespace {

/// The folder's summary as people read it.
std::string table_text(const std::filesystem::path& folder, const Experiment& experiment) {
  std::vector<std::string> columns = {"variant"};
  for (const Point& point : experiment.points)
    for (const auto& [path, value] : point.columns)
      if (std::find(columns.begin(), columns.end(), path) == columns.end()) columns.push_back(path);
  for (const char* column : {"replicas", "diverged", "genome_parameters", "percent", "compression",
                             "best_accuracy_mean", "best_accuracy_sd", "progress_mean"})
    columns.push_back(column);
  return terminal_table(read_csv(folder / results_name::summary), columns);
}

/// What the folder says of an earlier part of this run, if there was one.
nlohmann::ordered_json earlier_part(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / results_name::provenance;
  if (!std::filesystem::exists(file)) return nullptr;
  return nlohmann::ordered_json::parse(read_file(file), nullptr, false);
}

void trace_choices(Context* context) {
  auto said = std::make_shared<std::set<std::string>>();
  context->set_trace([said](const std::string& choice) {
    if (said->insert(choice).second) fmt::print(stderr, "{}\n", choice);
  });
}

/// Draws the picture; a missing gnuplot does not spoil the results.
void draw(const std::filesystem::path& folder) {
  try {
    plot({folder}, folder / results_name::curve);
    fmt::print("picture  {}\n", (folder / "curve.png").string());
  } catch (const PlotError& error) {
    fmt::print(stderr, "no picture: {}\n", error.what());
  }
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

}  // namespace

int run(const RunOptions& options) {
  watch_for_interrupt();
  const Experiment experiment = load_experiment(options.experiment, options.sets);
  const std::filesystem::path out = options.out.empty() ? std::filesystem::path("results") / experiment.name
                                                        : std::filesystem::path(options.out);
  const std::string resolved = experiment.resolved.dump(2) + "\n";
  if (inspect(out, resolved) == FolderState::finished) {
    fmt::print("{} holds this experiment, finished. Nothing to do.\n{}", out.string(),
               table_text(out, experiment));
    if (std::filesystem::exists(out / "curve.png")) fmt::print("picture  {}\n", (out / "curve.png").string());
    return kDone;
  }
  ChosenDevice device = choose_device(options.device, threads_to_use(options.threads));
  if (!device.remark.empty()) fmt::print(stderr, "{}\n", device.remark);
  if (options.verbose) trace_choices(&device.context);
  if (inspect(out, resolved) == FolderState::unfinished && !options.resume)
    throw ResultsError(out.string() +
                       ": holds this experiment, unfinished. Go on with --resume, or choose another folder "
                       "with --out, or remove it.");

  const std::size_t memory = options.memory.empty() ? 0 : parse_bytes(options.memory);
  Runner runner(experiment, device.context, data_path(options.data), memory, options.executor);
  runner.prepare();  // before the folder is made: an experiment that does not fit its data leaves nothing
                     // behind
  const ResultsFolder folder(out, resolved);
  runner.use(folder, options.resume);
  auto made = provenance(options.command_line, device.context);
  made["started_at"] = time_text();
  if (auto earlier = earlier_part(out); earlier.is_object()) made["earlier"] = std::move(earlier);
  folder.begin(made);
  fmt::print(stderr, "{}: {} runs, on {}\n", experiment.name, runner.runs(), device.context.description());

  const auto begin = std::chrono::steady_clock::now();
  const bool finished = runner.train();
  if (!finished) {
    runner.write_tables();
    fmt::print(stderr, "interrupted; go on with: {}\n", resuming_command(options));
    return kInterrupted;
  }
  runner.write_tables();
  runner.write_genomes();
  fmt::print("{}", table_text(out, experiment));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("results  {}  ({} of training and tests)\n", out.string(), duration_text(seconds));
  draw(out);
  made["finished_at"] = time_text();
  folder.finish(made);
  return kDone;
}

}  // namespace innate::host
