// Values that may have one of several shapes: an object's type, alternatives, a preset's word.
#include <optional>

#include "check.h"
#include "sentence.h"

namespace innate::engine::schema {
namespace {

/// Whether JSON of this type could ever be right, whatever it holds.
bool fits(const Value& value, const Json& json) {
  switch (value.kind) {
    case Value::Kind::integer:
    case Value::Kind::number: return json.is_number();
    case Value::Kind::boolean: return json.is_boolean();
    case Value::Kind::text:
    case Value::Kind::word: return json.is_string();
    case Value::Kind::list: return json.is_array();
    case Value::Kind::object:
    case Value::Kind::variant: return json.is_object();
    case Value::Kind::preset: return json.is_string() || fits(value.of.front(), json);
    case Value::Kind::either:
      for (const Value& alternative : value.of) {
        if (fits(alternative, json)) return true;
      }
      return false;
    case Value::Kind::free: break;
  }
  return true;
}

/// A container's own error says more than "allowed: an object".
bool has_inside(const Json& json) { return json.is_object() || json.is_array(); }

std::vector<std::string> words_in(const Value& value) {
  std::vector<std::string> words = value.words;
  for (const auto& [word, object] : value.presets) words.push_back(word);
  for (const Value& alternative : value.of) {
    const std::vector<std::string> more = words_in(alternative);
    words.insert(words.end(), more.begin(), more.end());
  }
  return words;
}

std::string suggestion(const Value& value, const Json& json) {
  return json.is_string() ? did_you_mean(json.get<std::string>(), words_in(value)) : "";
}

}  // namespace

Json resolve_variant(const Value& value, const Json& json, const std::string& path, Missing missing) {
  if (!json.is_object()) throw SchemaError(path, found_and_allowed(json, value));
  Value type_names;
  type_names.kind = Value::Kind::word;
  for (const auto& [name, type] : value.types) type_names.words.push_back(name);
  if (!json.contains("type")) {
    throw SchemaError(path, "the key \"type\" is missing; allowed: " + allowed(type_names));
  }
  const Json name = resolve(type_names, json.at("type"), json_path(path, "type"), missing);
  for (const auto& [type_name, type] : value.types) {
    if (type_name == name) return resolve_object(type, json, path, missing, type_name);
  }
  return {};  // not reached: the word above is one of the types
}

Json resolve_either(const Value& value, const Json& json, const std::string& path, Missing missing) {
  std::optional<SchemaError> inside;
  int fitting = 0;
  for (const Value& alternative : value.of) {
    if (!fits(alternative, json)) continue;
    try {
      return resolve(alternative, json, path, missing);
    } catch (const SchemaError& error) {
      inside = error;
      ++fitting;
    }
  }
  if (fitting == 1 && has_inside(json)) throw SchemaError(*inside);
  throw SchemaError(path, found_and_allowed(json, value) + suggestion(value, json));
}

Json resolve_preset(const Value& value, const Json& json, const std::string& path, Missing missing) {
  if (!fits(value, json)) throw SchemaError(path, found_and_allowed(json, value));
  if (!json.is_string()) return resolve(value.of.front(), json, path, missing);
  for (const auto& [word, object] : value.presets) {
    if (word == json) return resolve(value.of.front(), object, path, missing);
  }
  throw SchemaError(path, found_and_allowed(json, value) + suggestion(value, json));
}

}  // namespace innate::engine::schema
