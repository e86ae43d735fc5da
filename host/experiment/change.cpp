#include "host/experiment/change.h"

#include <algorithm>
#include <stdexcept>

#include "host/experiment/experiment.h"
#include "host/experiment/schema.h"

namespace innate::host {

// ---- paths

namespace {

using engine::SchemaError;

bool digits(const std::string& part) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !part.empty() && part.size() <= 9 && std::all_of(part.begin(), part.end(), digit);
}

std::string without_leading_zeros(const std::string& index) {
  return index.substr(std::min(index.find_first_not_of('0'), index.size() - 1));
}

/// `layers[0].units` as `layers.0.units`.
std::string dotted(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '[') {
      result += text[at];
      continue;
    }
    const std::size_t close = std::min(text.find(']', at), text.size());
    const std::string index = text.substr(at + 1, close - at - 1);
    if (close == text.size() || !digits(index)) throw std::invalid_argument("[ ] holds an index");
    if (close + 1 < text.size() && text[close + 1] != '.' && text[close + 1] != '[') {
      throw std::invalid_argument("after ] comes a dot");
    }
    result += '.' + index;
    at = close;
  }
  return result;
}

Path split(const std::string& dotted) {
  Path path;
  for (std::size_t at = 0, end = 0; end < dotted.size() || at == 0; at = end + 1) {
    end = std::min(dotted.find('.', at), dotted.size());
    const std::string part = dotted.substr(at, end - at);
    if (part.empty()) throw std::invalid_argument("a key is empty");
    path.push_back(digits(part) ? without_leading_zeros(part) : part);
  }
  return path;
}

}  // namespace

Path parse_path(const std::string& text, const std::string& where) {
  try {
    return split(dotted(text));
  } catch (const std::invalid_argument& reason) {
    throw SchemaError(where,
                      '"' + text + "\" is not a path such as network.layers[0].units: " + reason.what());
  }
}

std::string path_text(const Json& json, const Path& path) {
  std::string text;
  const Json* at = &json;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool index = at && at->is_array() && digits(path[i]);
    text = index ? engine::json_path(text, std::stoul(path[i])) : engine::json_path(text, path[i]);
    at = find(json, Path(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(i) + 1));
  }
  return text;
}

const Json* find(const Json& json, const Path& path) {
  const Json* at = &json;
  for (const std::string& part : path) {
    if (at->is_object() && at->contains(part)) {
      at = &at->at(part);
    } else if (at->is_array() && digits(part) && std::stoul(part) < at->size()) {
      at = &at->at(std::stoul(part));
    } else {
      return nullptr;
    }
  }
  return at;
}

bool contains(const Path& outer, const Path& inner) {
  return outer.size() <= inner.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

// ---- merging

namespace {

bool merges(const Json& target, const Json& change) {
  return target.is_object() && change.is_object() && !change.contains("type");
}

void remove(Json& target, const std::string& key, const std::string& where) {
  if (target.erase(key) == 0) throw SchemaError(where, "null removes a key, but there is no such key here");
}

/// The item of a list, as messages count them.
Json& item(Json& list, const std::string& part, const std::string& where) {
  if (Json* found = const_cast<Json*>(find(list, {part}))) return *found;
  const std::string last = std::to_string(list.size() - 1);
  throw SchemaError(where, "\"" + part + "\" is no index of this list; allowed: " +
                               (list.empty()       ? "none, it is empty"
                                : list.size() == 1 ? "0"
                                                   : "0 to " + last));
}

/// One step of a path: the child, which is made in an object (null until it is filled).
Json& child(Json& parent, const std::string& part, const std::string& where) {
  if (parent.is_array()) return item(parent, part, where);
  if (!parent.is_object()) parent = Json::object();
  return parent[part];
}

/// Whether the place `at` is `path` or below it.
bool lies_in(const std::string& at, const std::string& path) {
  if (path.empty() || at == path) return true;
  return at.compare(0, path.size(), path) == 0 && (at[path.size()] == '.' || at[path.size()] == '[');
}

std::string type_hint(const std::string& path) {
  const std::string end = ".type";
  const bool names_type =
      path.size() > end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0;
  return names_type
             ? "; a type given alone keeps the object's other keys, so give the whole object: {\"type\": ...}"
             : "";
}

}  // namespace

void merge(Json& target, const Json& change, const std::string& where) {
  if (!merges(target, change)) {
    target = change;
    return;
  }
  for (const auto& [key, value] : change.items()) {
    const std::string here = engine::json_path(where, key);
    if (value.is_null()) {
      remove(target, key, here);
    } else {
      merge(target[key], value, here);
    }
  }
}

void assign(Json& target, const Path& path, const Json& value, const std::string& where) {
  Json* at = &target;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) at = &child(*at, path[i], where);
  if (value.is_null() && at->is_object()) {
    remove(*at, path.back(), where);
  } else {
    merge(child(*at, path.back(), where), value, where);
  }
}

void blame(const SchemaError& error, const std::string& path, const std::string& where) {
  const std::string& at = error.path();
  if (!lies_in(at, path))
    throw SchemaError(where, (at.empty() ? "" : at + ": ") + error.message() + type_hint(path));
  const std::string rest = at.substr(path.size());
  const bool dot = path.empty() && !rest.empty() && rest[0] != '[';
  throw SchemaError(where + (dot ? "." : "") + rest, error.message());
}

// ---- `--set path.to.key=value`

namespace {

/// JSON where it is JSON; a text where it does not even begin like an object, a list or a quoted text.
Json value_of(const std::string& written, const std::string& where) {
  try {
    return parse(written, where);
  } catch (const ParseError&) {
    if (!written.empty() && std::string("{[\"").find(written[0]) != std::string::npos) throw;
    return written;
  }
}

/// What comes from a shell may be any bytes.
void check_utf8(const std::string& text) {
  try {
    Json(text).dump();
  } catch (const Json::type_error&) {
    throw SchemaError("--set", "this assignment is not UTF-8 text");
  }
}

void refuse_fixed_keys(const std::string& key, const std::string& where) {
  if (key != "innate" && key != "variants") return;
  throw SchemaError(where, "\"" + key + "\" cannot be set from the command line");
}

/// A sweep's keys are paths, which do not merge key by key: it is replaced.
void place(Json& experiment, const Path& path, const Json& value, const std::string& where) {
  if (path == Path{"sweep"} && !value.is_null()) {
    experiment["sweep"] = value;
  } else {
    assign(experiment, path, value, where);
  }
}

}  // namespace

void apply_set(Json& experiment, const std::string& assignment) {
  check_utf8(assignment);
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos) {
    throw SchemaError("--set", "found \"" + assignment + "\"; allowed: path.to.key=value");
  }
  const std::string where = "--set " + assignment.substr(0, equals);
  const Path path = parse_path(assignment.substr(0, equals), "--set");
  refuse_fixed_keys(path.front(), where);
  Json changed = check_file(experiment);
  place(changed, path, value_of(assignment.substr(equals + 1), where), where);
  try {
    experiment = check_file(changed);
  } catch (const SchemaError& error) {
    blame(error, path_text(changed, path), where);
  }
}

}  // namespace innate::host
