#include "host/command/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "host/command/interrupt.h"
#include "host/command/provenance.h"
#include "host/results/sha256.h"

namespace innate::host {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

template <class Better>
void keep(std::vector<std::pair<std::string, double>>* values, const MetricRow& m, const Better& better) {
  for (auto& [metric, value] : *values)
    if (metric == m.metric) {
      if (better(value)) value = m.value;
      return;
    }
  values->emplace_back(m.metric, m.value);
}

/// best: the largest accuracy and the smallest loss over a run's tests; final: those of its last test.
void add_best_and_final(const std::vector<MetricRow>& metrics, std::vector<RunRow>* rows) {
  for (const MetricRow& m : metrics) {
    RunRow& row = (*rows)[static_cast<std::size_t>(m.run)];
    keep(&row.best, m, [&](double old) { return m.metric == "accuracy" ? m.value > old : m.value < old; });
    keep(&row.final, m, [](double) { return true; });
  }
}

}  // namespace

Runner::Runner(const Experiment& experiment, Context& context, std::vector<std::filesystem::path> data_path)
    : context_(context),
      plan_(plan_runs(experiment)),
      tasks_(context, std::move(data_path)),
      header_{build_id(), name(context.backend()), sha256_hex(experiment.resolved.dump())} {}

void Runner::prepare() {
  for (const CohortPlan& cohort : plan_.cohorts) {
    const engine::Classification& task = tasks_.of(cohort.spec.at("task"));
    count_parameters(task, cohort, &plan_);
    steps_.push_back(engine::gradient_from_json(cohort.spec.at("learning"), task.train.count()).steps);
    total_ += static_cast<std::int64_t>(cohort.runs.size()) * steps_.back();
  }
  journal_.outcomes.assign(plan_.rows.size(), {"running", 0});
}

void Runner::use(const ResultsFolder& folder, bool resume) {
  folder_ = &folder;
  const auto file = folder.checkpoint("state");
  if (!resume || !std::filesystem::exists(file)) return;
  journal_ = read_journal(read_checkpoint(file, header_));
  if (journal_.outcomes.size() != plan_.rows.size() || journal_.cohort > plan_.cohorts.size())
    throw ResultsError(file.string() + ": holds " + std::to_string(journal_.outcomes.size()) +
                       " runs, the experiment has " + std::to_string(plan_.rows.size()));
}

bool Runner::train() {
  ProgressLine progress(total_, steps_done());
  while (journal_.cohort < plan_.cohorts.size()) {
    if (!train_cohort(plan_.cohorts[journal_.cohort], &progress)) return false;
    ++journal_.cohort;
    journal_.state.reset();
  }
  return true;
}

void Runner::write_tables() const {
  std::vector<RunRow> rows = plan_.rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].status = journal_.outcomes[i].status;
    rows[i].progress = journal_.outcomes[i].progress;
  }
  add_best_and_final(journal_.metrics, &rows);
  write_csv(folder_->path() / results_name::metrics, metrics_table(rows, journal_.metrics));
  write_csv(folder_->path() / results_name::runs, runs_table(rows));
  write_csv(folder_->path() / results_name::summary, summary_table(rows));
}

bool Runner::train_cohort(const CohortPlan& plan, ProgressLine* progress) {
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
    progress->show(steps_done(), fmt::format("{}: {} of its {} runs, step {}", plan.label, cohort->running(),
                                             plan.runs.size(), cohort->steps()));
  }
  return true;
}

/// Trains a tenth of a second or so, that Ctrl-C and the progress line do not wait longer; returns the next
/// slice.
std::int64_t Runner::train_slice(engine::Cohort* cohort, std::int64_t slice) {
  const Clock::time_point begin = Clock::now();
  const std::int64_t steps = cohort->train(slice);
  context_.synchronize();
  const double seconds = seconds_since(begin);
  if (steps < slice) return slice;
  return seconds < 0.05 ? slice * 2 : seconds > 0.2 ? std::max<std::int64_t>(1, slice / 2) : slice;
}

void Runner::take(const CohortPlan& plan, const std::vector<engine::TestResult>& results) {
  for (const engine::TestResult& r : results) {
    const int run = static_cast<int>(plan.runs[static_cast<std::size_t>(r.replica)]);
    journal_.metrics.push_back({run, r.at, "accuracy", r.accuracy});
    journal_.metrics.push_back({run, r.at, "loss", r.loss});
    if (r.at > 0) journal_.metrics.push_back({run, r.at, "train_loss", r.train_loss});
  }
}

void Runner::note_outcomes(const CohortPlan& plan, const engine::Cohort& cohort) {
  for (std::size_t i = 0; i < plan.runs.size(); ++i)
    journal_.outcomes[plan.runs[i]] = {name(cohort.status(static_cast<int>(i))),
                                       cohort.steps_of(static_cast<int>(i))};
}

void Runner::save(const engine::Cohort& cohort) {
  journal_.state = cohort.save();
  write_checkpoint(folder_->checkpoint("state"), header_, journal_bytes(journal_));
}

/// Steps of all replicas; those of a replica that stopped early count as done.
std::int64_t Runner::steps_done() const {
  std::int64_t done = 0;
  for (std::size_t c = 0; c < plan_.cohorts.size(); ++c)
    for (const std::size_t i : plan_.cohorts[c].runs)
      done += journal_.outcomes[i].status == "running" ? journal_.outcomes[i].progress : steps_[c];
  return done;
}

}  // namespace innate::host
