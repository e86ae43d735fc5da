// Integers and numbers. JSON does not tell 1000 from 1e3 or 1000.0: all three are the integer 1000.
#include <cmath>
#include <cstdint>

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

bool in_range(const Value& value, double number) {
  if (!std::isfinite(number)) return false;
  const bool above = value.least_excluded ? number > value.least : number >= value.least;
  return above && (value.greatest_excluded ? number < value.greatest : number <= value.greatest);
}

/// The one form that a number has in resolved files: whole ones without point or exponent.
Json canonical(const Json& json) {
  if (!json.is_number_float() || !whole(json)) return json;
  const auto integer = static_cast<std::int64_t>(json.get<double>());
  return integer < 0 ? Json(integer) : Json(static_cast<std::uint64_t>(integer));
}

}  // namespace

Json resolve_number(const Value& value, const Json& json, const std::string& path) {
  const bool integral = value.kind == Value::Kind::integer;
  if (json.is_number() && (!integral || whole(json)) && in_range(value, json.get<double>()))
    return canonical(json);
  throw SchemaError(path, found_and_allowed(json, value));
}

}  // namespace innate::engine::schema
