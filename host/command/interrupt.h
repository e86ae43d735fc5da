// Ctrl-C asks the run to stop at the next boundary; a second one ends the process at once.
#pragma once

namespace innate::host {

/// From now on SIGINT, SIGTERM and SIGHUP (a terminal that goes away) are noted instead of ending the
/// process; a second SIGINT ends it. One that was ignored stays so.
void watch_for_interrupt();
bool interrupted();

}  // namespace innate::host
