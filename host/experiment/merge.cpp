#include "merge.h"

namespace innate::host {
namespace {

using engine::SchemaError;

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

}  // namespace innate::host
