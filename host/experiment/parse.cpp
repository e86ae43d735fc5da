#include "host/experiment/experiment.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "host/data/file_kind.h"

namespace innate::host {

// ---- where a byte of a text is, as people count

namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::size_t line_start(const std::string& text, std::size_t byte) {
  const std::size_t newline = byte == 0 ? std::string::npos : text.rfind('\n', byte - 1);
  return newline == std::string::npos ? 0 : newline + 1;
}

struct Position {
  std::size_t line = 1, column = 1;  // column in characters, not bytes
};

Position position_of(const std::string& text, std::size_t byte) {
  byte = std::min(byte, text.size());
  const auto at = text.begin() + static_cast<std::ptrdiff_t>(byte);
  const auto start = text.begin() + static_cast<std::ptrdiff_t>(line_start(text, byte));
  return {1 + static_cast<std::size_t>(std::count(text.begin(), at, '\n')),
          1 + static_cast<std::size_t>(std::count_if(start, at, starts_character))};
}

/// The line that holds `byte` and below it a mark, or the part of it around `byte` where it is long.
std::string excerpt(const std::string& text, std::size_t byte) {
  constexpr std::size_t around = 60;
  byte = std::min(byte, text.size());
  const std::size_t end = std::min({text.find('\n', byte), text.size(), byte + around});
  std::size_t start = std::max(line_start(text, byte), byte > around ? byte - around : 0);
  while (start < byte && !starts_character(text[start])) ++start;
  std::string mark;
  for (std::size_t i = start; i < byte; ++i) {
    if (starts_character(text[i])) mark += text[i] == '\t' ? '\t' : ' ';
  }
  return "  " + text.substr(start, end - start) + "\n  " + mark + '^';
}

/// `name:line:column: message`, then the excerpt.
std::string located(const std::string& name, const std::string& text, std::size_t byte,
                    const std::string& message) {
  const Position position = position_of(text, byte);
  return name + ':' + std::to_string(position.line) + ':' + std::to_string(position.column) + ": " + message +
         '\n' + excerpt(text, byte);
}

// ---- text to JSON

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

// ---- a file's text, with an error for each way in which there may be none

namespace {

constexpr std::size_t most_bytes = std::size_t{16} << 20;

std::string read(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    throw ParseError(file +
                     ": this file cannot be opened for reading: " + std::generic_category().message(errno));
  std::string text(most_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad())
    throw ParseError(file + ": reading this file failed: " + std::generic_category().message(errno));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  text.shrink_to_fit();
  return text;
}

/// The parser would point at the first byte of what is no text, or print it.
void require_text(const std::string& text, const std::string& file) {
  const FileKind kind = kind_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  if (kind.form == FileKind::Form::text || (text.front() == '{' && text[1] != '\0')) return;
  const bool encoded = kind.what.find("UTF-") != std::string::npos;
  throw ParseError(file + ": this is " + kind.what + ", not an experiment file (JSON in UTF-8); " +
                   (encoded ? kind.advice : "name the file that holds the experiment"));
}

}  // namespace

Json parse_file(const std::string& file) {
  std::error_code failed;
  const auto status = std::filesystem::status(file, failed);
  if (!std::filesystem::status_known(status))
    throw ParseError(file + ": this file cannot be looked at: " + failed.message());
  if (!std::filesystem::exists(status)) throw ParseError(file + ": there is no such file");
  if (std::filesystem::is_directory(status))
    throw ParseError(file + ": this is a directory, not an experiment file");
  const std::string text = read(file);
  if (text.empty()) throw ParseError(file + ": this file is empty");
  require_text(text, file);
  if (text.size() > most_bytes) throw ParseError(file + ": this file is larger than 16 MiB");
  return parse(text, file);
}

}  // namespace innate::host
