// The experiment file's table.
#pragma once

#include <innate/engine/schema.h>

#include <string>
#include <vector>

namespace innate::host {

/// The version of the experiment file that this build reads.
constexpr int experiment_version = 1;

/// All keys of an experiment file. Built once, from the engine's own tables.
const engine::Value& experiment_schema();

/// The top-level keys that a variant's `set` and a `sweep` may change; all others belong to the whole
/// experiment.
const std::vector<std::string>& variable_keys();

/// The reference that `innate schema` prints.
std::string schema_reference();

}  // namespace innate::host
