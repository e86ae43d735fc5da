#include "host/command/runner.h"

#include <fmt/format.h>
#include <innate/engine/json.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "host/command/machine.h"
#include "host/command/process.h"
#include "host/command/provenance.h"
#include "host/command/terminal.h"
#include "host/results/file.h"
#include "host/results/text.h"

namespace innate::host {

namespace {

namespace fs = std::filesystem;
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

/// Where no test before had so large an accuracy on held-out images, that test's accuracy.
void select(const std::vector<MetricRow>& metrics, const MetricRow& held, RunRow* row) {
  for (const auto& [metric, value] : row->best)
    if (metric == held.metric && held.value <= value) return;
  for (const MetricRow& m : metrics)
    if (m.run == held.run && m.at == held.at && m.metric == "accuracy")
      keep(&row->best, {m.run, m.at, "accuracy_by_held_out", m.value}, [](double) { return true; });
}

/// best: the largest accuracies and the smallest losses over a run's tests, and the accuracy where that on
/// held-out images was best first; final: all that its last test measured.
void add_best_and_final(const std::vector<MetricRow>& metrics, std::vector<RunRow>* rows) {
  for (const MetricRow& m : metrics) {
    RunRow& row = (*rows)[static_cast<std::size_t>(m.run)];
    const bool larger = m.metric == "accuracy" || m.metric == "held_out_accuracy",
               smaller = m.metric == "loss" || m.metric == "train_loss";
    if (m.metric == "held_out_accuracy") select(metrics, m, &row);
    if (larger || smaller)
      keep(&row.best, m, [&](double old) { return larger ? m.value > old : m.value < old; });
    keep(&row.final, m, [](double) { return true; });
  }
}

}  // namespace

Runner::Runner(const Experiment& experiment, Context& context, std::vector<std::filesystem::path> data_path,
               std::size_t memory, engine::Executor executor, std::filesystem::path beside)
    : experiment_(experiment),
      context_(context),
      memory_(memory),
      executor_(executor),
      runs_(runs_of(experiment)),
      tasks_(context, std::move(data_path)),
      origins_(std::move(beside)) {
  for (std::size_t run = 0; run < runs_.rows.size(); ++run) by_key_[runs_.key(run)].push_back(run);
}

void Runner::prepare() {
  read_specs();
  memory_ = memory_to_use(context_, memory_);
  make_fit();
  check_memory();
}

/// Every point's spec, and what its data decide of its runs.
void Runner::read_specs() {
  std::map<const Point*, std::shared_ptr<const engine::Spec>> specs;
  std::set<const engine::Classification*> said;
  for (std::size_t run = 0; run < runs_.rows.size(); ++run) {
    const Point* point = runs_.points[run];
    const auto task = tasks_.of(point->spec);
    auto& spec = specs[point];
    if (!spec) spec = engine::spec_from_json(point->spec, task);
    RunRow& row = runs_.rows[run];
    count_parameters(*spec, &row);
    replicas_.push_back({spec, row.seed, true, row.replica == 0});
    const std::string& data = tasks_.digests().at(point->spec.at("task").at("data"));
    records_.push_back({runs_.identities[run],
                        row.seed,
                        data,
                        "",
                        "running",
                        0,
                        task->height,
                        task->width,
                        task->channels,
                        task->train.density(),
                        tasks_.standard(*task),
                        {},
                        {},
                        {}});
    if (const auto start = origins_.start(point->spec, *spec, row)) {
      replicas_.back().draw = start;
      records_.back().from = digest(*start);
    }
    if (said.insert(task.get()).second)
      say(fmt::format("{}: {} training images as {}", short_name(row.variant), task->train.count(),
                      task->train.form()));
  }
}

/// What each run takes; one that does not fit alone stores less, and no bit of the results depends on it.
void Runner::make_fit() {
  struct Known {
    std::size_t most = 0;
    bool stores = true;
    double operations = 0;
  };
  std::map<const engine::Spec*, Known> known;
  for (std::size_t run = 0; run < replicas_.size(); ++run) {
    engine::Replica& replica = replicas_[run];
    // A checkpoint being written: the state and its bytes, of up to three arrays each.
    const std::size_t saved =
        context_.backend() == Backend::cpu
            ? 6 * sizeof(float) * static_cast<std::size_t>(runs_.rows[run].genome_parameters)
            : 0;
    const auto [found, is_new] = known.try_emplace(replica.spec.get());
    auto& [most, stores, operations] = found->second;
    const auto bytes = [&, &operations = operations] {
      const engine::Needs needs = engine::needs(context_, replica);
      operations = needs.operations;
      return needs.state + needs.worker + saved;
    };
    if (is_new && (most = bytes()) > memory_) {
      replica.stores_basis = false;
      if (const std::size_t less = bytes(); less < most) {
        say(fmt::format(
            "{}: a run would need {}, and {} may be used: random numbers are made anew at each use, "
            "which is slower",
            named_point(runs_.rows[run]), bytes_text(most), bytes_text(memory_)));
        most = less, stores = false;
      }
    }
    replica.stores_basis = stores;
    bytes_.push_back(most);
    operations_.push_back(operations);
  }
}

/// A run that does not fit alone could never be trained.
void Runner::check_memory() const {
  const auto largest =
      static_cast<std::size_t>(std::max_element(bytes_.begin(), bytes_.end()) - bytes_.begin());
  if (bytes_[largest] <= memory_) return;
  throw UsageError(
      fmt::format("{}: one run needs {} of memory, and {} may be used. Make the genome smaller, or "
                  "allow more with --memory.",
                  named_point(runs_.rows[largest]), bytes_text(bytes_[largest]), bytes_text(memory_)));
}

// ---- what is there already

void Runner::read(const fs::path& folder) {
  for (const fs::path& file :
       {folder / results_name::genomes, folder / results_name::checkpoint / results_name::genomes}) {
    if (!fs::exists(file)) continue;
    const RecordFile stored(file, "genomes");
    if (stored.cut_off() > 0)
      say(fmt::format("{}: its last run was cut off while it was written; it is trained again",
                      file.string()));
    for (std::size_t i = 0; i < stored.size(); ++i) take_over(run_record(stored.read(i)), file);
  }
  if (const fs::path state = folder / results_name::checkpoint / "state"; fs::exists(state))
    read_state(state);
}

/// Into each run that it is of. Records were read whole, so that what is damaged is known before hours of
/// training; what an ended run has learned stays in the file all the same.
void Runner::take_over(RunRecord record, const fs::path& file) {
  const auto found = by_key_.find({runs_.now(record.point), record.seed});
  if (found == by_key_.end())
    throw ResultsError(fmt::format("{}: belongs to another experiment: it holds a run of seed {} of {}",
                                   file.string(), record.seed, record.point));
  if (record.ended()) record.state = {};
  for (const std::size_t run : found->second) {
    RunRecord& own = records_[run];
    if (own.ended()) continue;
    if (record.data != own.data)
      throw ResultsError(
          fmt::format("{}: {} was trained on other data: its set had the SHA-256 {}, the one that is found "
                      "now has {}. Put back the "
                      "set that it was trained on, or choose another folder with --out.",
                      file.string(), run_text(runs_.rows[run]), record.data, own.data));
    if (record.from != own.from)
      throw ResultsError(fmt::format(
          "{}: {} started from other numbers than it would now: they had the SHA-256 {}, those of "
          "the folder in its genome.from have {}. Put back the folder that it started from, or "
          "choose another folder with --out.",
          file.string(), run_text(runs_.rows[run]), record.from, own.from));
    record.point = own.point;
    own = record;
  }
}

/// Runs that were in training: only the build and the backend that began them would go on with the same bits.
void Runner::read_state(const fs::path& file) {
  const auto refuse = [&file](const std::string& what) {
    throw ResultsError(
        fmt::format("{}: {}, or remove it to train its runs from their beginning", file.string(), what));
  };
  const RecordFile state(file, "checkpoint");
  for (const auto& [word, own] :
       {std::pair("build", build_id()), std::pair("backend", std::string(name(context_.backend())))})
    if (const std::string& other = state.head().get<std::string>(word); other != own)
      refuse(fmt::format(
          "the checkpoint was written by another {} ('{}', this is '{}'): results would not be the same "
          "bits; go on with that one",
          word, other, own));
  const auto& counts = state.head().get<std::vector<std::int64_t>>("runs");
  if (counts.size() != 2 || counts[0] != static_cast<std::int64_t>(state.size()) || state.cut_off() > 0)
    refuse(
        fmt::format("the checkpoint is cut off or damaged: {} runs of {} are in it; put the whole file back",
                    state.size(), counts.empty() ? 0 : counts[0]));
  const auto ended = static_cast<std::int64_t>(runs_.rows.size() - left().size());
  if (ended < counts[1])
    say(fmt::format("{}: {} runs had ended, and {} are found; the others are trained again", file.string(),
                    counts[1], ended));
  for (std::size_t i = 0; i < state.size(); ++i) {
    RunRecord record = run_record(state.read(i));
    if (record.ended()) refuse("the checkpoint is damaged: it holds a run that has ended");
    take_over(std::move(record), file);
  }
}

void Runner::write_genomes(const fs::path& folder) const {
  std::map<RunKey, std::pair<std::size_t, std::size_t>> stored;  // file and record of each run
  std::vector<RecordFile> files;
  for (const fs::path& file :
       {folder / results_name::genomes, folder / results_name::checkpoint / results_name::genomes}) {
    if (!fs::exists(file)) continue;
    files.emplace_back(file, "genomes");
    for (std::size_t i = 0; i < files.back().size(); ++i) {
      const RunRecord record = run_record(files.back().read_front(i));
      stored.try_emplace({runs_.now(record.point), record.seed}, files.size() - 1, i);
    }
  }
  AtomicFile out(folder / results_name::genomes);
  out.write(records_front());
  out.write(record_bytes(head("genomes")));
  for (std::size_t run = 0; run < runs_.rows.size(); ++run)
    if (const RunKey key = runs_.key(run); by_key_.at(key).front() == run) {
      const auto [file, record] = stored.at(key);
      out.write(files[file].bytes(record));
    }
  out.commit();
}

std::vector<std::size_t> Runner::left() const {
  std::vector<std::size_t> left;
  for (std::size_t run = 0; run < runs_.rows.size(); ++run)
    if (!records_[run].ended()) left.push_back(run);
  return left;
}

// ---- training

bool Runner::train(const ResultsFolder& folder) {
  const std::vector<std::size_t> left = this->left();
  if (left.empty()) return true;
  std::vector<engine::Replica> replicas;
  engine::PoolState state;
  for (const std::size_t run : left) {
    replicas.push_back(replicas_[run]);
    state.replicas.push_back(std::exchange(records_[run].state, {}));
  }
  engine::Pool pool(context_, std::move(replicas), executor_, memory_);
  pool.load(state);
  for (const std::string& choice : pool.choices()) context_.trace(choice);
  say(fmt::format("{} runs to train, up to {} each of the {} of memory that may be used", left.size(),
                  bytes_text(*std::max_element(bytes_.begin(), bytes_.end())), bytes_text(memory_)));
  GrowingRecords ended(folder.checkpoint(results_name::genomes), head("genomes"));
  ProgressLine progress(total_work(), work_done());
  constexpr double kSlice = 0.1;  // seconds: Ctrl-C and the progress line do not wait longer, on a CPU
  double saving = 0;  // seconds that the last checkpoint took: they cost a twentieth of the time at most
  Clock::time_point saved{};
  while (!pool.finished()) {
    take(left, pool.run(kSlice));
    note_outcomes(left, pool);
    if (seconds_since(saved) > 20 * saving || interrupted() || pool.finished()) {
      const Clock::time_point begin = Clock::now();
      save(folder, &ended, left, pool);
      saved = Clock::now();
      saving = seconds_since(begin);
    }
    if (interrupted()) return pool.finished();
    progress.show(work_done(), fmt::format("{} of {} runs left", pool.running(), runs_.rows.size()));
  }
  return true;
}

void Runner::take(const std::vector<std::size_t>& left, const std::vector<engine::TestResult>& results) {
  for (const engine::TestResult& r : results) {
    RunRecord& run = records_[left[static_cast<std::size_t>(r.replica)]];
    run.metrics.push_back({0, r.at, "accuracy", r.accuracy});
    run.metrics.push_back({0, r.at, "loss", r.loss});
    if (r.at > 0) run.metrics.push_back({0, r.at, "train_loss", r.train_loss});
    for (const engine::Measured& m : r.measures) run.metrics.push_back({0, r.at, m.name, m.value});
    for (const engine::GenePlace& place : r.places)
      run.genes.push_back({0, r.at, place.channel, place.gene, static_cast<float>(place.row),
                           static_cast<float>(place.column), static_cast<float>(place.width)});
  }
}

void Runner::note_outcomes(const std::vector<std::size_t>& left, const engine::Pool& pool) {
  for (std::size_t i = 0; i < left.size(); ++i) {
    RunRecord& run = records_[left[i]];
    if (run.ended()) continue;
    const int replica = static_cast<int>(i);
    run.status = name(pool.status(replica));
    run.progress = pool.steps(replica);
    if (!run.ended()) continue;
    const engine::Draw numbers = pool.numbers(replica);
    run.state.arrays = {{"learned", numbers.learned}};
    if (replicas_[left[i]].draw) {
      run.state.arrays.push_back({"frozen", numbers.frozen});
      run.state.arrays.push_back({"scale", numbers.scales});
    }
    fresh_.push_back(left[i]);
  }
}

/// What has ended is written before the checkpoint that no longer holds it.
void Runner::save(const ResultsFolder& folder, GrowingRecords* ended, const std::vector<std::size_t>& left,
                  const engine::Pool& pool) {
  std::vector<Record> records;
  for (const std::size_t run : fresh_) records.push_back(to_record(records_[run]));
  ended->append(records);
  for (const std::size_t run : fresh_) records_[run].state = {};
  fresh_.clear();
  engine::PoolState state = pool.save();
  records.clear();
  for (std::size_t i = 0; i < left.size(); ++i)
    if (state.replicas[i].status == engine::Status::running && state.replicas[i].begun()) {
      RunRecord begun = records_[left[i]];
      begun.state = std::move(state.replicas[i]);
      records.push_back(to_record(begun));
    }
  Record first = head("checkpoint");
  first.arrays.push_back(
      {"runs", std::vector<std::int64_t>{static_cast<std::int64_t>(records.size()),
                                         static_cast<std::int64_t>(runs() - runs_left())}});
  write_records(folder.checkpoint("state"), first, records);
}

Record Runner::head(const char* kind) const {
  return {kind,
          {{"build", build_id()}, {"backend", name(context_.backend())}, {"experiment", experiment_.name}}};
}

void Runner::write_tables(const fs::path& folder) const {
  std::vector<RunRow> rows = runs_.rows;
  std::vector<MetricRow> metrics;
  std::vector<GeneRow> genes;
  for (std::size_t run = 0; run < rows.size(); ++run) {
    const RunRecord& record = records_[run];
    rows[run].status = record.status;
    rows[run].progress = record.progress;
    for (MetricRow row : record.metrics) row.run = static_cast<int>(run), metrics.push_back(std::move(row));
    if (rows[run].replica == 0)
      for (GeneRow row : record.genes) row.run = static_cast<int>(run), genes.push_back(row);
  }
  add_best_and_final(metrics, &rows);
  write_csv(folder / results_name::metrics, metrics_table(rows, metrics));
  write_csv(folder / results_name::runs, runs_table(rows));
  write_csv(folder / results_name::summary, summary_table(rows));
  const bool placed = std::any_of(replicas_.begin(), replicas_.end(), [](const engine::Replica& replica) {
    return replica.spec->genome->has_places();
  });
  if (placed) write_csv(folder / results_name::genes, genes_table(rows, genes));
}

/// In thousands of operations, of which a step has one at least.
std::int64_t Runner::total_work() const {
  std::int64_t total = 0;
  for (std::size_t run = 0; run < replicas_.size(); ++run)
    total += replicas_[run].spec->learner->steps() * (1 + static_cast<std::int64_t>(operations_[run] / 1000));
  return total;
}

/// Of all replicas; that of a replica that stopped early counts as done.
std::int64_t Runner::work_done() const {
  std::int64_t done = 0;
  for (std::size_t run = 0; run < replicas_.size(); ++run)
    done += (records_[run].ended() ? replicas_[run].spec->learner->steps() : records_[run].progress) *
            (1 + static_cast<std::int64_t>(operations_[run] / 1000));
  return done;
}

}  // namespace innate::host
