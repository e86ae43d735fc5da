// Objects: known keys only, required ones present, defaults written out, in the table's order.
#include <algorithm>

#include "check.h"
#include "sentence.h"

namespace innate::engine::schema {
namespace {

std::vector<std::string> names_of(const Value& value) {
  std::vector<std::string> names;
  for (const Field& field : value.fields) names.push_back(field.name);
  return names;
}

void refuse_unknown_keys(const Value& value, const Json& json, const std::string& path,
                         const std::string& type) {
  const std::vector<std::string> names = names_of(value);
  for (const auto& [key, content] : json.items()) {
    if (std::find(names.begin(), names.end(), key) != names.end() || (key == "type" && !type.empty()))
      continue;
    const std::string takes = names.empty() ? "nothing more" : keys_of(value);
    const std::string owner =
        type.empty() ? "unknown key; allowed: " : "unknown key; type " + quoted(type) + " takes ";
    throw SchemaError(json_path(path, key), owner + takes + did_you_mean(key, names));
  }
}

std::vector<std::string> present(const std::vector<std::string>& group, const Json& json) {
  std::vector<std::string> names;
  for (const std::string& name : group) {
    if (json.contains(name)) names.push_back(name);
  }
  return names;
}

void check_groups(const Value& value, const Json& json, const std::string& path, Missing missing) {
  for (const auto& group : value.exactly_one) {
    const std::vector<std::string> names = present(group, json);
    const bool may_be_empty = missing == Missing::allowed;
    if (names.size() == 1 || (names.empty() && may_be_empty)) continue;
    const std::string have = names.empty() ? "none of them" : joined(names, " and ");
    throw SchemaError(path, "exactly one of " + joined(group, " | ") + " is needed; found " + have);
  }
}

/// In a group of which exactly one key is present, a default gives way to a key that is written, and waits
/// where a variant may still write one.
bool takes_default(const Value& value, const Field& field, const Json& json, Missing missing) {
  if (field.fallback.is_null()) return false;
  for (const auto& group : value.exactly_one) {
    if (std::find(group.begin(), group.end(), field.name) == group.end()) continue;
    if (missing == Missing::allowed || !present(group, json).empty()) return false;
  }
  return true;
}

}  // namespace

Json resolve_object(const Value& value, const Json& json, const std::string& path, Missing missing,
                    const std::string& type) {
  if (!json.is_object()) throw SchemaError(path, found_and_allowed(json, value));
  refuse_unknown_keys(value, json, path, type);
  Json resolved = Json::object();
  if (!type.empty()) resolved["type"] = type;
  for (const Field& field : value.fields) {
    const std::string where = json_path(path, field.name);
    if (json.contains(field.name)) {
      resolved[field.name] = resolve(field.value, json.at(field.name), where, missing);
    } else if (takes_default(value, field, json, missing)) {
      resolved[field.name] = resolve(field.value, field.fallback, where, missing);
    } else if (field.required && missing == Missing::refused) {
      throw SchemaError(where, "this key is missing; allowed: " + allowed(field.value));
    }
  }
  check_groups(value, resolved, path, missing);
  return resolved;
}

}  // namespace innate::engine::schema
