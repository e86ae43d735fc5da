#include "host/command/origins.h"

#include <fmt/format.h>
#include <innate/engine/json.h>

#include <algorithm>
#include <span>

#include "host/data/sha256.h"
#include "host/experiment/change.h"
#include "host/results/file.h"
#include "host/results/results_folder.h"
#include "host/results/text.h"

namespace innate::host {

namespace {

namespace fs = std::filesystem;
using engine::SchemaError;

/// Numbers of runs, each the first of its point.
using Points = std::vector<std::size_t>;

Points points_of(const StoredRuns& runs) {
  Points points;
  for (std::size_t run = 0; run < runs.size(); ++run)
    if (runs.row(run).replica == 0) points.push_back(run);
  return points;
}

std::string list_of(const StoredRuns& runs, const Points& points) {
  constexpr std::size_t most = 12;
  std::string list;
  for (std::size_t i = 0; i < std::min(most, points.size()); ++i)
    list += (i ? "; " : "") + named_point(runs.row(points[i]));
  return points.size() > most ? fmt::format("{}; and {} more", list, points.size() - most) : list;
}

Points of_variant(const StoredRuns& runs, Points points, const std::string& variant) {
  std::vector<std::string> names;
  for (const std::size_t point : points)
    if (names.empty() || names.back() != runs.row(point).variant) names.push_back(runs.row(point).variant);
  if (std::find(names.begin(), names.end(), variant) == names.end())
    throw SchemaError("genome.from.variant",
                      fmt::format("{} has no variant '{}'; it has {}{}", runs.folder().string(), variant,
                                  quoted_list(names), engine::did_you_mean(variant, names)));
  std::erase_if(points, [&](std::size_t point) { return runs.row(point).variant != variant; });
  return points;
}

/// Those whose values at these paths are as they are written.
Points of_values(const StoredRuns& runs, const Points& points, const Json& written) {
  if (!written.is_object() || written.empty())
    throw SchemaError("genome.from.point",
                      "found " + written.dump() + "; allowed: {\"genome.genes\": 22, ...}");
  Points fit = points;
  for (const auto& [path, value] : written.items()) {
    const Path keys = parse_path(path, "genome.from.point");
    std::erase_if(fit, [&](std::size_t point) {
      const Json* found = find(runs.spec(point), keys);
      return !found || *found != value;
    });
  }
  if (fit.empty())
    throw SchemaError("genome.from.point",
                      fmt::format("no point of {} has {}; it has {}", runs.folder().string(), written.dump(),
                                  list_of(runs, points)));
  return fit;
}

/// Those whose swept values `own` has too, but for the paths that `written` names.
Points alike(const StoredRuns& runs, Points points, const Json& own, const Json& written) {
  std::erase_if(points, [&](std::size_t point) {
    const auto& columns = runs.row(point).point;
    return std::any_of(columns.begin(), columns.end(), [&](const auto& column) {
      if (written.contains(column.first)) return false;
      const Path keys = parse_path(column.first, "genome.from");
      const Json *there = find(runs.spec(point), keys), *here = find(own, keys);
      return !there || !here || *there != *here;
    });
  });
  return points;
}

std::size_t point_of(const StoredRuns& runs, const Json& own, const RunRow& row) {
  const Json& from = own.at("genome").at("from");
  Points left = points_of(runs);
  if (from.contains("variant")) left = of_variant(runs, left, from.at("variant"));
  if (from.contains("point")) left = of_values(runs, left, from.at("point"));
  const Points fit = left.size() > 1 ? alike(runs, left, own, from.value("point", Json::object())) : left;
  if (fit.size() == 1) return fit.front();
  throw SchemaError(
      "genome.from",
      fmt::format("{} points of {} have the swept values of {}; say which with \"variant\" and \"point\": {}",
                  fit.empty() ? "no" : std::to_string(fit.size()), runs.folder().string(), named_point(row),
                  list_of(runs, fit.empty() ? left : fit)));
}

/// The number of the run that a run of this point starts from.
std::size_t run_of(const StoredRuns& runs, const Json& own, const RunRow& row) {
  const std::size_t first = point_of(runs, own, row);
  const Json& replica = own.at("genome").at("from").at("replica");
  const auto wanted =
      replica.is_number() ? replica.get<std::size_t>() : static_cast<std::size_t>(row.replica);
  std::size_t replicas = 1;
  while (first + replicas < runs.size() && runs.row(first + replicas).replica != 0) ++replicas;
  if (wanted >= replicas)
    throw SchemaError(
        "genome.from.replica",
        fmt::format("{} has {} replicas of {}, 0 to {}, and none to start {} from", runs.folder().string(),
                    replicas, named_point(runs.row(first)), replicas - 1, run_text(row)));
  const std::size_t run = first + wanted;
  if (runs.row(run).status == "diverged")
    throw SchemaError("genome.from", fmt::format("{} of {} diverged; nothing can start from it",
                                                 run_text(runs.row(run)), runs.folder().string()));
  return run;
}

void check_drawn(const std::vector<std::string>& drawn, const engine::Layout& layout) {
  std::vector<std::string> names;
  for (const auto* tensors : {&layout.learned, &layout.frozen})
    for (const engine::Tensor& tensor : *tensors) names.push_back(tensor.name);
  for (std::size_t i = 0; i < drawn.size(); ++i)
    if (std::find(names.begin(), names.end(), drawn[i]) == names.end())
      throw SchemaError(engine::json_path("genome.drawn", i),
                        fmt::format("'{}' is no array of this genome; it has {}{}", drawn[i],
                                    quoted_list(names), engine::did_you_mean(drawn[i], names)));
}

}  // namespace

std::string digest(const engine::Draw& draw) {
  Sha256 sha;
  for (const std::vector<float>* numbers : {&draw.learned, &draw.frozen, &draw.scales})
    sha.add({reinterpret_cast<const std::uint8_t*>(numbers->data()), numbers->size() * sizeof(float)});
  return sha.hexadecimal();
}

const StoredRuns& Origins::folder(const std::string& name) {
  std::unique_ptr<StoredRuns>& known = folders_[name];
  if (known) return *known;
  const fs::path near = beside_ / name, place = fs::is_directory(near) ? near : fs::path(name);
  if (!fs::is_directory(place))
    throw SchemaError(
        "genome.from.folder",
        fmt::format("{}: there is no such folder{}", name,
                    fs::path(name).is_absolute()
                        ? ""
                        : ", neither in the experiment file's folder nor in the working directory"));
  try {
    known = std::make_unique<StoredRuns>(place);
  } catch (const ResultsError& error) {
    throw SchemaError("genome.from.folder", error.what());
  }
  digests_[name] = sha256(read_file(place / results_name::genomes));
  return *known;
}

std::shared_ptr<const engine::Draw> Origins::start(const Json& point, const engine::Spec& spec,
                                                   const RunRow& row) {
  const Json& genome = point.at("genome");
  if (!genome.contains("from")) return nullptr;
  const std::vector<std::string> drawn = genome.value("drawn", std::vector<std::string>{});
  const engine::Layout layout = spec.genome->layout(spec.network);
  check_drawn(drawn, layout);
  const StoredRuns& runs = folder(genome.at("from").at("folder"));
  const std::size_t run = run_of(runs, point, row);
  const auto other = engine::genome_from_json(runs.spec(run).at("genome"));
  const std::string names = fmt::format("{}, {}: ", runs.folder().string(), run_text(runs.row(run)));
  if (!layout.basis.empty() && runs.record(run).seed != row.seed)
    throw SchemaError("genome.from",
                      fmt::format("{}the basis follows from the seed, which is {} there and {} here", names,
                                  runs.record(run).seed, row.seed));
  try {
    return std::make_shared<engine::Draw>(engine::inherit(layout, spec.genome->draw(spec.network, row.seed),
                                                          other->layout(runs.network(run)), runs.numbers(run),
                                                          drawn));
  } catch (const SchemaError&) {
    throw;
  } catch (const Error& error) {
    throw SchemaError("genome.from", names + error.what());
  }
}

}  // namespace innate::host
