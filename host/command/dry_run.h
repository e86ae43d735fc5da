// `innate run --dry-run`: what would run, how large it is and about how long it takes.
#pragma once

#include <innate/kernels/context.h>

#include "host/command/runner.h"

namespace innate::host {

/// Prints a row for each point, and what all of them come to. Times are measured: a few points are trained
/// for a fraction of a second each, on the CPU by one thread and in the time that it alone was busy; the
/// others' lie between theirs. `reading`: seconds that the data took.
void show_plan(const Experiment& experiment, const Runner& runner, Context& context, double reading);

}  // namespace innate::host
