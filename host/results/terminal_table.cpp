#include "host/results/terminal_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/results/run_table.h"
#include "host/results/text.h"

namespace innate::host {
namespace {

constexpr std::size_t longest_cell = 40;  // columns of the terminal

// One column as it is shown; lines[0] is the header.
struct ShownColumn {
  std::vector<std::string> lines;
  bool right = true;
};

std::string shown_number(const std::string& column, const std::string& cell, double value) {
  if (!std::isfinite(value)) return cell;
  if (is_share(column)) return fmt::format("{:.2f} %", 100 * value);
  if (column == "percent") return fmt::format("{:.2f} %", value);
  return value == std::trunc(value) ? cell : fmt::format("{:.4g}", value);
}

ShownColumn shown(const Table& table, std::size_t column) {
  const std::string& name = table.columns[column];
  const bool result = is_result(name);
  ShownColumn shown{{fitted_name(name, longest_cell)}, name != "variant"};
  for (const auto& row : table.rows) {
    const std::string& cell = row[column];
    const auto value = parse_number(cell);
    if (!cell.empty() && !value)
      shown.right = false;  // a point's values stand to the right if all are numbers
    shown.lines.push_back(cell.empty()      ? "-"
                          : result && value ? shown_number(name, cell, *value)
                                            : fitted_name(cell, longest_cell));
  }
  return shown;
}

std::string aligned(const std::string& text, std::size_t to, bool right) {
  const std::string blanks(to - terminal_columns(text), ' ');
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
    for (const auto& line : column.lines) widest = std::max(widest, terminal_columns(line));
    for (std::size_t i = 0; i < lines.size(); ++i)
      lines[i] += (lines[i].empty() ? "" : "  ") + aligned(column.lines[i], widest, column.right);
  }
  std::string text;
  for (auto& line : lines) text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  return text;
}

}  // namespace innate::host
