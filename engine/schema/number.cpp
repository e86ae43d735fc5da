// Integers and numbers. JSON does not tell 1000 from 1e3 or 1000.0: all three are the integer 1000.
#include <cmath>
#include <cstdint>
#include <limits>

#include "check.h"
#include "sentence.h"

namespace innate::engine::schema {
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

}  // namespace innate::engine::schema
