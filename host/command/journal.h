// What a checkpoint holds: the runs' tables so far and the state of the runs that are being trained. What
// those that have ended have learned lies in a file of its own beside it (genomes_file.h).
#pragma once

#include <innate/engine/pool.h>

#include <cstdint>
#include <span>
#include <vector>

#include "host/results/run_table.h"

namespace innate::host {

struct Journal {
  /// A run that has begun and not ended, by its number in the plan.
  struct Begun {
    std::size_t run;
    engine::ReplicaState state;
  };
  std::vector<Begun> begun;
  std::vector<MetricRow> metrics;
  std::vector<GeneRow> genes;
  struct Outcome {
    std::string status;
    std::int64_t progress = 0;
  };
  std::vector<Outcome> outcomes;  // of every run
};

std::vector<std::uint8_t> journal_bytes(const Journal& journal);
/// Throws ResultsError where the bytes are not a journal.
Journal read_journal(std::span<const std::uint8_t> bytes);

}  // namespace innate::host
