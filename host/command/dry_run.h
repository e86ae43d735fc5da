// `innate run --dry-run`: what would run, how large it is and about how long it takes.
#pragma once

#include <innate/kernels/context.h>

#include "host/command/runner.h"

namespace innate::host {

/// Prints a row for each point, and what all of them come to. Times are measured: a few points are trained
/// for a fraction of a second each, as many runs at once as there will be; the others' lie between theirs.
void show_plan(const Experiment& experiment, const Runner& runner, Context& context);

}  // namespace innate::host
