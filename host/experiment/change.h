// How `set`, `sweep` and `--set` change an experiment, and the paths that say where.
#pragma once

#include <innate/engine/schema.h>

#include <string>
#include <vector>

namespace innate::host {

using engine::Json;

/// The keys and indices of a path (`learning.optimizer.rate`, `network.layers[0].units`, or
/// `network.layers.0.units`), outermost first. An index is its decimal digits.
using Path = std::vector<std::string>;

/// Throws SchemaError at `where` if `text` is not a path.
Path parse_path(const std::string& text, const std::string& where);

/// The path as messages write it; whether a number is an index depends on `json`.
std::string path_text(const Json& json, const Path& path);

/// The value at the path, or null where there is none.
const Json* find(const Json& json, const Path& path);

/// Whether `outer` is `inner` or a part of the way to it.
bool contains(const Path& outer, const Path& inner);

/// Merges `change` into `target` key by key. An object that names a `type`, and everything that is not an
/// object, replaces what was there; null removes a key. `where` is where `change` was written; errors name
/// it.
void merge(Json& target, const Json& change, const std::string& where);

/// Merges `value` into what is at `path`; objects on the way are made where they are missing, list items are
/// not.
void assign(Json& target, const Path& path, const Json& value, const std::string& where);

/// Throws an error at `error.path()` of the merged experiment again, at the place where the value was
/// written: `where` is the place that gave the value at `path`.
[[noreturn]] void blame(const engine::SchemaError& error, const std::string& path, const std::string& where);

}  // namespace innate::host
