#include "host/command/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "host/results/csv.h"
#include "host/results/text.h"

namespace innate::host {

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
