// An experiment file: read, validated and expanded into the points to run.
#pragma once

#include <innate/engine/schema.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace innate::host {

using engine::Json;

// ---- text to JSON, for files that people write: comments are allowed, a key written twice is not, and every
// error says where it is

/// A text that is not JSON, or holds a key twice, or a file that cannot be read. The message names the file
/// and, where there is one, the line and column.
class ParseError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `name` is what messages call the text: a file's name. Comments: `//` to the end of the line, and `/* */`.
Json parse(const std::string& text, const std::string& name);

/// Reads and parses a file of at most 16 MiB.
Json parse_file(const std::string& file);

// ---- points

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
