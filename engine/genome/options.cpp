// Options and JSON: the same fields, for programs without JSON and for the table that checks both.
#include <algorithm>

#include "innate/engine/json.h"

namespace innate::engine {

namespace {

Option option_from_json(const Json& json, const std::string& name) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_object()) return options_from_json(json);
  if (json.is_array() &&
      std::all_of(json.begin(), json.end(), [](const Json& item) { return item.is_string(); }))
    return json.get<std::vector<std::string>>();
  throw Error("'" + name + "' is " + json.dump() +
              "; an option is a truth, a number, a word, a list of words or an object");
}

}  // namespace

Options options_from_json(const Json& json) {
  if (!json.is_object()) throw Error("options are made of an object, not of " + json.dump());
  Options options;
  for (const auto& [name, value] : json.items())
    options.fields.emplace_back(name, option_from_json(value, name));
  return options;
}

Json json_from_options(const Options& options) {
  Json json = Json::object();
  for (const auto& [name, option] : options.fields) {
    if (json.contains(name)) throw SchemaError(name, "this option is given twice");
    if (const auto* own = std::get_if<Options>(&option.value))
      json[name] = json_from_options(*own);
    else
      std::visit(
          [&place = json[name]](const auto& value) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, Options>) place = value;
          },
          option.value);
  }
  return json;
}

}  // namespace innate::engine
