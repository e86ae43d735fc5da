#include "host/command/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "host/command/device.h"
#include "host/command/interrupt.h"
#include "host/command/memory.h"
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

bool has_places(const engine::Classification& task, const Json& spec) {
  const auto network = engine::network_from_json(spec.at("network"), task.height, task.width, task.channels);
  const auto genome = engine::genome_from_json(spec.at("genome"));
  const std::vector<float> any(
      static_cast<std::size_t>(engine::Layout::size(genome->layout(network).learned)));
  return !genome->places(network, any).empty();
}

}  // namespace

Runner::Runner(const Experiment& experiment, Context& context, std::vector<std::filesystem::path> data_path,
               std::size_t memory)
    : context_(context),
      memory_(memory),
      plan_(plan_runs(experiment)),
      tasks_(context, std::move(data_path)),
      header_{build_id(), name(context.backend()), sha256_hex(experiment.resolved.dump())} {}

void Runner::prepare() {
  bytes_.resize(plan_.rows.size());
  genomes_.resize(plan_.rows.size());
  for (const CohortPlan& cohort : plan_.cohorts) {
    const engine::Classification& task = tasks_.of(cohort.spec.at("task"));
    count_parameters(task, cohort, &plan_);
    steps_.push_back(engine::gradient_from_json(cohort.spec.at("learning"), task.train.count()).steps);
    total_ += static_cast<std::int64_t>(cohort.runs.size()) * steps_.back();
    count_bytes(cohort);
    for (const std::size_t run : cohort.runs)
      genomes_[run] = {task.height, task.width, task.channels, task.train.density(), {}};
    has_places_ = has_places_ || has_places(task, cohort.spec);
    fmt::print(stderr, "{}: {} training images as {}\n", cohort.label, task.train.count(), task.train.form());
  }
  memory_ = memory_to_use(context_, memory_);
  for (CohortPlan& cohort : plan_.cohorts) make_fit(&cohort);
  check_memory();
  journal_.outcomes.assign(plan_.rows.size(), {"running", 0});
}

void Runner::count_bytes(const CohortPlan& cohort) {
  const std::vector<std::size_t> bytes = bytes_of(context_, tasks_.of(cohort.spec.at("task")), cohort, plan_);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes_[cohort.runs[i]] = bytes[i];
}

/// Where a run does not fit alone, its cohort stores less; no bit of the results depends on it.
void Runner::make_fit(CohortPlan* cohort) {
  std::size_t most = 0, now = 0;
  for (const std::size_t run : cohort->runs) most = std::max(most, bytes_[run]);
  if (most <= memory_) return;
  cohort->compact = true;
  count_bytes(*cohort);
  for (const std::size_t run : cohort->runs) now = std::max(now, bytes_[run]);
  if (now < most)
    fmt::print(stderr,
               "{}: a run would need {}, and {} may be used: random numbers are made anew at each use, "
               "which is slower\n",
               cohort->label, bytes_text(most), bytes_text(memory_));
}

/// A run that does not fit alone could never be trained.
void Runner::check_memory() const {
  const auto largest =
      static_cast<std::size_t>(std::max_element(bytes_.begin(), bytes_.end()) - bytes_.begin());
  if (bytes_[largest] <= memory_) return;
  const RunRow& row = plan_.rows[largest];
  std::string where = row.variant;
  for (const auto& [path, value] : row.point) where += fmt::format(", {} = {}", path, value);
  throw DeviceError(
      fmt::format("{}: one run needs {} of memory, and {} may be used. Make the genome smaller, or "
                  "allow more with --memory.",
                  where, bytes_text(bytes_[largest]), bytes_text(memory_)));
}

void Runner::use(const ResultsFolder& folder, bool resume) {
  folder_ = &folder;
  const auto file = folder.checkpoint("state");
  if (!resume || !std::filesystem::exists(file)) return;
  journal_ = read_journal(read_checkpoint(file, header_));
  if (journal_.outcomes.size() != plan_.rows.size())
    throw ResultsError(file.string() + ": holds " + std::to_string(journal_.outcomes.size()) +
                       " runs, the experiment has " + std::to_string(plan_.rows.size()));
  for (const Journal::Begun& begun : journal_.begun)
    for (const std::size_t run : begun.runs)
      if (run >= plan_.rows.size())
        throw ResultsError(file.string() + ": names run " + std::to_string(run) + " of " +
                           std::to_string(plan_.rows.size()));
  read_genomes();
}

