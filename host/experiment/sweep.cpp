#include "sweep.h"

#include "check.h"

namespace innate::host {
namespace {

using engine::json_path;
using engine::SchemaError;

constexpr std::size_t most_points = 100000;

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

}  // namespace

std::vector<Assignments> read_sweep(const Json& sweep, const std::string& where) {
  if (sweep.is_object()) return read_product(sweep, where);
  if (sweep.is_array()) return read_points(sweep, where);
  throw SchemaError(where, "found " + sweep.dump() + "; allowed: {path: [values], ...}, or a list of points");
}

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

}  // namespace innate::host
