// An experiment's runs, trained cohort after cohort, with a checkpoint that another process can go on from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "host/command/journal.h"
#include "host/command/plan.h"
#include "host/command/progress.h"
#include "host/results/checkpoint_file.h"
#include "host/results/results_folder.h"

namespace innate::host {

class Runner {
 public:
  /// `context` must outlive the runner, and `experiment` too.
  Runner(const Experiment& experiment, Context& context, std::vector<std::filesystem::path> data_path);

  /// Loads the data and checks the experiment against it; throws before anything is written.
  void prepare();
  /// Where results and checkpoints go; `resume`: goes on from the folder's checkpoint, where there is one.
  void use(const ResultsFolder& folder, bool resume);
  /// True: all runs have ended. False: interrupted, and a checkpoint was written.
  bool train();
  /// metrics.csv, runs.csv and summary.csv as they are by now.
  void write_tables() const;

  std::size_t runs() const { return plan_.rows.size(); }
  std::size_t cohorts() const { return plan_.cohorts.size(); }

 private:
  bool train_cohort(const CohortPlan& plan, ProgressLine* progress);
  std::int64_t train_slice(engine::Cohort* cohort, std::int64_t slice);
  void take(const CohortPlan& plan, const std::vector<engine::TestResult>& results);
  void note_outcomes(const CohortPlan& plan, const engine::Cohort& cohort);
  void save(const engine::Cohort& cohort);
  std::int64_t steps_done() const;

  Context& context_;
  RunPlan plan_;
  Tasks tasks_;
  CheckpointHeader header_;
  Journal journal_;
  const ResultsFolder* folder_ = nullptr;
  std::vector<std::int64_t> steps_;  // of a run of each cohort
  std::int64_t total_ = 0;           // of all runs
};

}  // namespace innate::host
