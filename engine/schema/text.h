// The words of messages and of the reference: what was found, what is allowed.
#pragma once

#include <innate/engine/schema.h>

#include <string>
#include <vector>

namespace innate::engine::schema {

/// `the text "many"`, `3.5`, `a list`, `null`.
std::string found(const Json& json);

/// `an integer from 1 to 784`, `"all", or a list, each an integer of at least 0`.
std::string allowed(const Value& value);

/// `found ...; allowed: ...`
std::string found_and_allowed(const Json& json, const Value& value);

/// `, which becomes 0 as a 32-bit float`: why a number in range (of an alternative) is refused all the same.
/// Empty where it is not.
std::string lost_as_float(const Value& value, const Json& json);

/// The keys of an object, as a list of words: `optimizer, batch, steps, epochs (exactly one of steps |
/// epochs)`.
std::string keys_of(const Value& object);

/// One number as it is written in JSON; 2^53 by that name.
std::string written(double number);

std::string quoted(const std::string& text);
std::string joined(const std::vector<std::string>& parts, const std::string& between);

}  // namespace innate::engine::schema
