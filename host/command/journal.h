// What a checkpoint holds: the runs' tables so far and the state of the cohort that is being trained.
#pragma once

#include <innate/engine/cohort.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "host/results/run_table.h"

namespace innate::host {

struct Journal {
  std::size_t cohort = 0;                    // the one that is being trained, by its number in the plan
  std::optional<engine::CohortState> state;  // absent: that cohort has not begun
  std::vector<MetricRow> metrics;
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
