// `innate plot`: pictures of results folders.
#pragma once

#include <string>
#include <vector>

#include "host/command/stored_runs.h"

namespace innate::host {

struct PlotOptions {
  std::vector<std::string> folders;
  std::string out;             // stem; empty: WHAT in the first folder
  std::string what = "curve";  // curve, weights, genes
  std::string x, y;            // curve: linear, log; empty: as the experiment's figure says
  RunChoice choice;            // weights, genes; empty: the last point of every variant, replica 0
};

/// curve: how good the folders' points are (host/plot/picture.h). weights: what each output looks at, of
/// chosen runs. genes: the paths of the genes' centres during training, of chosen points. Writes OUT.svg and
/// OUT.png. Returns the exit status; throws what its parts throw.
int plot_folders(const PlotOptions& options);

}  // namespace innate::host
