#include "host/results/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <stdexcept>

#include "host/results/file.h"

namespace innate::host {
namespace {

using Record = std::vector<std::string>;

bool needs_quotes(std::string_view cell) {
  return cell.find_first_of(",\"\r\n") != cell.npos || cell.starts_with(' ') || cell.ends_with(' ');
}

void append_cell(std::string& text, std::string_view cell) {
  if (!needs_quotes(cell)) {
    text += cell;
    return;
  }
  text += '"';
  for (const char c : cell) text.append(c == '"' ? 2 : 1, c);
  text += '"';
}

void append_record(std::string& text, const Record& record) {
  for (std::size_t i = 0; i < record.size(); ++i) {
    if (i > 0) text += ',';
    append_cell(text, record[i]);
  }
  if (record.size() == 1 && record[0].empty())
    text += "\"\"";  // an empty line would be skipped by some readers
  text += '\n';
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& file) : text_(text), file_(file) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  bool at_end() const { return at_ == text_.size(); }

  Record record() {
    record_line_ = line_;
    Record cells;
    do {
      cells.push_back(peek() == '"' ? quoted_cell() : plain_cell());
    } while (take_comma());
    take_line_end();
    return cells;
  }

  [[noreturn]] void fail(int line, const std::string& what) const {
    throw ResultsError(fmt::format("{}:{}: {}", file_, line, what));
  }
  int record_line() const { return record_line_; }

 private:
  char peek() const { return at_end() ? '\0' : text_[at_]; }

  std::string plain_cell() {
    const std::size_t end = std::min(text_.find_first_of(",\"\r\n", at_), text_.size());
    std::string cell(text_.substr(at_, end - at_));
    at_ = end;
    if (peek() == '"') fail(line_, "a quote inside a cell that does not start with one");
    return cell;
  }

  std::string quoted_cell() {
    const int opened = line_;
    std::string cell;
    for (++at_;; ++at_) {
      if (at_end()) fail(opened, "a quoted cell starts here and never ends; the file may be cut off");
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell += text_[at_];
      } else if (text_.substr(at_, 2) == "\"\"") {
        cell += '"';
        ++at_;
      } else {
        break;
      }
    }
    ++at_;
    return cell;
  }

  bool take_comma() {
    if (peek() != ',' || at_end()) return false;
    ++at_;
    return true;
  }

  void take_line_end() {
    if (at_end()) return;
    if (text_.substr(at_, 2) == "\r\n") ++at_;
    if (text_[at_] != '\n')
      fail(line_,
           text_[at_] == '\r' ? "a carriage return without a line feed" : "text after a closing quote");
    ++at_;
    ++line_;
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
  int line_ = 1, record_line_ = 1;
};

void refuse_duplicates(const Reader& reader, const Record& columns) {
  std::set<std::string> seen;
  for (const auto& column : columns)
    if (!seen.insert(column).second) reader.fail(1, fmt::format("the column '{}' occurs twice", column));
}

}  // namespace

std::string csv_text(const Table& table) {
  std::string text;
  append_record(text, table.columns);
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size())
      throw std::invalid_argument(
          fmt::format("a CSV row has {} cells, the header has {}", row.size(), table.columns.size()));
    append_record(text, row);
  }
  return text;
}

void write_csv(const std::filesystem::path& file, const Table& table) { write_file(file, csv_text(table)); }

Table parse_csv(std::string_view text, const std::string& file) {
  Reader reader(text, file);
  if (reader.at_end()) reader.fail(1, "the file is empty: a header line is missing");
  Table table;
  table.columns = reader.record();
  refuse_duplicates(reader, table.columns);
  while (!reader.at_end()) {
    Record row = reader.record();
    if (row.size() != table.columns.size())
      reader.fail(reader.record_line(),
                  fmt::format("{} cells, but the header has {}", row.size(), table.columns.size()));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table read_csv(const std::filesystem::path& file) { return parse_csv(read_file(file), file.string()); }

std::optional<std::size_t> find_column(const Table& table, std::string_view name) {
  const auto at = std::find(table.columns.begin(), table.columns.end(), name);
  if (at == table.columns.end()) return std::nullopt;
  return static_cast<std::size_t>(at - table.columns.begin());
}

std::string number(double value) {
  if (std::isnan(value)) return "nan";  // without the sign, which says nothing
  char text[32];
  const bool whole =
      std::abs(value) < 1e15 && value == std::trunc(value) && !(value == 0 && std::signbit(value));
  const auto end = whole ? std::to_chars(text, text + sizeof text, static_cast<long long>(value))
                         : std::to_chars(text, text + sizeof text, value);
  return std::string(text, end.ptr);
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

}  // namespace innate::host
