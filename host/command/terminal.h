// What is said to people. A terminal or a pipe that goes away, or a full disk behind it, stops no work.
#pragma once

#include <string_view>

namespace innate::host {

/// A line to the standard error.
void say(std::string_view line);
/// To the standard output.
void show(std::string_view text);

/// What went wrong with the standard output, as an errno; 0 where all has been written, or nobody is left to
/// read it (a closed pipe, a terminal that is gone).
int output_error();

}  // namespace innate::host
