// How the process ends: its exit statuses, and Ctrl-C, which asks a run to stop at its next boundary.
#pragma once

#include <stdexcept>

namespace innate::host {

enum ExitStatus { kDone = 0, kFailed = 1, kBadUsage = 2, kInterrupted = 130 };

/// What was asked for cannot be meant: an option that is wrong by itself, with another, or for what the data
/// or folder holds. Ends with kBadUsage.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// From now on SIGINT, SIGTERM and SIGHUP (a terminal that goes away) are noted instead of ending the
/// process; a second SIGINT ends it. One that was ignored stays so.
void watch_for_interrupt();
bool interrupted();

}  // namespace innate::host
