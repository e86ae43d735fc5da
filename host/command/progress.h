// How far a run is, for people: one line that is written over on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace innate::host {

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

}  // namespace innate::host
