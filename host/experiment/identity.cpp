#include "host/experiment/identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "host/experiment/schema.h"

namespace innate::host {
namespace {

constexpr const char* names_alone[] = {"innate", "name", "title", "source", "seed", "replicas", "figure"};

/// Seeds of one identity: from the first to before the second.
using Seeds = std::map<std::string, std::pair<std::uint64_t, std::uint64_t>>;

Seeds seeds_of(const Experiment& experiment) {
  Seeds seeds;
  for (const Point& point : experiment.points)
    seeds[identity(point.spec)] = {experiment.seed,
                                   experiment.seed + static_cast<std::uint64_t>(experiment.replicas)};
  return seeds;
}

bool covers(const Seeds& all, const Seeds& some) {
  for (const auto& [key, range] : some) {
    const auto found = all.find(key);
    if (found == all.end() || found->second.first > range.first || found->second.second < range.second)
      return false;
  }
  return true;
}

Json meaning(const Experiment& experiment) {
  Json json = experiment.resolved;
  for (const char* key : {"innate", "name", "title", "source", "figure"}) json.erase(key);
  return json;
}

// ---- differences

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

std::optional<Difference> differ_in_keys(const Json& a, const Json& b, const std::string& path) {
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  for (const auto& [key, value] : a.items())
    if (auto found = differ(&value, child(b, key), below(key))) return found;
  for (const auto& [key, value] : b.items())
    if (!a.contains(key)) return Difference{below(key), "absent", brief(&value)};
  return std::nullopt;
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

std::string identity(const Json& spec) {
  nlohmann::json sorted(spec);
  for (const char* key : names_alone) sorted.erase(key);
  return sorted.dump();
}

std::string identity_now(const std::string& written) try {
  return identity(check_point(Json::parse(written), engine::Missing::allowed));
} catch (const engine::SchemaError&) {
  return "";
} catch (const Json::exception&) {
  return "";
}

Relation relation(const Experiment& experiment, const Experiment& other) {
  const Seeds own = seeds_of(experiment), others = seeds_of(other);
  if (!covers(own, others)) return Relation::different;
  return covers(others, own) ? Relation::same : Relation::larger;
}

bool same_tables(const Experiment& a, const Experiment& b) {
  if (a.seed != b.seed || a.replicas != b.replicas || a.points.size() != b.points.size()) return false;
  for (std::size_t i = 0; i < a.points.size(); ++i)
    if (a.points[i].variant != b.points[i].variant || a.points[i].columns != b.points[i].columns ||
        identity(a.points[i].spec) != identity(b.points[i].spec))
      return false;
  return true;
}

std::string difference(const Experiment& a, const Experiment& b, const std::string& a_name,
                       const std::string& b_name) {
  const Json left = meaning(a), right = meaning(b);
  const auto found = differ(&left, &right, "");
  if (!found) return "";
  return fmt::format("{} is {} in {} and {} in {}", found->path.empty() ? "the document" : found->path,
                     found->a, a_name, found->b, b_name);
}

}  // namespace innate::host
