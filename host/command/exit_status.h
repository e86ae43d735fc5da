// The exit statuses of the command line.
#pragma once

#include <stdexcept>

namespace innate::host {

enum ExitStatus { kDone = 0, kFailed = 1, kBadUsage = 2, kInterrupted = 130 };

/// What was asked for cannot be meant: an option that is wrong by itself, with another, or for what the data
/// or folder holds. Ends with kBadUsage.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace innate::host
