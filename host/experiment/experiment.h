// An experiment file, validated and expanded into the points to run.
#pragma once

#include <innate/engine/schema.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace innate::host {

using engine::Json;

/// One set of settings, run `replicas` times.
struct Point {
  std::string variant;
  std::vector<std::pair<std::string, Json>> columns;  // the swept paths with this point's values
  Json spec;  // the resolved experiment without sweep, variants and figure
};

struct Experiment {
  std::string name;
  Json resolved;  // the file with defaults and presets written out; expanding it again gives the same
                  // experiment
  std::vector<Point> points;
  std::uint64_t seed = 0;  // replica r of every point uses seed + r
  int replicas = 1;
};

/// Validates a parsed experiment file and expands its variants and sweeps. Throws engine::SchemaError, whose
/// path says where the wrong value was written.
Experiment expand(const Json& file);

/// `--set path.to.key=value` on a parsed experiment file, before `expand`. The value is JSON, or else a text;
/// null removes a key. `experiment` becomes its resolved form.
void apply_set(Json& experiment, const std::string& assignment);

/// The same with only the variants of these names; all of them where there are none. Throws SchemaError where
/// a name is not one of the experiment's.
Experiment with_variants(Experiment experiment, const std::vector<std::string>& names);

/// Reads a file, applies the `--set`s in order and expands.
Experiment load_experiment(const std::string& file, const std::vector<std::string>& sets = {});

}  // namespace innate::host
