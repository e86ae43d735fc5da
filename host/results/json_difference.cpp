#include "host/results/json_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace innate::host {
namespace {

using Json = nlohmann::ordered_json;

struct Difference {
  std::string path, a, b;
};

std::string brief(const Json* value) {
  if (value == nullptr) return "absent";
  std::string text = value->dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

const Json* child(const Json& object, const std::string& key) {
  const auto at = object.find(key);
  return at == object.end() ? nullptr : &*at;
}

std::optional<Difference> differ(const Json* a, const Json* b, const std::string& path);

std::string keys_of(const Json& object) {
  Json keys = Json::array();
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return brief(&keys);
}

// The order of keys counts: a sweep is walked in the order written.
std::optional<Difference> differ_in_order(const Json& a, const Json& b, const std::string& path) {
  for (auto left = a.begin(), right = b.begin(); left != a.end(); ++left, ++right)
    if (left.key() != right.key())
      return Difference{(path.empty() ? "" : path + ": ") + "the order of keys", keys_of(a), keys_of(b)};
  return std::nullopt;
}

std::optional<Difference> differ_in_keys(const Json& a, const Json& b, const std::string& path) {
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  for (const auto& [key, value] : a.items())
    if (auto found = differ(&value, child(b, key), below(key))) return found;
  for (const auto& [key, value] : b.items())
    if (!a.contains(key)) return Difference{below(key), "absent", brief(&value)};
  return differ_in_order(a, b, path);
}

std::optional<Difference> differ_in_items(const Json& a, const Json& b, const std::string& path) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const Json* left = i < a.size() ? &a[i] : nullptr;
    const Json* right = i < b.size() ? &b[i] : nullptr;
    if (auto found = differ(left, right, fmt::format("{}[{}]", path, i))) return found;
  }
  return std::nullopt;
}

std::optional<Difference> differ(const Json* a, const Json* b, const std::string& path) {
  if (a != nullptr && b != nullptr) {
    if (a->is_object() && b->is_object()) return differ_in_keys(*a, *b, path);
    if (a->is_array() && b->is_array()) return differ_in_items(*a, *b, path);
    if (*a == *b) return std::nullopt;
  }
  return Difference{path, brief(a), brief(b)};
}

}  // namespace

std::string first_difference(const Json& a, const Json& b, const std::string& a_name,
                             const std::string& b_name) {
  const auto found = differ(&a, &b, "");
  if (!found) return "";
  return fmt::format("{} is {} in {} and {} in {}", found->path.empty() ? "the document" : found->path,
                     found->a, a_name, found->b, b_name);
}

}  // namespace innate::host
