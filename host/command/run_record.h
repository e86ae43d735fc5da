// What outlives the process of one run: its results so far, and what it has learned, or (while it is in
// training) the state that training goes on from.
#pragma once

#include <innate/engine/pool.h>

#include <cstdint>
#include <string>
#include <vector>

#include "host/results/records.h"
#include "host/results/run_table.h"

namespace innate::host {

struct RunRecord {
  std::string point;  // its identity (host/experiment/identity.h)
  std::uint64_t seed = 0;
  std::string data;  // digest of the set that it is trained on
  std::string from;  // digest of the numbers that it started with; empty where its genome was drawn
  std::string status = "running";
  std::int64_t progress = 0;
  int height = 0, width = 0, channels = 1;  // of its images
  double density = 1;                       // share of the training images' pixels that are not 0
  engine::Standard standard = {};           // of its images; empty: unit
  std::vector<MetricRow> metrics;           // `run` means nothing here
  std::vector<GeneRow> genes;
  engine::ReplicaState state;  // once it has ended, what it has learned (and what else is not from its seed)
                               // alone; nothing, before it has begun

  bool ended() const { return status != "running"; }
};

/// As a record named "run" (`s` a text, `i` integers, `d` doubles, `f` floats):
///   point s, seed i, data s, status s, progress i   as above
///   from s                                          as above; only where it is not empty
///   image.size i, image.density d                   height, width, channels; density
///   image.mean d, image.sd d                        one a channel, only where they are standardised
///   metrics.names s, metrics.which i,               a name a line; of each value the number of its name,
///     metrics.at i, metrics.values d                when it was measured, and the value
///   genes.at i, genes.places d                      of each noted place when, channel, gene; row, column,
///                                                   width. Both only where places are noted
///   state.counters i, state.sums d                  steps, tests, last test, tests without progress; best
///                                                   and sum of losses. Both only in training
///   state.arrays.NAME f                             `learned` first; in training what the optimizer keeps
///   too; `frozen` and `scale` where these are not from the seed
/// Heads: `build`, `backend` and `experiment` s (records.h), a checkpoint's `runs` i: how many are in it, and
/// how many had ended when it was written.
Record to_record(const RunRecord& run);
/// Throws ResultsError where that is no record of a run. Of a record's front, `state.arrays` are empty.
RunRecord run_record(const Record& record);

}  // namespace innate::host
