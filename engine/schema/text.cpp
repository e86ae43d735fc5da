// What the table and JSON look like as text: places in a document, messages, suggestions, and the reference.
#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "engine/schema/text.h"

namespace innate::engine {

// ---- How a place in a JSON document is written: `a.b[3]["odd key"]`.

namespace {

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

std::string json_path(const std::string& path, const std::string& key) {
  if (key.empty() || !std::all_of(key.begin(), key.end(), plain)) {
    return path + '[' + Json(key).dump(-1, ' ', false, Json::error_handler_t::replace) + ']';
  }
  return path.empty() ? key : path + '.' + key;
}

std::string json_path(const std::string& path, std::size_t index) {
  return path + '[' + std::to_string(index) + ']';
}

// ---- "Did you mean": the nearest of a few words by edit distance.

namespace {

std::string lower(std::string word) {
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return word;
}

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

constexpr std::size_t longest_compared =
    64;  // nothing in a table is longer; the distance costs length squared

}  // namespace

std::string did_you_mean(const std::string& written, const std::vector<std::string>& candidates) {
  if (written.size() > longest_compared) return "";
  const std::string* nearest = nullptr;
  std::size_t least = 0;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(lower(written), lower(candidate));
    const std::size_t allowed = std::max<std::size_t>(1, std::max(written.size(), candidate.size()) / 3);
    if (distance > allowed || distance >= std::min(written.size(), candidate.size())) continue;
    if (!nearest || distance < least) nearest = &candidate, least = distance;
  }
  return nearest ? "; did you mean \"" + *nearest + "\"?" : "";
}

}  // namespace innate::engine

namespace innate::engine::schema {

// ---- What was found, what is allowed.

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

namespace innate::engine {

// ---- The reference: the same table, as text.

namespace {

constexpr std::size_t page_width = 100;

class Page {
 public:
  /// Adds `text`, broken at spaces; further lines are indented by `hanging` more.
  void paragraph(std::size_t indent, const std::string& text, std::size_t hanging = 0) {
    std::istringstream words(text);
    std::string line(indent, ' '), word;
    bool empty = true;
    while (words >> word) {
      if (!empty && line.size() + 1 + word.size() > page_width) {
        text_ += line + '\n';
        line = std::string(indent + hanging, ' ');
        empty = true;
      }
      line += (empty ? "" : " ") + word;
      empty = false;
    }
    if (!empty) text_ += line + '\n';
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void inside(Page& page, const Value& value, const std::string& path, std::size_t indent);

void entry(Page& page, const Field& field, const std::string& path, std::size_t indent) {
  std::string line = path + ": " + schema::allowed(field.value);
  if (field.required) line += "; required";
  if (!field.fallback.is_null()) line += "; default " + field.fallback.dump();
  page.paragraph(indent, line, 4);
  page.paragraph(indent + 4, field.help);
  inside(page, field.value, path, indent);
}

void fields(Page& page, const Value& value, const std::string& path, std::size_t indent) {
  for (const Field& field : value.fields) entry(page, field, json_path(path, field.name), indent);
  for (std::vector<std::string> group : value.exactly_one) {
    for (std::string& name : group) name = json_path(path, name);
    page.paragraph(indent, "Exactly one of " + schema::joined(group, " | ") + ".", 4);
  }
}

void types(Page& page, const Value& value, const std::string& path, std::size_t indent) {
  for (const auto& [name, type] : value.types) {
    page.paragraph(indent + 2, path + " of type " + schema::quoted(name) +
                                   (type.fields.empty() ? ": no more keys" : ":"));
    fields(page, type, path, indent + 4);
  }
}

void presets(Page& page, const Value& value, std::size_t indent) {
  for (const auto& [word, object] : value.presets) {
    page.paragraph(indent + 4, schema::quoted(word) + " stands for " + object.dump(1), 4);
  }
}

/// What lies below a value.
void inside(Page& page, const Value& value, const std::string& path, std::size_t indent) {
  fields(page, value, path, indent);
  types(page, value, path, indent);
  presets(page, value, indent);
  const std::string below = value.kind == Value::Kind::list ? path + "[i]" : path;
  for (const Value& part : value.of) inside(page, part, below, indent);
}

}  // namespace

std::string describe(const Value& value, const std::string& path) {
  Page page;
  if (!path.empty()) page.paragraph(0, path + ": " + schema::allowed(value), 4);
  inside(page, value, path, 0);
  return page.text();
}

}  // namespace innate::engine
