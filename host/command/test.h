// `innate test`: stored genomes, tested on images of any origin.
#pragma once

#include <string>
#include <vector>

#include "host/command/stored_runs.h"

namespace innate::host {

struct TestOptions {
  std::string folder;
  RunChoice choice;
  std::vector<std::string> data;  // folders as for `run`, or two IDX files: images, labels
  std::string on;                 // a set's name; empty: the one that a run was trained on
  std::string out;                // a CSV file; empty: none
  std::string device = "auto";
  int threads = 0;  // 0: what is allowed
};

/// Grows the network of every chosen run and tests it on all test images of the set. Prints a row for each
/// run, then mean and sd of each point (runs that diverged are left out of these). On the set of its training
/// a run has the accuracy of its last test in metrics.csv, to the last digit, where that test took all
/// images.
///
/// `data` names a folder that holds the set in a folder of its own, or that is the set (under any name, where
/// `on` is not given), or two IDX files. Where the experiment takes some classes of its set, so does the
/// test. Returns the exit status; throws what its parts throw.
int test_runs(const TestOptions& options);

}  // namespace innate::host