/// Those of the runs whose cohorts have ended; the checkpoint holds the others'.
void Runner::read_genomes() {
  std::vector<bool> needed(plan_.rows.size());
  for (std::size_t run = 0; run < needed.size(); ++run)
    needed[run] = journal_.outcomes[run].status != "running";
  for (const Journal::Begun& begun : journal_.begun)
    for (const std::size_t run : begun.runs) needed[run] = false;
  if (std::find(needed.begin(), needed.end(), true) == needed.end()) return;
  const auto file = folder_->checkpoint(results_name::genomes);
  std::vector<StoredGenome> stored = host::read_genomes(file, header_.experiment);
  stored.resize(plan_.rows.size());
  for (std::size_t run = 0; run < needed.size(); ++run)
    if (needed[run]) {
      if (stored[run].learned.empty())
        throw ResultsError(file.string() + ": lacks run " + std::to_string(run) +
                           ", which has ended; remove the folder to start from the beginning");
      genomes_[run] = std::move(stored[run]);
    }
}

/// Of a part that has ended. Written before the checkpoint that no longer holds its state.
void Runner::keep_genomes(const CohortPlan& plan, const engine::Cohort& cohort) {
  for (std::size_t i = 0; i < plan.runs.size(); ++i)
    genomes_[plan.runs[i]].learned = cohort.learned(static_cast<int>(i));
  const bool last = std::none_of(genomes_.begin(), genomes_.end(),
                                 [](const StoredGenome& genome) { return genome.learned.empty(); });
  if (!last) host::write_genomes(folder_->checkpoint(results_name::genomes), header_.experiment, genomes_);
}

void Runner::write_genomes() const {
  host::write_genomes(folder_->path() / results_name::genomes, header_.experiment, genomes_);
}

std::size_t Runner::cohort_of(std::size_t run) const {
  for (std::size_t c = 0; c < plan_.cohorts.size(); ++c)
    for (const std::size_t i : plan_.cohorts[c].runs)
      if (i == run) return c;
  throw ResultsError("run " + std::to_string(run) + " belongs to no cohort");
}

/// `runs` of a cohort, and their state where they have begun, in parts that fit in memory. Parts are trained
/// one after the other; no run's bits depend on which others are in its part.
void Runner::cut(std::size_t cohort, const std::vector<std::size_t>& runs, const engine::CohortState* state,
                 std::vector<Part>* parts) const {
  const CohortPlan& whole = plan_.cohorts[cohort];
  std::vector<std::size_t> bytes;
  for (const std::size_t run : runs) bytes.push_back(bytes_[run]);
  std::vector<std::size_t> begins = cut_to_fit(bytes, memory_);
  const std::size_t count = begins.size();
  begins.push_back(runs.size());
  for (std::size_t p = 0; p < count; ++p) {
    const auto first = static_cast<std::ptrdiff_t>(begins[p]),
               last = static_cast<std::ptrdiff_t>(begins[p + 1]);
    Part part{{whole.label, whole.spec, {runs.begin() + first, runs.begin() + last}, whole.compact},
              std::nullopt};
    if (count > 1) part.plan.label += fmt::format(" (part {} of {})", p + 1, count);
    if (state)
      part.state = engine::CohortState{state->steps,
                                       state->tests,
                                       state->last_test,
                                       {state->replicas.begin() + first, state->replicas.begin() + last}};
    parts->push_back(std::move(part));
  }
}

std::vector<Runner::Part> Runner::parts_left() const {
  std::vector<Part> parts;
  std::vector<bool> begun(plan_.rows.size(), false);
  for (const Journal::Begun& b : journal_.begun) {
    cut(cohort_of(b.runs.front()), b.runs, &b.state, &parts);
    for (const std::size_t run : b.runs) begun[run] = true;
  }
  for (std::size_t c = 0; c < plan_.cohorts.size(); ++c) {
    std::vector<std::size_t> left;
    for (const std::size_t run : plan_.cohorts[c].runs)
      if (!begun[run] && journal_.outcomes[run].status == "running") left.push_back(run);
    if (!left.empty()) cut(c, left, nullptr, &parts);
  }
  return parts;
}

