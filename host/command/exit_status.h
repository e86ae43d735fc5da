// The exit statuses of the command line.
#pragma once

namespace innate::host {

enum ExitStatus { kDone = 0, kFailed = 1, kBadUsage = 2, kInterrupted = 130 };

}  // namespace innate::host
