#include "host/command/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "host/command/device.h"
#include "host/command/interrupt.h"
#include "host/command/memory.h"
#include "host/command/provenance.h"
#include "host/results/sha256.h"
#include "host/results/text.h"

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

/// "S-GEM, genome.genes = 26".
std::string point_text(const RunRow& row) {
  std::string text = short_name(row.variant);
  for (const auto& [path, value] : row.point) text += fmt::format(", {} = {}", path, short_name(value));
  return text;
}

}  // namespace

Runner::Runner(const Experiment& experiment, Context& context, std::vector<std::filesystem::path> data_path,
               std::size_t memory, engine::Executor executor)
    : context_(context),
      memory_(memory),
      executor_(executor),
      plan_(plan_runs(experiment)),
      tasks_(context, std::move(data_path)),
      header_{build_id(), name(context.backend()), sha256_hex(experiment.resolved.dump())} {}

void Runner::prepare() {
  read_specs();
  memory_ = memory_to_use(context_, memory_);
  make_fit();
  check_memory();
  journal_.outcomes.assign(plan_.rows.size(), {"running", 0});
}

/// Every point's spec, and what its data decide of its runs.
void Runner::read_specs() {
  std::map<const Point*, std::shared_ptr<const engine::Spec>> specs;
  std::set<const engine::Classification*> said;
  for (std::size_t run = 0; run < plan_.rows.size(); ++run) {
    const Point* point = plan_.points[run];
    const auto task = tasks_.of(point->spec.at("task"));
    auto& spec = specs[point];
    if (!spec) spec = engine::spec_from_json(point->spec, task);
    RunRow& row = plan_.rows[run];
    count_parameters(*spec, &row);
    replicas_.push_back({spec, row.seed, true, row.replica == 0});
    genomes_.push_back({task->height, task->width, task->channels, task->train.density(), {}});
    if (said.insert(task.get()).second)
      fmt::print(stderr, "{}: {} training images as {}\n", short_name(row.variant), task->train.count(),
                 task->train.form());
  }
}

/// What each run takes; one that does not fit alone stores less, and no bit of the results depends on it.
void Runner::make_fit() {
  std::map<const engine::Spec*, std::pair<std::size_t, bool>> known;  // of a spec: bytes, whether R is stored
  for (std::size_t run = 0; run < replicas_.size(); ++run) {
    engine::Replica& replica = replicas_[run];
    // A checkpoint being written: the state and its bytes, of up to three arrays each.
    const std::size_t saved =
        context_.backend() == Backend::cpu
            ? 6 * sizeof(float) * static_cast<std::size_t>(plan_.rows[run].genome_parameters)
            : 0;
    const auto bytes = [&] {
      const engine::Needs needs = engine::needs(context_, replica);
      return needs.state + needs.worker + saved;
    };
    const auto [found, is_new] = known.try_emplace(replica.spec.get(), 0, true);
    auto& [most, stores] = found->second;
    if (is_new && (most = bytes()) > memory_) {
      replica.stores_basis = false;
      if (const std::size_t less = bytes(); less < most) {
        fmt::print(stderr,
                   "{}: a run would need {}, and {} may be used: random numbers are made anew at each use, "
                   "which is slower\n",
                   point_text(plan_.rows[run]), bytes_text(most), bytes_text(memory_));
        most = less, stores = false;
      }
    }
    replica.stores_basis = stores;
    bytes_.push_back(most);
  }
}

/// A run that does not fit alone could never be trained.
void Runner::check_memory() const {
  const auto largest =
      static_cast<std::size_t>(std::max_element(bytes_.begin(), bytes_.end()) - bytes_.begin());
  if (bytes_[largest] <= memory_) return;
  throw DeviceError(
      fmt::format("{}: one run needs {} of memory, and {} may be used. Make the genome smaller, or "
                  "allow more with --memory.",
                  point_text(plan_.rows[largest]), bytes_text(bytes_[largest]), bytes_text(memory_)));
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
    if (begun.run >= plan_.rows.size())
      throw ResultsError(file.string() + ": names run " + std::to_string(begun.run) + " of " +
                         std::to_string(plan_.rows.size()));
  read_genomes();
}

