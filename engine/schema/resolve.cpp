// The way in: one value against its row of the table.
#include <algorithm>

#include "check.h"
#include "sentence.h"

namespace innate::engine {
namespace {

using schema::found_and_allowed;

Json resolve_word(const Value& value, const Json& json, const std::string& path) {
  if (!json.is_string()) throw SchemaError(path, found_and_allowed(json, value));
  const auto& written = json.get_ref<const std::string&>();
  if (std::find(value.words.begin(), value.words.end(), written) != value.words.end()) return json;
  throw SchemaError(path, found_and_allowed(json, value) + did_you_mean(written, value.words));
}

Json resolve_list(const Value& value, const Json& json, const std::string& path, Missing missing) {
  if (!json.is_array()) throw SchemaError(path, found_and_allowed(json, value));
  if (json.size() < static_cast<std::size_t>(value.least_items)) {
    throw SchemaError(
        path, "found a list of " + std::to_string(json.size()) + "; allowed: " + schema::allowed(value));
  }
  Json resolved = Json::array();
  for (std::size_t i = 0; i < json.size(); ++i) {
    resolved.push_back(resolve(value.of.front(), json[i], json_path(path, i), missing));
  }
  return resolved;
}

Json same_if(bool right, const Value& value, const Json& json, const std::string& path) {
  if (!right) throw SchemaError(path, found_and_allowed(json, value));
  return json;
}

}  // namespace

Json resolve(const Value& value, const Json& json, const std::string& path, Missing missing) {
  switch (value.kind) {
    case Value::Kind::integer:
    case Value::Kind::number: return schema::resolve_number(value, json, path);
    case Value::Kind::boolean: return same_if(json.is_boolean(), value, json, path);
    case Value::Kind::text: return same_if(json.is_string(), value, json, path);
    case Value::Kind::word: return resolve_word(value, json, path);
    case Value::Kind::list: return resolve_list(value, json, path, missing);
    case Value::Kind::object: return schema::resolve_object(value, json, path, missing);
    case Value::Kind::variant: return schema::resolve_variant(value, json, path, missing);
    case Value::Kind::either: return schema::resolve_either(value, json, path, missing);
    case Value::Kind::preset: return schema::resolve_preset(value, json, path, missing);
    case Value::Kind::free: break;
  }
  return json;
}

}  // namespace innate::engine
