#include "host/command/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstring>
#include <set>

#include "host/command/device.h"
#include "host/command/exit_status.h"
#include "host/command/interrupt.h"
#include "host/command/journal.h"
#include "host/command/plan.h"
#include "host/command/progress.h"
#include "host/command/provenance.h"
#include "host/command/threads.h"
#include "host/data/search_path.h"
#include "host/plot/error.h"
#include "host/plot/plot.h"
#include "host/results/atomic_file.h"
#include "host/results/checkpoint_file.h"
#include "host/results/results_folder.h"
#include "host/results/sha256.h"
#include "host/results/terminal_table.h"

namespace innate::host {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// One run of an experiment: plan, data, cohorts one after the other, journal.
class Runner {
 public:
  Runner(const RunOptions& options, const Experiment& experiment, Context& context)
      : context_(context),
        plan_(plan_runs(experiment)),
        tasks_(context, data_path(options.data)),
        header_{build_id(), name(context.backend()), sha256_hex(experiment.resolved.dump())} {}

  void prepare() {
    for (const CohortPlan& cohort : plan_.cohorts) {
      const engine::Classification& task = tasks_.of(cohort.spec.at("task"));
      count_parameters(task, cohort, &plan_);
      steps_.push_back(engine::gradient_from_json(cohort.spec.at("learning"), task.train.count()).steps);
      total_ += static_cast<std::int64_t>(cohort.runs.size()) * steps_.back();
    }
    journal_.outcomes.assign(plan_.rows.size(), {"running", 0});
  }

  /// Where results and checkpoints go; `resume`: goes on from the folder's checkpoint, where there is one.
  void use(const ResultsFolder& folder, bool resume) {
    folder_ = &folder;
    const auto file = folder.checkpoint("state");
    if (!resume || !std::filesystem::exists(file)) return;
    journal_ = read_journal(read_checkpoint(file, header_));
    if (journal_.outcomes.size() != plan_.rows.size() || journal_.cohort > plan_.cohorts.size())
      throw ResultsError(file.string() + ": holds " + std::to_string(journal_.outcomes.size()) +
                         " runs, the experiment has " + std::to_string(plan_.rows.size()));
  }

  /// True: all runs have ended. False: interrupted, and a checkpoint was written.
  bool train() {
    ProgressLine progress(total_, steps_done());
    while (journal_.cohort < plan_.cohorts.size()) {
      if (!train_cohort(plan_.cohorts[journal_.cohort], &progress)) return false;
      ++journal_.cohort;
      journal_.state.reset();
    }
    return true;
  }

