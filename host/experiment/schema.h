// The experiment file's table, and an experiment against it and against what it cannot say.
#pragma once

#include <innate/engine/schema.h>

#include <string>
#include <vector>

namespace innate::host {

using engine::Json;

/// The version of the experiment file that this build reads.
constexpr int experiment_version = 1;

/// All keys of an experiment file. Built once, from the engine's own tables.
const engine::Value& experiment_schema();

/// The top-level keys that a variant's `set` and a `sweep` may change; all others belong to the whole
/// experiment.
const std::vector<std::string>& variable_keys();

/// The reference that `innate schema` prints.
std::string schema_reference();

/// A whole experiment file with defaults and presets written out. What its variants and sweeps may still add
/// can be missing from it; `set` and `sweep` are left as they are written.
Json check_file(const Json& file);

/// One experiment without variants: with `Missing::allowed` on its way to a point, with `Missing::refused` a
/// point.
Json check_point(const Json& experiment, engine::Missing missing);

/// Throws if `key` is not one that a `set` or a `sweep` may change.
void check_variable(const std::string& key, const std::string& where);

/// The parts of a checked file that a point has too: without sweep, variants and figure.
Json point_part(const Json& file);

}  // namespace innate::host