bool Runner::train() {
  ProgressLine progress(total_, steps_done());
  const std::vector<Part> parts = parts_left();
  journal_.begun.clear();
  for (const Part& part : parts)
    if (part.state) journal_.begun.push_back({part.plan.runs, *part.state});
  for (const Part& part : parts) {
    std::size_t bytes = 0;
    for (const std::size_t run : part.plan.runs) bytes += bytes_[run];
    progress.end_line();
    fmt::print(stderr, "{}: {} runs, {} of the {} of memory that may be used\n", part.plan.label,
               part.plan.runs.size(), bytes_text(bytes), bytes_text(memory_));
    if (!part.state) journal_.begun.insert(journal_.begun.begin(), {part.plan.runs, {}});
    if (!train_part(part, &progress)) return false;
    journal_.begun.erase(journal_.begun.begin());
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
  if (has_places_) write_csv(folder_->path() / results_name::genes, genes_table(rows, journal_.genes));
}

/// The part in training is the first of journal_.begun.
bool Runner::train_part(const Part& part, ProgressLine* progress) {
  const engine::Classification& task = tasks_.of(part.plan.spec.at("task"));
  const auto cohort = make_cohort(context_, task, part.plan, plan_);
  if (part.state) cohort->load(*part.state);
  double saving =
      0;  // seconds that the last checkpoint took: writing them costs a twentieth of the time at most
  Clock::time_point saved{};
  // On a device everything up to the next test is one launch.
  std::int64_t slice = context_.backend() == Backend::cuda ? std::int64_t{1} << 20 : 1;
  while (!cohort->finished()) {
    if (cohort->test_is_due()) {
      const std::vector<engine::TestResult> results = cohort->test();
      take(part.plan, results);
      note_places(part.plan, *cohort, results);
    } else {
      slice = train_slice(cohort.get(), slice);
    }
    note_outcomes(part.plan, *cohort);
    if (seconds_since(saved) > 20 * saving || interrupted()) {
      const Clock::time_point begin = Clock::now();
      save(*cohort);
      saved = Clock::now();
      saving = seconds_since(begin);
    }
    if (interrupted()) return false;
    progress->show(steps_done(), fmt::format("{}: {} of its {} runs, step {}", part.plan.label,
                                             cohort->running(), part.plan.runs.size(), cohort->steps()));
  }
  keep_genomes(part.plan, *cohort);
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

/// The paths of the genes' centres, of the first replica of every point.
void Runner::note_places(const CohortPlan& plan, const engine::Cohort& cohort,
                         const std::vector<engine::TestResult>& results) {
  for (const engine::TestResult& r : results) {
    const std::size_t run = plan.runs[static_cast<std::size_t>(r.replica)];
    if (plan_.rows[run].replica != 0) continue;
    const Json& spec = plan_.points[run]->spec;
    const auto network = engine::network_from_json(spec.at("network"), genomes_[run].height,
                                                   genomes_[run].width, genomes_[run].channels);
    const auto genome = engine::genome_from_json(spec.at("genome"));
    for (const engine::GenePlace& place : genome->places(network, cohort.learned(r.replica)))
      journal_.genes.push_back({static_cast<int>(run), r.at, place.channel, place.gene,
                                static_cast<float>(place.row), static_cast<float>(place.column),
                                static_cast<float>(place.width)});
  }
}

void Runner::note_outcomes(const CohortPlan& plan, const engine::Cohort& cohort) {
  for (std::size_t i = 0; i < plan.runs.size(); ++i)
    journal_.outcomes[plan.runs[i]] = {name(cohort.status(static_cast<int>(i))),
                                       cohort.steps_of(static_cast<int>(i))};
}

void Runner::save(const engine::Cohort& cohort) {
  journal_.begun.front().state = cohort.save();
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
