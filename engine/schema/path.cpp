// How a place in a JSON document is written: `a.b[3]["odd key"]`.
#include <innate/engine/schema.h>

#include <algorithm>

namespace innate::engine {
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

}  // namespace innate::engine