/// Those of the runs that have ended; the checkpoint holds the others'.
void Runner::read_genomes() {
  std::vector<bool> needed(plan_.rows.size());
  for (std::size_t run = 0; run < needed.size(); ++run)
    needed[run] = journal_.outcomes[run].status != "running";
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

void Runner::write_genomes() const {
  host::write_genomes(folder_->path() / results_name::genomes, header_.experiment, genomes_);
}

std::vector<std::size_t> Runner::runs_left() const {
  std::vector<std::size_t> left;
  for (std::size_t run = 0; run < plan_.rows.size(); ++run)
    if (journal_.outcomes[run].status == "running") left.push_back(run);
  return left;
}

bool Runner::train() {
  const std::vector<std::size_t> left = runs_left();
  if (left.empty()) return true;
  std::vector<engine::Replica> replicas;
  std::map<std::size_t, std::size_t> number_of;
  engine::PoolState state;
  for (const std::size_t run : left) {
    number_of[run] = replicas.size();
    replicas.push_back(replicas_[run]);
  }
  state.replicas.resize(left.size());
  for (const Journal::Begun& begun : journal_.begun)
    if (const auto found = number_of.find(begun.run); found != number_of.end())
      state.replicas[found->second] = begun.state;
  engine::Pool pool(context_, std::move(replicas), executor_, memory_);
  pool.load(state);
  for (const std::string& choice : pool.choices()) context_.trace(choice);
  fmt::print(stderr, "{} runs to train, up to {} each of the {} of memory that may be used\n", left.size(),
             bytes_text(*std::max_element(bytes_.begin(), bytes_.end())), bytes_text(memory_));
  ProgressLine progress(total_steps(), steps_done());
  constexpr double kSlice = 0.1;  // seconds: Ctrl-C and the progress line do not wait longer, on a CPU
  double saving =
      0;  // seconds that the last checkpoint took: writing them costs a twentieth of the time at most
  Clock::time_point saved{};
  while (!pool.finished()) {
    take(left, pool.run(kSlice));
    note_outcomes(left, pool);
    if (seconds_since(saved) > 20 * saving || interrupted()) {
      const Clock::time_point begin = Clock::now();
      save(left, pool);
      saved = Clock::now();
      saving = seconds_since(begin);
    }
    if (interrupted()) return pool.finished();
    progress.show(steps_done(), fmt::format("{} of {} runs left", pool.running(), plan_.rows.size()));
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
  const bool placed = std::any_of(replicas_.begin(), replicas_.end(), [](const engine::Replica& replica) {
    return replica.spec->genome->has_places();
  });
  if (placed) write_csv(folder_->path() / results_name::genes, genes_table(rows, journal_.genes));
}

void Runner::take(const std::vector<std::size_t>& left, const std::vector<engine::TestResult>& results) {
  for (const engine::TestResult& r : results) {
    const int run = static_cast<int>(left[static_cast<std::size_t>(r.replica)]);
    journal_.metrics.push_back({run, r.at, "accuracy", r.accuracy});
    journal_.metrics.push_back({run, r.at, "loss", r.loss});
    if (r.at > 0) journal_.metrics.push_back({run, r.at, "train_loss", r.train_loss});
    for (const engine::GenePlace& place : r.places)
      journal_.genes.push_back({run, r.at, place.channel, place.gene, static_cast<float>(place.row),
                                static_cast<float>(place.column), static_cast<float>(place.width)});
  }
}

void Runner::note_outcomes(const std::vector<std::size_t>& left, const engine::Pool& pool) {
  for (std::size_t i = 0; i < left.size(); ++i) {
    const int replica = static_cast<int>(i);
    const engine::Status status = pool.status(replica);
    journal_.outcomes[left[i]] = {name(status), pool.steps(replica)};
    if (status == engine::Status::running || !genomes_[left[i]].learned.empty()) continue;
    genomes_[left[i]].learned = pool.learned(replica);
    genomes_changed_ = true;
  }
}

/// What has ended is written before the checkpoint that no longer holds it.
void Runner::save(const std::vector<std::size_t>& left, const engine::Pool& pool) {
  if (genomes_changed_) {
    host::write_genomes(folder_->checkpoint(results_name::genomes), header_.experiment, genomes_);
    genomes_changed_ = false;
  }
  engine::PoolState state = pool.save();
  journal_.begun.clear();
  for (std::size_t i = 0; i < left.size(); ++i)
    if (state.replicas[i].status == engine::Status::running && state.replicas[i].begun())
      journal_.begun.push_back({left[i], std::move(state.replicas[i])});
  write_checkpoint(folder_->checkpoint("state"), header_, journal_bytes(journal_));
}

std::int64_t Runner::total_steps() const {
  std::int64_t total = 0;
  for (const engine::Replica& replica : replicas_) total += replica.spec->learner->steps();
  return total;
}

/// Steps of all replicas; those of a replica that stopped early count as done.
std::int64_t Runner::steps_done() const {
  std::int64_t done = 0;
  for (std::size_t run = 0; run < replicas_.size(); ++run)
    done += journal_.outcomes[run].status == "running" ? journal_.outcomes[run].progress
                                                       : replicas_[run].spec->learner->steps();
  return done;
}

}  // namespace innate::host