  void write_tables() const {
    std::vector<RunRow> rows = plan_.rows;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].status = journal_.outcomes[i].status;
      rows[i].progress = journal_.outcomes[i].progress;
    }
    add_best_and_final(&rows);
    write_csv(folder_->path() / results_name::metrics, metrics_table(rows, journal_.metrics));
    write_csv(folder_->path() / results_name::runs, runs_table(rows));
    write_csv(folder_->path() / results_name::summary, summary_table(rows));
  }

  std::size_t runs() const { return plan_.rows.size(); }
  std::size_t cohorts() const { return plan_.cohorts.size(); }

 private:
  bool train_cohort(const CohortPlan& plan, ProgressLine* progress) {
    const engine::Classification& task = tasks_.of(plan.spec.at("task"));
    const auto cohort = make_cohort(context_, task, plan, plan_);
    if (journal_.state) cohort->load(*journal_.state);
    Clock::time_point saved = Clock::now();
    std::int64_t slice = 1;
    while (!cohort->finished()) {
      const bool due = cohort->test_is_due();
      if (due) {
        take(plan, cohort->test());
      } else {
        slice = train_slice(cohort.get(), slice);
      }
      note_outcomes(plan, *cohort);
      if (due || seconds_since(saved) > 25 || interrupted()) {
        save(*cohort);
        saved = Clock::now();
      }
      if (interrupted()) return false;
      progress->show(steps_done(), fmt::format("{}: {} of its {} runs, step {}", plan.label,
                                               cohort->running(), plan.runs.size(), cohort->steps()));
    }
    return true;
  }

  /// Trains a tenth of a second or so, that Ctrl-C and the progress line do not wait longer; returns the next
  /// slice.
  std::int64_t train_slice(engine::Cohort* cohort, std::int64_t slice) {
    const Clock::time_point begin = Clock::now();
    const std::int64_t steps = cohort->train(slice);
    context_.synchronize();
    const double seconds = seconds_since(begin);
    if (steps < slice) return slice;
    return seconds < 0.05 ? slice * 2 : seconds > 0.2 ? std::max<std::int64_t>(1, slice / 2) : slice;
  }

  void take(const CohortPlan& plan, const std::vector<engine::TestResult>& results) {
    for (const engine::TestResult& r : results) {
      const int run = static_cast<int>(plan.runs[static_cast<std::size_t>(r.replica)]);
      journal_.metrics.push_back({run, r.at, "accuracy", r.accuracy});
      journal_.metrics.push_back({run, r.at, "loss", r.loss});
      if (r.at > 0) journal_.metrics.push_back({run, r.at, "train_loss", r.train_loss});
    }
  }

  void note_outcomes(const CohortPlan& plan, const engine::Cohort& cohort) {
    for (std::size_t i = 0; i < plan.runs.size(); ++i)
      journal_.outcomes[plan.runs[i]] = {name(cohort.status(static_cast<int>(i))),
                                         cohort.steps_of(static_cast<int>(i))};
  }

  void save(const engine::Cohort& cohort) {
    journal_.state = cohort.save();
    write_checkpoint(folder_->checkpoint("state"), header_, journal_bytes(journal_));
  }

  /// Steps of all replicas; those of a replica that stopped early count as done.
  std::int64_t steps_done() const {
    std::int64_t done = 0;
    for (std::size_t c = 0; c < plan_.cohorts.size(); ++c)
      for (const std::size_t i : plan_.cohorts[c].runs)
        done += journal_.outcomes[i].status == "running" ? journal_.outcomes[i].progress : steps_[c];
    return done;
  }

  /// best: the largest accuracy and the smallest loss over a run's tests; final: those of its last test.
  void add_best_and_final(std::vector<RunRow>* rows) const {
    for (const MetricRow& m : journal_.metrics) {
      RunRow& row = (*rows)[static_cast<std::size_t>(m.run)];
      keep(&row.best, m, [&](double old) { return m.metric == "accuracy" ? m.value > old : m.value < old; });
      keep(&row.final, m, [](double) { return true; });
    }
  }

  template <class Better>
  static void keep(std::vector<std::pair<std::string, double>>* values, const MetricRow& m,
                   const Better& better) {
    for (auto& [metric, value] : *values)
      if (metric == m.metric) {
        if (better(value)) value = m.value;
        return;
      }
    values->emplace_back(m.metric, m.value);
  }

  const ResultsFolder* folder_ = nullptr;
  Context& context_;
  RunPlan plan_;
  Tasks tasks_;
  CheckpointHeader header_;
  Journal journal_;
  std::vector<std::int64_t> steps_;  // of a run of each cohort
  std::int64_t total_ = 0;           // of all runs
};

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
  ChosenDevice device =
      choose_device(options.device, options.threads > 0 ? options.threads : allowed_threads());
  if (!device.remark.empty()) fmt::print(stderr, "{}\n", device.remark);
  if (options.verbose) trace_choices(&device.context);
  if (inspect(out, resolved) == FolderState::unfinished && !options.resume)
    throw ResultsError(out.string() +
                       ": holds this experiment, unfinished. Go on with --resume, or choose another folder "
                       "with --out, or remove it.");

  Runner runner(options, experiment, device.context);
  runner.prepare();  // before the folder is made: an experiment that does not fit its data leaves nothing
                     // behind
  const ResultsFolder folder(out, resolved);
  runner.use(folder, options.resume);
  auto made = provenance(options.command_line, device.context);
  made["started_at"] = time_text();
  if (auto earlier = earlier_part(out); earlier.is_object()) made["earlier"] = std::move(earlier);
  folder.begin(made);
  fmt::print(stderr, "{}: {} runs in {} {}, on {}\n", experiment.name, runner.runs(), runner.cohorts(),
             runner.cohorts() == 1 ? "cohort" : "cohorts", device.context.description());

  const Clock::time_point begin = Clock::now();
  const bool finished = runner.train();
  if (!finished) {
    runner.write_tables();
    fmt::print(stderr, "interrupted; go on with: {}\n", resuming_command(options));
    return kInterrupted;
  }
  runner.write_tables();
  fmt::print("{}", table_text(out, experiment));
  fmt::print("results  {}  ({} of training and tests)\n", out.string(), duration_text(seconds_since(begin)));
  draw(out);
  made["finished_at"] = time_text();
  folder.finish(made);
  return kDone;
}

}  // namespace innate::host
