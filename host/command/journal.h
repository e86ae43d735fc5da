// What a checkpoint holds: the runs' tables so far and the state of the cohort that is being trained. What
// runs of earlier cohorts have learned lies in a file of its own beside it (genomes_file.h), which changes
// seldom.
#pragma once

#include <innate/engine/cohort.h>

#include <cstdint>
#include <span>
#include <vector>

#include "host/results/run_table.h"

namespace innate::host {

struct Journal {
  /// Runs that were being trained together, by their numbers in the plan.
  struct Begun {
    std::vector<std::size_t> runs;
    engine::CohortState state;
  };
  std::vector<Begun> begun;  // more than one only where a process with less memory has cut a cohort
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
