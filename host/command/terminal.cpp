#include "host/command/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "host/results/csv.h"
#include "host/results/run_table.h"
#include "host/results/text.h"

namespace innate::host {

namespace {

int first_error = 0;

void note(bool failed) {
  if (failed && first_error == 0) first_error = errno;
}

}  // namespace

void say(std::string_view line) { std::fputs((std::string(line) + "\n").c_str(), stderr); }

void show(std::string_view text) { note(std::fwrite(text.data(), 1, text.size(), stdout) < text.size()); }

int output_error() {
  note(std::fflush(stdout) != 0);
  return first_error == EPIPE || first_error == EIO ? 0 : first_error;
}

// ---- tables

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

// ---- progress

std::string duration_text(double seconds) {
  const auto s = static_cast<long long>(std::llround(std::max(0.0, seconds)));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

std::size_t terminal_width(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  const double said = columns ? parse_number(columns).value_or(0) : 0;
  return said >= 1 && said <= 10000 ? static_cast<std::size_t>(said) : 80;
}

ProgressLine::ProgressLine(std::int64_t total, std::int64_t done)
    : total_(std::max<std::int64_t>(total, 1)), begun_at_(done), terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() { end_line(); }

void ProgressLine::show(std::int64_t done, const std::string& what) {
  const auto now = Clock::now();
  if (now - shown_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000))) return;
  shown_ = now;
  const double share = static_cast<double>(done) / static_cast<double>(total_);
  const double elapsed = std::chrono::duration<double>(now - begun_).count();
  const std::int64_t gained = done - begun_at_;
  const std::string left =
      gained > 0 ? duration_text(elapsed * static_cast<double>(total_ - done) / static_cast<double>(gained)) +
                       " left  "
                 : "";
  const std::string line = fmt::format("{:5.1f} %  {}{}", 100 * share, left, what);
  // A line that fills the terminal would wrap, and what is written over it next would not reach its start.
  std::fputs((terminal_ ? "\r\033[K" + fitted(line, terminal_width(STDERR_FILENO) - 1) : line + "\n").c_str(),
             stderr);  // a full disk behind it stops no run
  std::fflush(stderr);
  open_ = terminal_;
}

void ProgressLine::end_line() {
  if (open_) std::fputs("\r\033[K", stderr);
  open_ = false;
}

}  // namespace innate::host
