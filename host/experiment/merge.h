// How `set`, `sweep` and `--set` change an experiment.
#pragma once

#include <innate/engine/schema.h>

#include <string>

#include "path.h"

namespace innate::host {

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
