#include "sentence.h"

#include <cmath>

#include "check.h"

namespace innate::engine::schema {
namespace {

constexpr double two_to_53 = 9007199254740992.0;

std::string shortened(const std::string& text) {
  constexpr std::size_t most = 40;
  return text.size() <= most ? text : text.substr(0, most) + "...";
}

std::string range(const Value& value, const std::string& noun) {
  const bool below = std::isfinite(value.least), above = std::isfinite(value.greatest);
  if (below && above && value.least == value.greatest) return "the " + noun + " " + written(value.least);
  const std::string article = (noun == "integer" ? "an " : "a ") + noun;
  if (!below && !above) return article;
  if (!below) return article + " of at most " + written(value.greatest);
  if (value.least_excluded) {
    const std::string open = article + " above " + written(value.least);
    return above ? open + " and at most " + written(value.greatest) : open;
  }
  if (!above) return article + " of at least " + written(value.least);
  if (value.greatest_excluded)
    return article + " from " + written(value.least) + " to below " + written(value.greatest);
  return article + " from " + written(value.least) + " to " + written(value.greatest);
}

std::string list_phrase(const Value& value) {
  std::string phrase = "a list";
  if (value.least_items > 0) {
    phrase +=
        " of at least " + std::to_string(value.least_items) + (value.least_items == 1 ? " item" : " items");
  }
  return phrase + ", each " + allowed(value.of.front());
}

std::string variant_phrase(const Value& value) {
  std::vector<std::string> names;
  for (const auto& [name, type] : value.types) names.push_back(name);
  return "an object of type " + joined(names, " | ");
}

std::string either_phrase(const Value& value) {
  std::vector<std::string> phrases;
  for (const Value& alternative : value.of) phrases.push_back(allowed(alternative));
  return joined(phrases, ", or ");
}

std::string words_phrase(const std::vector<std::string>& words) {
  std::vector<std::string> phrases;
  for (const std::string& word : words) phrases.push_back(quoted(word));
  return joined(phrases, " | ");
}

std::string preset_phrase(const Value& value) {
  std::vector<std::string> words;
  for (const auto& [word, object] : value.presets) words.push_back(word);
  return words_phrase(words) + ", or " + allowed(value.of.front());
}

}  // namespace

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string all;
  for (std::size_t i = 0; i < parts.size(); ++i) all += (i ? between : "") + parts[i];
  return all;
}

std::string written(double number) {
  if (number == two_to_53) return "2^53";
  const bool whole = std::abs(number) < two_to_53 && number == std::trunc(number);
  return whole ? std::to_string(static_cast<long long>(number)) : Json(number).dump();
}

std::string found(const Json& json) {
  if (json.is_object()) return "an object";
  if (json.is_array()) return "a list";
  if (json.is_string()) return "the text " + quoted(shortened(json.get<std::string>()));
  if (json.is_number_float() && !std::isfinite(json.get<double>())) return "a number that is not finite";
  return json.dump();
}

std::string allowed(const Value& value) {
  switch (value.kind) {
    case Value::Kind::integer: return range(value, "integer");
    case Value::Kind::number: return range(value, "number");
    case Value::Kind::boolean: return "true or false";
    case Value::Kind::text: return "a text";
    case Value::Kind::word: return words_phrase(value.words);
    case Value::Kind::list: return list_phrase(value);
    case Value::Kind::object: return "an object";
    case Value::Kind::variant: return variant_phrase(value);
    case Value::Kind::either: return either_phrase(value);
    case Value::Kind::preset: return preset_phrase(value);
    case Value::Kind::free: break;
  }
  return value.shape;
}

std::string found_and_allowed(const Json& json, const Value& value) {
  return "found " + found(json) + lost_as_float(value, json) + "; allowed: " + allowed(value);
}

std::string keys_of(const Value& object) {
  std::vector<std::string> names;
  for (const Field& field : object.fields) names.push_back(field.name);
  std::string keys = joined(names, ", ");
  for (const auto& group : object.exactly_one) keys += " (exactly one of " + joined(group, " | ") + ")";
  return keys;
}

}  // namespace innate::engine::schema
