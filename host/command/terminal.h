// What is said to people: lines, tables, and how far a run is. A terminal or a pipe that goes away, or a full
// disk behind it, stops no work.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "host/results/csv.h"

namespace innate::host {

/// A line to the standard error.
void say(std::string_view line);
/// To the standard output.
void show(std::string_view text);

/// What went wrong with the standard output, as an errno; 0 where all has been written, or nobody is left to
/// read it (a closed pipe, a terminal that is gone).
int output_error();

/// How far a run is: one line that is written over on a terminal, plain lines elsewhere.
class ProgressLine {
 public:
  /// `total`: steps of all replicas. `done`: of them, before this process began.
  ProgressLine(std::int64_t total, std::int64_t done);
  ~ProgressLine();

  /// `what`: the variant and how far it is. Throttled: few lines reach the terminal or the log.
  void show(std::int64_t done, const std::string& what);
  /// Ends the line that is being written over, so that other text can follow.
  void end_line();

 private:
  using Clock = std::chrono::steady_clock;
  std::int64_t total_, begun_at_;
  bool terminal_, open_ = false;
  Clock::time_point begun_ = Clock::now(), shown_{};
};

/// How many columns the terminal behind a descriptor has; where it does not say, COLUMNS of the environment,
/// or 80.
std::size_t terminal_width(int descriptor);

/// "0:07", "3:25", "2:03:11".
std::string duration_text(double seconds);

/// The named columns (those that the table has, in the order asked for) as aligned text lines for people.
/// Results (run_table.h) to the right, with four significant digits, accuracies and `percent` in %; what says
/// which run it is (variant, point) as it stands, and as much of it as a line has room for. An empty cell is
/// "-".
std::string terminal_table(const Table& table, std::span<const std::string> columns);

}  // namespace innate::host
