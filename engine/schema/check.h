// Validation, one function for each family of kinds. Each returns the resolved value or throws SchemaError.
#pragma once

#include <innate/engine/schema.h>

#include <string>

namespace innate::engine::schema {

/// integer, number.
Json resolve_number(const Value& value, const Json& json, const std::string& path);

/// `, which becomes 0 as a 32-bit float`: why a number in range (of an alternative) is refused all the same.
/// Empty where it is not.
std::string lost_as_float(const Value& value, const Json& json);

/// object. `type`, where it is not empty, is the type that the object has named: its key `type` is allowed
/// and kept.
Json resolve_object(const Value& value, const Json& json, const std::string& path, Missing missing,
                    const std::string& type = "");

/// variant, either, preset: several shapes, of which the JSON must have one.
Json resolve_variant(const Value& value, const Json& json, const std::string& path, Missing missing);
Json resolve_either(const Value& value, const Json& json, const std::string& path, Missing missing);
Json resolve_preset(const Value& value, const Json& json, const std::string& path, Missing missing);

}  // namespace innate::engine::schema
