#include "host/command/run_record.h"

#include <algorithm>
#include <array>

namespace innate::host {

namespace {

using Integers = std::vector<std::int64_t>;
using Doubles = std::vector<double>;
using Floats = std::vector<float>;

constexpr std::string_view state_array = "state.arrays.";  // and its name
constexpr std::array<std::string_view, 4> statuses = {"running", "done", "stopped", "diverged"};

[[noreturn]] void refuse(const std::string& what) {
  throw ResultsError("this is no record of a run: " + what);
}

bool has(const Record& record, std::string_view name) {
  return std::any_of(record.arrays.begin(), record.arrays.end(),
                     [name](const Array& a) { return a.name == name; });
}

void add_metrics(const std::vector<MetricRow>& metrics, Record* record) {
  std::vector<std::string> names;
  std::string list;
  for (const MetricRow& m : metrics)
    if (std::find(names.begin(), names.end(), m.metric) == names.end()) {
      names.push_back(m.metric);
      list += m.metric + "\n";
    }
  Integers which, at;
  Doubles values;
  for (const MetricRow& m : metrics) {
    which.push_back(std::find(names.begin(), names.end(), m.metric) - names.begin());
    at.push_back(m.at);
    values.push_back(m.value);
  }
  record->arrays.push_back({"metrics.names", list});
  record->arrays.push_back({"metrics.which", which});
  record->arrays.push_back({"metrics.at", at});
  record->arrays.push_back({"metrics.values", values});
}

std::vector<MetricRow> metrics_of(const Record& record) {
  std::vector<std::string> names;
  const std::string& list = record.get<std::string>("metrics.names");
  for (std::size_t at = 0, end; at < list.size(); at = end + 1) {
    end = std::min(list.find('\n', at), list.size());
    names.push_back(list.substr(at, end - at));
  }
  const Integers &which = record.get<Integers>("metrics.which"), &at = record.get<Integers>("metrics.at");
  const Doubles& values = record.get<Doubles>("metrics.values");
  if (which.size() != at.size() || at.size() != values.size()) refuse("its metrics differ in length");
  std::vector<MetricRow> metrics;
  for (std::size_t i = 0; i < which.size(); ++i) {
    if (which[i] < 0 || static_cast<std::size_t>(which[i]) >= names.size()) refuse("a metric has no name");
    metrics.push_back({0, at[i], names[static_cast<std::size_t>(which[i])], values[i]});
  }
  return metrics;
}

void add_genes(const std::vector<GeneRow>& genes, Record* record) {
  if (genes.empty()) return;
  Integers numbers;
  Doubles places;
  for (const GeneRow& gene : genes) {
    numbers.insert(numbers.end(), {gene.at, gene.channel, gene.gene});
    places.insert(places.end(), {gene.row, gene.column, gene.width});
  }
  record->arrays.push_back({"genes.at", numbers});
  record->arrays.push_back({"genes.places", places});
}

std::vector<GeneRow> genes_of(const Record& record) {
  std::vector<GeneRow> genes;
  if (!has(record, "genes.at")) return genes;
  const Integers& numbers = record.get<Integers>("genes.at");
  const Doubles& places = record.get<Doubles>("genes.places");
  if (numbers.size() != places.size() || numbers.size() % 3 != 0) refuse("its genes differ in length");
  for (std::size_t i = 0; i < numbers.size(); i += 3)
    genes.push_back({0, numbers[i], static_cast<int>(numbers[i + 1]), numbers[i + 2],
                     static_cast<float>(places[i]), static_cast<float>(places[i + 1]),
                     static_cast<float>(places[i + 2])});
  return genes;
}

/// Counters only of a run in training.
void add_state(const RunRecord& run, Record* record) {
  const engine::ReplicaState& s = run.state;
  if (!run.ended() && s.begun()) {
    record->arrays.push_back(
        {"state.counters", Integers{s.steps, s.tests, s.last_test, s.progress.stagnant}});
    record->arrays.push_back({"state.sums", Doubles{s.progress.best, s.loss_sum}});
  }
  for (const auto& array : s.arrays)
    record->arrays.push_back({std::string(state_array) + array.name, array.numbers});
}

engine::ReplicaState state_of(const Record& record, const RunRecord& run) {
  engine::ReplicaState s;
  for (const Array& array : record.arrays)
    if (array.name.starts_with(state_array))
      s.arrays.push_back({array.name.substr(state_array.size()), record.get<Floats>(array.name)});
  if (s.arrays.empty() || s.arrays.front().name != "learned") refuse("it says nothing of what was learned");
  s.steps = run.progress;
  if (run.ended()) return s;
  const Integers& counters = record.get<Integers>("state.counters");
  const Doubles& sums = record.get<Doubles>("state.sums");
  if (counters.size() != 4 || sums.size() != 2) refuse("its counters are not complete");
  s.steps = counters[0], s.tests = counters[1], s.last_test = counters[2];
  s.progress = {sums[0], static_cast<int>(counters[3])};
  s.loss_sum = static_cast<float>(sums[1]);
  return s;
}

}  // namespace

Record to_record(const RunRecord& run) {
  Record record{"run", {}};
  record.arrays = {{"point", run.point},
                   {"seed", Integers{static_cast<std::int64_t>(run.seed)}},
                   {"data", run.data},
                   {"status", run.status},
                   {"progress", Integers{run.progress}},
                   {"image.size", Integers{run.height, run.width, run.channels}},
                   {"image.density", Doubles{run.density}}};
  if (!run.standard.mean.empty()) {
    record.arrays.push_back({"image.mean", run.standard.mean});
    record.arrays.push_back({"image.sd", run.standard.sd});
  }
  if (!run.from.empty()) record.arrays.push_back({"from", run.from});
  add_metrics(run.metrics, &record);
  add_genes(run.genes, &record);
  add_state(run, &record);
  return record;
}

RunRecord run_record(const Record& record) {
  if (record.name != "run") refuse("it is one of '" + record.name + "'");
  RunRecord run;
  run.point = record.get<std::string>("point");
  run.data = record.get<std::string>("data");
  if (has(record, "from")) run.from = record.get<std::string>("from");
  run.status = record.get<std::string>("status");
  if (std::find(statuses.begin(), statuses.end(), run.status) == statuses.end())
    refuse("its status is '" + run.status + "'");
  const Integers &seed = record.get<Integers>("seed"), &progress = record.get<Integers>("progress"),
                 &image = record.get<Integers>("image.size");
  const Doubles& density = record.get<Doubles>("image.density");
  if (seed.size() != 1 || progress.size() != 1 || image.size() != 3 || density.size() != 1)
    refuse("its numbers are not complete");
  run.seed = static_cast<std::uint64_t>(seed[0]);
  run.progress = progress[0];
  run.height = static_cast<int>(image[0]), run.width = static_cast<int>(image[1]);
  run.channels = static_cast<int>(image[2]);
  run.density = density[0];
  if (has(record, "image.mean") || has(record, "image.sd")) {
    run.standard = {record.get<Doubles>("image.mean"), record.get<Doubles>("image.sd")};
    const auto channels = static_cast<std::size_t>(run.channels);
    if (run.channels < 1 || run.standard.mean.size() != channels || run.standard.sd.size() != channels)
      refuse("its means and deviations are not one a channel");
  }
  run.metrics = metrics_of(record);
  run.genes = genes_of(record);
  run.state = state_of(record, run);
  return run;
}

}  // namespace innate::host
