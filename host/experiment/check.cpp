
#include <algorithm>
#include <set>

#include "host/experiment/change.h"
#include "host/experiment/schema.h"

namespace innate::host {
namespace {

using engine::json_path;
using engine::Missing;
using engine::SchemaError;
using engine::Value;

const Value& table_of(const std::string& key) {
  const auto& fields = experiment_schema().fields;
  return std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.name == key; })
      ->value;
}

void check_version(const Json& file) {
  const std::string reads = "this build reads version " + std::to_string(experiment_version);
  if (!file.contains("innate")) {
    throw SchemaError("innate",
                      "this key is missing; write \"innate\": " + std::to_string(experiment_version));
  }
  const Json& version = file.at("innate");
  if (version.is_number() && version != experiment_version) {
    throw SchemaError("innate", "this experiment has version " + version.dump() + "; " + reads);
  }
}

/// The keys that no variant can give.
void check_own_keys(const Json& file) {
  if (!file.contains("name")) throw SchemaError("name", "this key is missing; allowed: a text");
  if (!file.contains("seed"))
    throw SchemaError("seed", "this key is missing; allowed: an integer of at least 0");
}

bool in_folder_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

/// The name becomes a folder's.
void check_name(const std::string& name) {
  constexpr std::size_t longest = 100;
  const bool right = !name.empty() && name.size() <= longest && name[0] != '.' &&
                     std::all_of(name.begin(), name.end(), in_folder_name);
  if (right) return;
  throw SchemaError("name", "found \"" + name +
                                "\"; allowed: up to 100 letters, digits and - _ . (a dot not first), " +
                                "because results go to a folder of this name");
}

void check_variant_names(const Json& variants) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const std::string where = json_path(json_path("variants", i), "name");
    const std::string name = variants[i].at("name");
    if (name.empty()) throw SchemaError(where, "a variant's name cannot be empty");
    if (!names.insert(name).second) throw SchemaError(where, "another variant is named \"" + name + "\" too");
  }
}

void check_classes(const Json& experiment) {
  const Json* classes = find(experiment, {"task", "classes"});
  if (!classes || !classes->is_array()) return;
  for (auto item = classes->begin(); item != classes->end(); ++item) {
    if (std::find(classes->begin(), item, *item) == item) continue;
    const auto index = static_cast<std::size_t>(item - classes->begin());
    throw SchemaError(json_path("task.classes", index), "class " + item->dump() + " is listed twice");
  }
}

/// What a run measures at its tests, along their steps, is no column of runs.csv.
void check_figure(const Json& figure) {
  const std::string y = figure.at("y");
  if (figure.at("x") != "at") {
    if (figure.contains("normalise"))
      throw SchemaError("figure.normalise", "is for measurements along steps: \"x\": \"at\"; here \"x\" is " +
                                                figure.at("x").dump());
  } else if (y.rfind("best_", 0) == 0 || y.rfind("final_", 0) == 0) {
    throw SchemaError("figure.y",
                      "found " + figure.at("y").dump() +
                          "; where \"x\" is \"at\", allowed: a metric as metrics.csv names it, such "
                          "as \"accuracy\"");
  }
}

/// What is written of one meaning is one text.
Json with_one_word(Json resolved) {
  if (resolved.value("precision", Json()) == "exact") resolved["precision"] = "fp32";
  return resolved;
}

/// A list where one value belongs is most often meant as a sweep.
Json resolve_file(const Json& file, Missing missing) {
  try {
    return with_one_word(engine::resolve(experiment_schema(), file, "", missing));
  } catch (const SchemaError& error) {
    if (error.message().rfind("found a list;", 0) != 0) throw;
    throw SchemaError(error.path(), error.message() + "; only \"sweep\" runs one value after another");
  }
}

}  // namespace

Json check_file(const Json& file) {
  if (!file.is_object())
    throw SchemaError("", "an experiment is an object: { \"innate\": 1, \"name\": ... }");
  check_version(file);
  check_own_keys(file);
  Json resolved = resolve_file(file, Missing::allowed);
  for (const char* key : {"variants", "figure"}) {
    if (resolved.contains(key)) resolved[key] = engine::resolve(table_of(key), resolved.at(key), key);
  }
  if (resolved.contains("figure")) check_figure(resolved.at("figure"));
  check_name(resolved.at("name"));
  if (resolved.contains("variants")) check_variant_names(resolved.at("variants"));
  check_classes(resolved);
  return resolved;
}

Json check_point(const Json& experiment, Missing missing) {
  Json point = point_part(resolve_file(experiment, missing));
  check_classes(point);
  return point;
}

void check_variable(const std::string& key, const std::string& where) {
  const auto& keys = variable_keys();
  if (std::find(keys.begin(), keys.end(), key) != keys.end()) return;
  std::string all;
  for (const std::string& variable : keys) all += (all.empty() ? "" : ", ") + variable;
  const auto& fields = experiment_schema().fields;
  const bool known =
      std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return field.name == key; });
  throw SchemaError(where, (known ? "\"" + key + "\" belongs to the whole experiment" : "unknown key") +
                               "; variants and sweeps can change: " + all + engine::did_you_mean(key, keys));
}

Json point_part(const Json& file) {
  Json part = file;
  for (const char* key : {"sweep", "variants", "figure"}) part.erase(key);
  return part;
}

}  // namespace innate::host
