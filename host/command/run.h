// `innate run`: an experiment from its file to its results folder.
#pragma once

#include <innate/engine/pool.h>

#include <string>
#include <vector>

namespace innate::host {

struct RunOptions {
  std::string experiment;
  std::string out;  // empty: results/NAME
  std::vector<std::string> sets, data, variants;
  std::string device = "auto";
  int threads = 0;     // 0: what is allowed
  std::string memory;  // empty: most of what is free
  std::string executor = "auto";
  bool resume = false, verbose = false, dry_run = false;
  std::vector<std::string> command_line;
};

/// Returns the exit status; throws what its parts throw.
int run(const RunOptions& options);

}  // namespace innate::host
