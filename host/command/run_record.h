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
  std::string status = "running";
  std::int64_t progress = 0;
  int height = 0, width = 0, channels = 1;  // of its images
  double density = 1;                       // share of the training images' pixels that are not 0
  std::vector<MetricRow> metrics;           // `run` means nothing here
  std::vector<GeneRow> genes;
  engine::ReplicaState state;  // what it has learned alone, once it has ended; nothing, before it has begun

  bool ended() const { return status != "running"; }
};

Record to_record(const RunRecord& run);
/// Throws ResultsError where that is no record of a run.
RunRecord run_record(const Record& record);

}  // namespace innate::host
