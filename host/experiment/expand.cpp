// From the file to the points: base, then set, then sweep.
#include "host/experiment/experiment.h"

#include <innate/engine/schema.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "host/experiment/change.h"
#include "host/experiment/schema.h"

namespace innate::host {

namespace {

using engine::json_path;
using engine::Missing;
using engine::SchemaError;

// ---- what a sweep says

constexpr std::size_t most_points = 100000;

struct Assignment {
  Path path;
  std::string written;  // the path as the sweep writes it: a column's name
  Json value;
  std::string where;  // `variants[1].sweep["genome.genes"][2]`
};

/// The assignments of one point, in the order in which they are made.
using Assignments = std::vector<Assignment>;

Assignment assignment(const std::string& key, const Json& value, const std::string& where) {
  const Path path = parse_path(key, where);
  check_variable(path.front(), where);
  if (value.is_null()) throw SchemaError(where, "found null; a sweep gives values and removes nothing");
  return {path, key, value, where};
}

void refuse_overwriting(const Assignments& point) {
  for (std::size_t later = 1; later < point.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (!contains(point[later].path, point[earlier].path)) continue;
      throw SchemaError(point[later].where, "this would overwrite the value of " + point[earlier].where);
    }
  }
}

/// Every point of `slow` with every point of `fast`, `fast` running faster. Throws if a point gives a path
/// twice, or gives a part of a value and then all of it.
std::vector<Assignments> product(const std::vector<Assignments>& slow, const std::vector<Assignments>& fast) {
  if (slow.size() > most_points / fast.size()) {
    const std::string& where = fast.front().empty() ? slow.front().front().where : fast.front().front().where;
    throw SchemaError(where, "this makes more than " + std::to_string(most_points) + " points");
  }
  std::vector<Assignments> points;
  for (const Assignments& first : slow) {
    for (const Assignments& second : fast) {
      points.push_back(first);
      points.back().insert(points.back().end(), second.begin(), second.end());
      refuse_overwriting(points.back());
    }
  }
  return points;
}

/// One key of a product: as many points as it has values.
std::vector<Assignments> axis(const std::string& key, const Json& values, const std::string& where) {
  if (!values.is_array())
    throw SchemaError(where, "a sweep gives each path a list of values: \"" + key + "\": [...]");
  if (values.empty()) throw SchemaError(where, "this list of values is empty");
  std::vector<Assignments> points;
  for (std::size_t i = 0; i < values.size(); ++i)
    points.push_back({assignment(key, values[i], json_path(where, i))});
  return points;
}

std::vector<Assignments> read_product(const Json& sweep, const std::string& where) {
  if (sweep.empty()) throw SchemaError(where, "this sweep is empty; leave it out or name a path");
  std::vector<Assignments> points = {{}};
  for (const auto& [key, values] : sweep.items()) {
    points = product(points, axis(key, values, json_path(where, key)));
  }
  return points;
}

Assignments read_point(const Json& point, const std::string& where) {
  if (!point.is_object() || point.empty()) {
    throw SchemaError(where, "a point of a sweep is an object: {\"genome.genes\": 11, ...}");
  }
  Assignments assignments;
  for (const auto& [key, value] : point.items())
    assignments.push_back(assignment(key, value, json_path(where, key)));
  return assignments;
}

std::vector<Assignments> read_points(const Json& sweep, const std::string& where) {
  if (sweep.empty()) throw SchemaError(where, "this list of points is empty; leave it out or write a point");
  std::vector<Assignments> points;
  for (std::size_t i = 0; i < sweep.size(); ++i) points.push_back(read_point(sweep[i], json_path(where, i)));
  return product(points, {{}});
}

/// The points of a sweep: `{path: [values]}` is a product in written order, the last key fastest, and a list
/// of objects holds the points themselves.
std::vector<Assignments> read_sweep(const Json& sweep, const std::string& where) {
  if (sweep.is_object()) return read_product(sweep, where);
  if (sweep.is_array()) return read_points(sweep, where);
  throw SchemaError(where, "found " + sweep.dump() + "; allowed: {path: [values], ...}, or a list of points");
}

// ---- points

struct Variant {
  std::string name;
  Json base;                        // the experiment with the variant's set
  std::vector<Assignments> points;  // of its own sweep
  bool only = false;                // the file names no variants
};

Json with_set(const Json& base, const Json& set, const std::string& where) {
  if (!set.is_object()) throw SchemaError(where, "a set is an object: {\"genome\": {...}, ...}");
  for (const auto& [key, value] : set.items()) check_variable(key, json_path(where, key));
  Json changed = base;
  merge(changed, set, where);
  try {
    return check_point(changed, Missing::allowed);
  } catch (const SchemaError& error) {
    blame(error, "", where);
  }
}

std::vector<Assignments> sweep_of(const Json& owner, const std::string& where) {
  return owner.contains("sweep") ? read_sweep(owner.at("sweep"), where) : std::vector<Assignments>{{}};
}

Variant read_variant(const Json& base, const Json& variant, const std::string& where) {
  const bool sets = variant.contains("set");
  return {variant.at("name"), sets ? with_set(base, variant.at("set"), json_path(where, "set")) : base,
          sweep_of(variant, json_path(where, "sweep"))};
}

std::vector<Variant> read_variants(const Json& resolved) {
  const Json base = point_part(resolved);
  if (!resolved.contains("variants")) return {{resolved.at("name"), base, {{}}, true}};
  std::vector<Variant> variants;
  const Json& list = resolved.at("variants");
  for (std::size_t i = 0; i < list.size(); ++i) {
    variants.push_back(read_variant(base, list[i], json_path("variants", i)));
  }
  return variants;
}

/// Checks after each assignment, so that an error names the one that brought it in.
Json with_assignment(const Json& base, const Assignment& assignment) {
  Json changed = base;
  assign(changed, assignment.path, assignment.value, assignment.where);
  try {
    return check_point(changed, Missing::allowed);
  } catch (const SchemaError& error) {
    blame(error, path_text(changed, assignment.path), assignment.where);
  }
}

/// `(variant "GEM", genome.genes = 5)`: which point lacks a key.
std::string point_text(const Variant& variant, const Assignments& assignments) {
  std::string text = variant.only ? "" : "variant \"" + variant.name + '"';
  for (const Assignment& assignment : assignments) {
    text += (text.empty() ? "" : ", ") + assignment.written + " = " + assignment.value.dump();
  }
  return text.empty() ? "" : " (" + text + ')';
}

/// Numbers as the resolved point has them (1e3 is 1000), presets by the name that was written.
Json column_value(const Json& spec, const Assignment& assignment) {
  const Json* resolved = find(spec, assignment.path);
  return resolved && resolved->is_primitive() ? *resolved : assignment.value;
}

Point make_point(const Variant& variant, const Assignments& assignments) {
  Json spec = variant.base;
  for (const Assignment& assignment : assignments) spec = with_assignment(spec, assignment);
  try {
    spec = check_point(spec, Missing::refused);
  } catch (const SchemaError& error) {
    throw SchemaError(error.path(), error.message() + point_text(variant, assignments));
  }
  Point point{variant.name, {}, std::move(spec)};
  for (const Assignment& assignment : assignments) {
    point.columns.emplace_back(path_text(point.spec, assignment.path), column_value(point.spec, assignment));
  }
  return point;
}

/// What two points of one variant must not share: their columns, in any order.
std::string key_of(const Point& point) {
  std::map<std::string, std::string> columns;
  for (const auto& [path, value] : point.columns) columns[path] = value.dump();
  return Json(columns).dump();
}

void expand_variant(const Variant& variant, const std::vector<Assignments>& sweep,
                    std::vector<Point>& points) {
  std::map<std::string, std::string> seen;  // a point's key -> where the point was written
  for (const Assignments& assignments : product(sweep, variant.points)) {
    points.push_back(make_point(variant, assignments));
    const std::string where = assignments.empty() ? "" : assignments.back().where;
    const auto [first, fresh] = seen.emplace(key_of(points.back()), where);
    if (!fresh) throw SchemaError(where, "this point is the same as that of " + first->second);
  }
}

}  // namespace

