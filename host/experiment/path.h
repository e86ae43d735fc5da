// Paths into an experiment: `learning.optimizer.rate`, `network.layers[0].units`, or
// `network.layers.0.units`.
#pragma once

#include <innate/engine/schema.h>

#include <string>
#include <vector>

namespace innate::host {

using engine::Json;

/// The keys and indices of a path, outermost first. An index is its decimal digits.
using Path = std::vector<std::string>;

/// Throws SchemaError at `where` if `text` is not a path.
Path parse_path(const std::string& text, const std::string& where);

/// The path as messages write it; whether a number is an index depends on `json`.
std::string path_text(const Json& json, const Path& path);

/// The value at the path, or null where there is none.
const Json* find(const Json& json, const Path& path);

/// Whether `outer` is `inner` or a part of the way to it.
bool contains(const Path& outer, const Path& inner);

}  // namespace innate::host
