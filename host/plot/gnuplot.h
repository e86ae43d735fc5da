#pragma once

#include <string>
#include <string_view>

namespace innate::host {

/// Runs the program gnuplot on a script and returns what it wrote to its standard output. No shell takes
/// part, no start-up file of the user is read. Script and output go through files in memory, so a gnuplot
/// that ends early raises no SIGPIPE. Throws PlotError with gnuplot's own words where it is missing, fails or
/// writes nothing.
std::string run_gnuplot(std::string_view script);

}  // namespace innate::host