Experiment expand(const Json& file) {
  Experiment experiment;
  experiment.resolved = check_file(file);
  const Json& resolved = experiment.resolved;
  experiment.name = resolved.at("name");
  experiment.seed = resolved.at("seed");
  experiment.replicas = resolved.at("replicas");
  const std::vector<Assignments> sweep = sweep_of(resolved, "sweep");
  for (const Variant& variant : read_variants(resolved)) expand_variant(variant, sweep, experiment.points);
  return experiment;
}

Experiment with_variants(Experiment experiment, const std::vector<std::string>& names) {
  if (names.empty()) return experiment;
  std::vector<std::string> all;
  for (const Point& point : experiment.points)
    if (all.empty() || all.back() != point.variant) all.push_back(point.variant);
  for (const std::string& name : names)
    if (std::find(all.begin(), all.end(), name) == all.end()) {
      std::string list;
      for (const std::string& each : all) list += (list.empty() ? "\"" : ", \"") + each + '"';
      throw SchemaError("--variant", "the experiment has no variant \"" + name + "\"; it has " + list +
                                         engine::did_you_mean(name, all));
    }
  const auto left_out = [&names](const std::string& name) {
    return std::find(names.begin(), names.end(), name) == names.end();
  };
  std::erase_if(experiment.points, [&](const Point& point) { return left_out(point.variant); });
  if (!experiment.resolved.contains("variants")) return experiment;
  Json kept = Json::array();
  for (const Json& variant : experiment.resolved["variants"])
    if (!left_out(variant.at("name"))) kept.push_back(variant);
  experiment.resolved["variants"] = std::move(kept);
  return experiment;
}

Experiment load_experiment(const std::string& file, const std::vector<std::string>& sets) {
  Json experiment = parse_file(file);
  for (const std::string& set : sets) apply_set(experiment, set);
  return expand(experiment);
}

}  // namespace innate::host
