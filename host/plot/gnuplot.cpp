#include "host/plot/gnuplot.h"

#include <fmt/format.h>

#include "host/plot/child.h"
#include "host/plot/error.h"
#include "host/results/text.h"

namespace innate::host {
namespace {

constexpr std::string_view advice = "pictures need gnuplot (apt-get install gnuplot-nox)";

ChildEnding ending_of(std::string_view script) {
  try {
    return run_child({"gnuplot", "-d"}, script);  // -d: no start-up files
  } catch (const PlotError& error) {
    throw PlotError(fmt::format("{}; {}", error.what(), advice));
  }
}

}  // namespace

std::string run_gnuplot(std::string_view script) {
  ChildEnding ending = ending_of(script);
  if (ending.problem.empty() && ending.output.empty()) ending.problem = "it wrote nothing";
  if (!ending.problem.empty())
    throw PlotError(
        fmt::format("gnuplot failed ({}): {}; {}", ending.problem, printable(ending.errors, 2000), advice));
  return std::move(ending.output);
}

}  // namespace innate::host
