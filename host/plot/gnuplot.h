#pragma once

#include <string>
#include <string_view>

namespace innate::host {

/// Runs the program gnuplot on a script and returns what it wrote to its standard output. No start-up file of
/// the user is read, and nothing of the environment that would change the picture. Throws PlotError with
/// gnuplot's own words where it is missing, fails or writes nothing.
std::string run_gnuplot(std::string_view script);

}  // namespace innate::host
