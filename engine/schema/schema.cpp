// The table: how its values are made, and the way in: one value against its row of the table, each family of
// kinds with its own function, which returns the resolved value or throws SchemaError.
#include <innate/engine/schema.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "engine/schema/text.h"

// ---- Builders: each makes one kind of value or field.

namespace innate::engine {
namespace {

Value of_kind(Value::Kind kind) {
  Value value;
  value.kind = kind;
  return value;
}

Value range(Value::Kind kind, double least, double greatest) {
  Value value = of_kind(kind);
  value.least = least;
  value.greatest = greatest;
  return value;
}

}  // namespace

Value integer(double least, double greatest) { return range(Value::Kind::integer, least, greatest); }

Value number(double least, double greatest) { return range(Value::Kind::number, least, greatest); }

Value number_above(double least) {
  Value value = number(least);
  value.least_excluded = true;
  return value;
}

Value number_below(double least, double greatest) {
  Value value = number(least, greatest);
  value.greatest_excluded = true;
  return value;
}

Value wide(Value number) {
  number.wide = true;
  return number;
}

Value boolean() { return of_kind(Value::Kind::boolean); }

Value text() { return of_kind(Value::Kind::text); }

Value word(std::vector<std::string> words) {
  Value value = of_kind(Value::Kind::word);
  value.words = std::move(words);
  return value;
}

Value list(Value of, int least_items) {
  Value value = of_kind(Value::Kind::list);
  value.of.push_back(std::move(of));
  value.least_items = least_items;
  return value;
}

Value object(std::vector<Field> fields, std::vector<std::vector<std::string>> exactly_one) {
  Value value = of_kind(Value::Kind::object);
  value.fields = std::move(fields);
  value.exactly_one = std::move(exactly_one);
  return value;
}

Value variant(std::vector<Type> types) {
  Value value = of_kind(Value::Kind::variant);
  value.types = std::move(types);
  return value;
}

Value either(std::vector<Value> alternatives) {
  Value value = of_kind(Value::Kind::either);
  value.of = std::move(alternatives);
  return value;
}

Value preset(std::vector<std::pair<std::string, Json>> presets, Value object) {
  Value value = of_kind(Value::Kind::preset);
  value.presets = std::move(presets);
  value.of.push_back(std::move(object));
  return value;
}

Value anything(std::string shape) {
  Value value = of_kind(Value::Kind::free);
  value.shape = std::move(shape);
  return value;
}

Field required(std::string name, Value value, std::string help) {
  return {std::move(name), std::move(value), true, nullptr, std::move(help)};
}

Field optional(std::string name, Value value, Json fallback, std::string help) {
  return {std::move(name), std::move(value), false, std::move(fallback), std::move(help)};
}

Field maybe(std::string name, Value value, std::string help) {
  return {std::move(name), std::move(value), false, nullptr, std::move(help)};
}

}  // namespace innate::engine

namespace innate::engine::schema {

// ---- Integers and numbers. JSON does not tell 1000 from 1e3 or 1000.0: all three are the integer 1000.

namespace {

constexpr std::int64_t exact_integer = 9007199254740992;  // up to 2^53 every whole double is one integer

bool whole(const Json& json) {
  if (json.is_number_unsigned()) return json.get<std::uint64_t>() <= std::uint64_t{exact_integer};
  if (json.is_number_integer())
    return json.get<std::int64_t>() >= -exact_integer && json.get<std::int64_t>() <= exact_integer;
  const double number = json.get<double>();
  return std::abs(number) <= double{exact_integer} && number == std::trunc(number);
}

template <class T>
bool in_range(const Value& value, T number) {
  if (!std::isfinite(number)) return false;
  const T least = static_cast<T>(value.least), greatest = static_cast<T>(value.greatest);
  const bool above = value.least_excluded ? number > least : number >= least;
  return above && (value.greatest_excluded ? number < greatest : number <= greatest);
}

/// The one form that a number has in resolved files: whole ones without point or exponent.
Json canonical(const Json& json) {
  if (!json.is_number_float() || !whole(json)) return json;
  const auto integer = static_cast<std::int64_t>(json.get<double>());
  return integer < 0 ? Json(integer) : Json(static_cast<std::uint64_t>(integer));
}

bool right_as_double(const Value& value, const Json& json) {
  return json.is_number() && (value.kind != Value::Kind::integer || whole(json)) &&
         in_range(value, json.get<double>());
}

/// Of a number in range.
std::string lost(const Value& value, double number) {
  constexpr double most = std::numeric_limits<float>::max(), normal = std::numeric_limits<float>::min();
  if (std::abs(number) > most) return ", which is too large for a 32-bit float";
  const auto rounded = static_cast<float>(number);
  if (!in_range(value, rounded) || (number != 0 && rounded == 0))
    return ", which becomes " + written(double{rounded}) + " as a 32-bit float";
  if (number != 0 && std::abs(number) < normal)
    return ", which is too small for all digits of a 32-bit float";
  return "";
}

}  // namespace

std::string lost_as_float(const Value& value, const Json& json) {
  for (const Value& alternative : value.kind == Value::Kind::either ? value.of : std::vector<Value>{})
    if (const std::string text = lost_as_float(alternative, json); !text.empty()) return text;
  const bool becomes_one = value.kind == Value::Kind::number && !value.wide;
  return becomes_one && right_as_double(value, json) ? lost(value, json.get<double>()) : "";
}

Json resolve_number(const Value& value, const Json& json, const std::string& path) {
  if (right_as_double(value, json) && lost_as_float(value, json).empty()) return canonical(json);
  throw SchemaError(path, found_and_allowed(json, value));
}

// ---- Objects: known keys only, required ones present, defaults written out, in the table's order.

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
                    const std::string& type = "") {
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

// ---- Values that may have one of several shapes: an object's type, alternatives, a preset's word.

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
