#include "host/command/runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "host/command/terminal.h"
#include "host/data/data_error.h"
#include "host/data/load.h"
#include "host/experiment/identity.h"
#include "host/results/text.h"

namespace innate::host {

namespace {

std::string cell(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

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

Runs runs_of(const Experiment& experiment) {
  Runs runs;
  for (std::size_t p = 0; p < experiment.points.size(); ++p) {
    const Point& point = experiment.points[p];
    const std::string key = identity(point.spec);
    for (int r = 0; r < experiment.replicas; ++r) {
      RunRow row;
      row.variant = point.variant;
      for (const auto& [path, value] : point.columns) row.point.emplace_back(path, cell(value));
      row.replica = r;
      row.seed = experiment.seed + static_cast<std::uint64_t>(r);
      row.status = "running";
      row.point_number = static_cast<int>(p);
      runs.rows.push_back(std::move(row));
      runs.points.push_back(&point);
      runs.identities.push_back(key);
    }
  }
  return runs;
}

std::string Runs::now(const std::string& written) const {
  const auto [known, fresh] = now_.try_emplace(written);
  if (fresh) known->second = identity_now(written);
  return known->second;
}

std::string named_point(const RunRow& row) {
  std::string text = short_name(row.variant);
  for (const auto& [path, value] : row.point) text += ", " + path + " = " + short_name(value);
  return text;
}

std::string run_text(const RunRow& row) {
  return named_point(row) + ", replica " + std::to_string(row.replica);
}

namespace {

/// Images that the tests of a point select by; 0: there are none.
std::int64_t held_out(const Json& spec) {
  const Json test = spec.value("test", Json::object());
  return test.contains("select") ? test.at("select").at("images").get<std::int64_t>() : 0;
}

}  // namespace

std::optional<engine::Standard> standard_of(const Json& task, const engine::Dataset& train) {
  const Json& scale = task.at("scale");
  if (scale == "unit") return std::nullopt;
  if (scale == "per_channel") return engine::standard_of(train);
  const auto channels = static_cast<std::size_t>(train.channels);
  return engine::Standard{std::vector<double>(channels, scale.at("mean").get<double>()),
                          std::vector<double>(channels, scale.at("sd").get<double>())};
}

std::shared_ptr<const engine::Classification> Tasks::of(const Json& spec) {
  const Json& task = spec.at("task");
  const std::int64_t held = held_out(spec);
  constexpr std::uint64_t kSubset = 0;  // the images of a reduced set are the same for all seeds
  std::shared_ptr<const engine::Classification>& loaded = loaded_[task.dump() + std::to_string(held)];
  if (loaded) return loaded;
  std::vector<std::filesystem::path> files;
  engine::DatasetPair pair = load(task.at("data"), data_path_, &files);
  if (std::string& known = digests_[task.at("data")]; known.empty()) known = digest(pair);
  const bool transposed = task.at("transpose");
  if (transposed)
    for (engine::Dataset* half : {&pair.train, &pair.test}) transpose(half);
  else
    say(transposition_hint(pair.train));
  const Json &classes = task.at("classes"), &per_class = task.at("train_per_class");
  const std::vector<int> kept = classes.is_array() ? classes.get<std::vector<int>>() : std::vector<int>{};
  constexpr std::int64_t more_than_any = std::numeric_limits<int>::max();
  const int most =
      per_class.is_number() ? static_cast<int>(std::min(per_class.get<std::int64_t>(), more_than_any)) : 0;
  if (!kept.empty()) pair.test = restricted(pair.test, kept, 0, kSubset);
  if (!kept.empty() || most > 0) pair.train = restricted(pair.train, kept, most, kSubset);
  for (const std::string& doubt : doubts(pair, files)) say(doubt);
  if (held >= pair.train.count)
    throw engine::SchemaError(
        "test.select.images",
        fmt::format("is {}, and the training set has {} images: some must be left", held, pair.train.count));
  if (held > 0) engine::hold_out(&pair, static_cast<int>(held));
  auto made = std::make_shared<engine::Classification>(context_, pair);
  if (const auto standard = standard_of(task, pair.train)) {
    made->standardise(context_, *standard);
    standards_[made.get()] = *standard;
  }
  loaded = std::move(made);
  return loaded;
}

void Tasks::say(const std::string& line) {
  if (!line.empty() && said_.insert(line).second) host::say("innate: " + line);
}

void count_parameters(const engine::Spec& spec, RunRow* row) {
  row->genome_parameters = engine::Layout::size(spec.genome->layout(spec.network).learned);
  row->paper_parameters = spec.genome->paper_parameters(spec.network);
  row->network_parameters = spec.network.direct_weights();
  row->compression =
      static_cast<double>(row->network_parameters) / static_cast<double>(row->genome_parameters);
  row->percent =
      100.0 * static_cast<double>(row->genome_parameters) / static_cast<double>(row->network_parameters);
}

}  // namespace innate::host
