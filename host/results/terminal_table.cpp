#include "host/results/terminal_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/results/run_table.h"

namespace innate::host {
namespace {

// One column as it is shown; lines[0] is the header.
struct ShownColumn {
  std::vector<std::string> lines;
  bool numeric = true;
};

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));  // UTF-8 code points
}

std::string shown_number(const std::string& column, double value) {
  if (!std::isfinite(value)) return number(value);
  if (is_share(column)) return fmt::format("{:.2f} %", 100 * value);
  if (column == "percent") return fmt::format("{:.2f} %", value);
  return value == std::trunc(value) && std::abs(value) < 1e15 ? number(value) : fmt::format("{:.4g}", value);
}

std::string shown_text(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

ShownColumn shown(const Table& table, std::size_t column) {
  const std::string& name = table.columns[column];
  ShownColumn result{{shown_text(name)}, true};
  for (const auto& row : table.rows) {
    const std::string& cell = row[column];
    const auto value = parse_number(cell);
    if (!cell.empty() && !value) result.numeric = false;
    result.lines.push_back(cell.empty()              ? "-"
                           : value && name != "seed" ? shown_number(name, *value)
                                                     : shown_text(cell));
  }
  return result;
}

std::string aligned(const std::string& text, std::size_t to, bool right) {
  const std::string blanks(to - width(text), ' ');
  return right ? blanks + text : text + blanks;
}

}  // namespace

std::string terminal_table(const Table& table, std::span<const std::string> columns) {
  std::vector<std::string> lines(table.rows.size() + 1);
  for (const auto& name : columns) {
    const auto at = find_column(table, name);
    if (!at) continue;
    const ShownColumn column = shown(table, *at);
    std::size_t widest = 0;
    for (const auto& line : column.lines) widest = std::max(widest, width(line));
    for (std::size_t i = 0; i < lines.size(); ++i)
      lines[i] += (lines[i].empty() ? "" : "  ") + aligned(column.lines[i], widest, column.numeric);
  }
  std::string text;
  for (auto& line : lines) text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  return text;
}

}  // namespace innate::host
