#include "host/command/plan.h"

#include <algorithm>
#include <limits>

#include "host/data/data_error.h"
#include "host/data/load.h"
#include "host/data/restrict.h"

namespace innate::host {

namespace {

std::string cell(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

/// What two runs must share to be trained together. Seeds, extents of genomes, initial values and rates may
/// differ.
std::string cohort_key(Json spec) {
  for (const char* extent : {"genes", "vectors", "dimension"}) spec.at("genome").erase(extent);
  spec.at("genome").erase("initial");
  spec.at("learning").at("optimizer").erase("rate");
  Json key;
  for (const char* part : {"task", "network", "genome", "learning", "test", "precision"})
    key[part] = spec.at(part);
  return key.dump();
}

engine::Network network_of(const engine::Classification& task, const Json& spec) {
  return engine::network_from_json(spec.at("network"), task.height, task.width, task.channels);
}

void check_fit(const engine::Classification& task, const Json& spec) {
  const engine::Network network = network_of(task, spec);
  const int units = network.layers.back().units;
  const std::string path = "network.layers[" + std::to_string(network.layers.size() - 1) + "].units";
  if (units > 256)
    throw engine::SchemaError(path, "is " + std::to_string(units) + "; a classifier has at most 256 classes");
  if (units < task.classes)
    throw engine::SchemaError(path, "is " + std::to_string(units) + ", but the data has " +
                                        std::to_string(task.classes) + " classes");
  const Json& images = spec.at("test").at("images");
  if (images.is_number() && images.get<std::int64_t>() > task.test.count())
    throw engine::SchemaError("test.images", "is " + images.dump() + ", but the test set has " +
                                                 std::to_string(task.test.count()) + " images");
}

/// What the set cannot give is the experiment's mistake, not the data's.
engine::Dataset restricted(const engine::Dataset& set, const std::vector<int>& classes, int per_class,
                           std::uint64_t seed) {
  try {
    return restrict(set, classes, per_class, seed);
  } catch (const DataError& error) {
    throw engine::SchemaError(per_class > 0 ? "task.train_per_class" : "task.classes", error.what());
  }
}

}  // namespace

RunPlan plan_runs(const Experiment& experiment) {
  RunPlan plan;
  std::map<std::string, std::size_t> cohort_of;
  for (std::size_t p = 0; p < experiment.points.size(); ++p) {
    const Point& point = experiment.points[p];
    const auto [found, is_new] = cohort_of.try_emplace(cohort_key(point.spec), plan.cohorts.size());
    if (is_new) plan.cohorts.push_back({point.variant, point.spec, {}, false});
    CohortPlan& cohort = plan.cohorts[found->second];
    if (!is_new && cohort.label.find(point.variant) == std::string::npos)
      cohort.label += ", " + point.variant;
    for (int r = 0; r < experiment.replicas; ++r) {
      RunRow row;
      row.variant = point.variant;
      for (const auto& [path, value] : point.columns) row.point.emplace_back(path, cell(value));
      row.replica = r;
      row.seed = experiment.seed + static_cast<std::uint64_t>(r);
      row.status = "running";
      row.place = static_cast<int>(p);
      cohort.runs.push_back(plan.rows.size());
      plan.rows.push_back(std::move(row));
      plan.points.push_back(&point);
    }
  }
  return plan;
}

const engine::Classification& Tasks::of(const Json& task) {
  constexpr std::uint64_t kSubset = 0;  // the images of a reduced set are the same for all seeds
  std::unique_ptr<engine::Classification>& place = loaded_[task.dump()];
  if (place) return *place;
  engine::DatasetPair pair = load(task.at("data"), data_path_);
  const Json &classes = task.at("classes"), &per_class = task.at("train_per_class");
  const std::vector<int> kept = classes.is_array() ? classes.get<std::vector<int>>() : std::vector<int>{};
  constexpr std::int64_t more_than_any = std::numeric_limits<int>::max();
  const int most =
      per_class.is_number() ? static_cast<int>(std::min(per_class.get<std::int64_t>(), more_than_any)) : 0;
  if (!kept.empty()) pair.test = restricted(pair.test, kept, 0, kSubset);
  if (!kept.empty() || most > 0) pair.train = restricted(pair.train, kept, most, kSubset);
  place = std::make_unique<engine::Classification>(context_, pair);
  return *place;
}

void count_parameters(const engine::Classification& task, const CohortPlan& plan, RunPlan* runs) {
  for (const std::size_t i : plan.runs) {
    const Json& spec = runs->points[i]->spec;
    check_fit(task, spec);
    const engine::Network network = network_of(task, spec);
    const auto genome = engine::genome_from_json(spec.at("genome"));
    RunRow& row = runs->rows[i];
    row.genome_parameters = engine::Layout::size(genome->layout(network).learned);
    row.paper_parameters = genome->paper_parameters(network);
    row.network_parameters = network.direct_weights();
    row.compression =
        static_cast<double>(row.network_parameters) / static_cast<double>(row.genome_parameters);
    row.percent =
        100.0 * static_cast<double>(row.genome_parameters) / static_cast<double>(row.network_parameters);
  }
}

namespace {

std::vector<engine::Replica> replicas_of(const engine::Classification& task, const CohortPlan& plan,
                                         const RunPlan& runs) {
  std::vector<engine::Replica> replicas;
  for (const std::size_t i : plan.runs) {
    const Json& spec = runs.points[i]->spec;
    engine::Replica replica;
    replica.genome = engine::genome_from_json(spec.at("genome"));
    if (plan.compact)
      if (std::shared_ptr<const engine::Genome> compact = replica.genome->compact()) replica.genome = compact;
    replica.seed = runs.rows[i].seed;
    replica.rate = engine::gradient_from_json(spec.at("learning"), task.train.count()).rate;
    replicas.push_back(std::move(replica));
  }
  return replicas;
}

}  // namespace

std::vector<std::size_t> bytes_of(Context& context, const engine::Classification& task,
                                  const CohortPlan& plan, const RunPlan& runs) {
  std::vector<std::size_t> bytes =
      engine::Cohort::bytes(context, task, network_of(task, plan.spec), replicas_of(task, plan, runs),
                            engine::gradient_from_json(plan.spec.at("learning"), task.train.count()),
                            engine::testing_from_json(plan.spec.at("test")));
  // A checkpoint being written: the state before it, its own, and its bytes, of three arrays each.
  constexpr std::size_t kCheckpoint = 3 * 3 * sizeof(float);
  if (context.backend() == Backend::cpu)
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] += kCheckpoint * static_cast<std::size_t>(runs.rows[plan.runs[i]].genome_parameters);
  return bytes;
}

std::unique_ptr<engine::Cohort> make_cohort(Context& context, const engine::Classification& task,
                                            const CohortPlan& plan, const RunPlan& runs) {
  return std::make_unique<engine::Cohort>(
      context, task, network_of(task, plan.spec), replicas_of(task, plan, runs),
      engine::gradient_from_json(plan.spec.at("learning"), task.train.count()),
      engine::testing_from_json(plan.spec.at("test")));
}

}  // namespace innate::host
