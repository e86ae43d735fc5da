#include "parse.h"

#include <iterator>
#include <utility>
#include <vector>

#include "position.h"

namespace innate::host {
namespace {

/// Walks the text and leaves in `reached` how far it has come: the parser's events do not say where they are.
struct Cursor {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at;
  const char** reached;

  reference operator*() const { return *at; }
  Cursor& operator++() {
    *reached = ++at;
    return *this;
  }
  Cursor operator++(int) {
    Cursor before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Cursor& other) const { return at == other.at; }
  bool operator!=(const Cursor& other) const { return at != other.at; }
};

/// Builds the document from the parser's events. `open` holds the containers that are not closed yet,
/// outermost first.
class Builder {
 public:
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  Builder(const std::string& text, const std::string& name)
      : text_(text), name_(name), reached_(text.data()) {}

  Cursor begin() { return {text_.data(), &reached_}; }
  Cursor end() { return {text_.data() + text_.size(), &reached_}; }
  Json take() { return std::move(root_); }

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(number_integer_t value) { return put(value); }
  bool number_unsigned(number_unsigned_t value) { return put(value); }
  bool number_float(number_float_t value, const string_t&) { return put(value); }
  bool string(string_t& value) { return put(std::move(value)); }
  bool binary(binary_t&) { return false; }  // no event of JSON text
  bool start_object(std::size_t) { return enter(Json::object()); }
  bool start_array(std::size_t) { return enter(Json::array()); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }

  bool key(string_t& key) {
    if (open_.back().node->contains(key)) {
      fail(key_start(), engine::json_path(path(), key) + ": this key is written twice");
    }
    open_.back().key = std::move(key);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) {
    fail(position == 0 ? 0 : position - 1, reason(error.what()));
  }

 private:
  struct Open {
    Json* node;
    std::string key;  // object: the key whose value comes next
  };

  [[noreturn]] void fail(std::size_t byte, const std::string& message) const {
    throw ParseError(located(name_, text_, byte, message));
  }

  std::size_t reached() const { return static_cast<std::size_t>(reached_ - text_.data()); }

  /// The opening quote of the key that the parser has just read: inside a string every quote has a backslash.
  std::size_t key_start() const {
    std::size_t at = reached() - 1;
    do {
      --at;
    } while (text_[at] != '"' || backslashes_before(at) % 2 == 1);
    return at;
  }

  std::size_t backslashes_before(std::size_t at) const {
    std::size_t count = 0;
    while (count < at && text_[at - 1 - count] == '\\') ++count;
    return count;
  }

  /// The path of the innermost open container.
  std::string path() const {
    std::string path;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      const Open& open = open_[i];
      path = open.node->is_array() ? engine::json_path(path, open.node->size() - 1)
                                   : engine::json_path(path, open.key);
    }
    return path;
  }

  Json* place(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back().node;
    if (!parent.is_array()) return &(parent[open_.back().key] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool put(Json value) {
    place(std::move(value));
    return true;
  }

  bool enter(Json container) {
    constexpr std::size_t deepest = 64;  // far more than any experiment; functions that recurse rely on it
    if (open_.size() == deepest) fail(reached() - 1, "nested more than " + std::to_string(deepest) + " deep");
    Json* node = place(std::move(container));
    open_.push_back({node, ""});
    return true;
  }

  bool leave() {
    open_.pop_back();
    return true;
  }

  /// The parser's complaint without its own address and without the text read so far.
  static std::string reason(std::string what) {
    const std::size_t column = what.find("column ");
    const std::size_t address = column == std::string::npos ? what.find("] ") : what.find(": ", column);
    if (address != std::string::npos) what.erase(0, address + 2);
    const std::size_t last_read = what.find("; last read:");
    if (last_read != std::string::npos) {
      const std::size_t expected = what.rfind("; expected");
      const bool keep = expected != std::string::npos && expected > last_read;
      what = what.substr(0, last_read) + (keep ? what.substr(expected) : "");
    }
    return what;
  }

  const std::string& text_;
  const std::string& name_;
  const char* reached_;
  Json root_;
  std::vector<Open> open_;
};

}  // namespace

Json parse(const std::string& text, const std::string& name) {
  constexpr bool whole_text = true, comments = true;
  Builder builder(text, name);
  Json::sax_parse(builder.begin(), builder.end(), &builder, nlohmann::detail::input_format_t::json,
                  whole_text, comments);
  return builder.take();
}

}  // namespace innate::host
