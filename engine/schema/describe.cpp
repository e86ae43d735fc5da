// The reference: the same table, as text.
#include <sstream>

#include "sentence.h"

namespace innate::engine {
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
