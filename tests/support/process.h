// Another program, run as a user runs it: standard input empty, output and errors kept apart.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace innate::test {

/// What to run, and in which surroundings.
struct Invocation {
  std::filesystem::path file;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::optional<std::string>>> environment = {};  // set, or taken away
  std::filesystem::path folder = {};      // working directory; empty: this process's
  std::vector<int> closed_streams = {};   // of 0, 1 and 2: not open at all when the program starts
  std::vector<int> ignored_signals = {};  // all others have their default effect
  std::filesystem::path output = {};      // standard output goes here; empty: it is kept
};

/// How it ended.
struct Ending {
  int status = -1;  // exit status; -1 where a signal ended it
  int signal = 0;   // that ended it
  bool timed_out = false;
  double seconds = 0;
  std::string out, err;
};

/// One running program. It is killed and waited for when the object goes.
class Process {
 public:
  explicit Process(const Invocation& program);
  Process(const Process&) = delete;
  ~Process();

  pid_t id() const { return child_; }
  void send(int signal) const;
  /// What it has written so far.
  std::string out() const;
  std::string err() const;
  /// Whether it ended within the time.
  bool ends_within(double seconds);
  /// Waits for its end; kills it after `seconds`, which is for programs that hang.
  Ending wait(double seconds = 600);

 private:
  double age() const;

  pid_t child_ = -1;
  int end_ = -1, out_ = -1, err_ = -1;  // pidfd; files without names that hold what it writes
  double begun_ = 0;
};

/// Runs it to its end.
Ending run(const Invocation& program, double seconds = 600);

/// Sends the signal after `delay` seconds, unless it ended before.
Ending run_and_signal(const Invocation& program, double delay, int signal, double seconds = 600);

}  // namespace innate::test
