#include "path.h"

#include <algorithm>
#include <stdexcept>

namespace innate::host {
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

}  // namespace innate::host
