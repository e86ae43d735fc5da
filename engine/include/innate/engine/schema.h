// The table that says what an experiment's JSON may hold. Each component of the engine (a genome, an
// optimizer, ...) describes its own fields with it; validation, defaults, presets and the printed reference
// all come from that table.
#pragma once

#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "innate/engine/options.h"
#include "innate/kernels/api.h"

namespace innate::engine {

using Json = nlohmann::ordered_json;

struct Field;
struct Type;

/// What a value may be.
struct Value {
  enum class Kind { integer, number, boolean, text, word, list, object, variant, either, preset, free };
  Kind kind = Kind::free;
  double least = -std::numeric_limits<double>::infinity(), greatest = std::numeric_limits<double>::infinity();
  bool least_excluded = false;     // number: `least` itself is not allowed
  bool greatest_excluded = false;  // number: `greatest` itself is not allowed
  bool wide = false;               // number: stays a double; others become floats, and are checked as such
  std::vector<std::string> words;  // word: the allowed ones
  std::vector<Value> of;      // list: its element; either: the alternatives; preset: the object it stands for
  int least_items = 0;        // list
  std::vector<Field> fields;  // object
  std::vector<std::vector<std::string>> exactly_one;  // object: of each group exactly one field is present
  std::vector<Type> types;                            // variant: an object whose "type" names one of these
  std::vector<std::pair<std::string, Json>> presets;  // preset: word -> the object that replaces it
  std::string shape;                                  // free: what messages and the reference call it
};

/// One key of an object. A null `fallback` with `required` false means: absent unless written.
struct Field {
  std::string name;
  Value value;
  bool required = false;
  Json fallback;     // written into the resolved file where the key is absent
  std::string help;  // one sentence for `innate schema`
};

/// One of a variant's types: what its "type" says, and the object without that field.
struct Type {
  std::string name;
  Value value;
};

// Builders.
INNATE_API Value integer(double least, double greatest = 9007199254740992.0);
INNATE_API Value number(double least, double greatest = std::numeric_limits<double>::infinity());
INNATE_API Value number_above(double least);
INNATE_API Value number_below(double least, double greatest);  // least <= number < greatest
INNATE_API Value wide(Value number);                           // the same, for what stays a double
INNATE_API Value boolean();
INNATE_API Value text();
INNATE_API Value word(std::vector<std::string> words);
INNATE_API Value list(Value of, int least_items = 0);
INNATE_API Value object(std::vector<Field> fields, std::vector<std::vector<std::string>> exactly_one = {});
INNATE_API Value variant(std::vector<Type> types);
INNATE_API Value either(std::vector<Value> alternatives);
INNATE_API Value preset(std::vector<std::pair<std::string, Json>> presets,
                        Value object);  // a word, or the object itself
INNATE_API Value anything(std::string shape = "any JSON");
INNATE_API Field required(std::string name, Value value, std::string help);
INNATE_API Field optional(std::string name, Value value, Json fallback, std::string help);
INNATE_API Field maybe(std::string name, Value value, std::string help);  // absent unless written

/// Whether a required key, or the one key of an `exactly_one` group, may be absent (a base that variants
/// complete).
enum class Missing { refused, allowed };

/// Checks `json` against `value`; returns it with defaults and presets written out, keys in the table's order
/// and whole numbers as integers (1e3 becomes 1000). Resolving the result again changes nothing. Throws
/// SchemaError that names `path` + where, what was found and what is allowed ("did you mean ...").
INNATE_API Json resolve(const Value& value, const Json& json, const std::string& path,
                        Missing missing = Missing::refused);

/// The reference, as text: every path, what it may be, its default and its help.
INNATE_API std::string describe(const Value& value, const std::string& path);

/// The path of a key or an item below `path`: `a.key`, `a["odd key"]`, `a[3]`.
INNATE_API std::string json_path(const std::string& path, const std::string& key);
INNATE_API std::string json_path(const std::string& path, std::size_t index);

/// `; did you mean "near"?` for the nearest candidate, or nothing where none is near.
INNATE_API std::string did_you_mean(const std::string& written, const std::vector<std::string>& candidates);

}  // namespace innate::engine
