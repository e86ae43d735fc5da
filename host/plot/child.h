// The programs that draw: gnuplot, and fc-list that says what fonts can.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace innate::host {

/// A picture cannot be drawn. The text says why and what to do.
struct PlotError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a program left when it had ended.
struct ChildEnding {
  std::string output, errors;
  std::string problem;  // how it ended, where it did not end well; empty for exit status 0
};

/// The environment that a program which draws is given: what it needs of ours to find itself, its libraries,
/// its fonts and their caches, and a locale of its own. All else stays out: GNUTERM and GNUPLOT_LIB, locales
/// with a decimal comma, FC_DEBUG that writes into pictures.
std::vector<std::string> drawing_environment();

/// Runs a program, found by PATH, on a standard input. No shell takes part. Input and output go through files
/// in memory, so a program that ends early raises no SIGPIPE. Throws PlotError where it cannot be started.
ChildEnding run_child(std::vector<std::string> command, std::string_view input);

/// Runs the program gnuplot on a script and returns what it wrote to its standard output. No start-up file of
/// the user is read, and nothing of the environment that would change the picture. Throws PlotError with
/// gnuplot's own words where it is missing, fails or writes nothing.
std::string run_gnuplot(std::string_view script);

}  // namespace innate::host
