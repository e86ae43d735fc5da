// An experiment's runs, trained cohort after cohort, with a checkpoint that another process can go on from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "host/command/journal.h"
#include "host/command/plan.h"
#include "host/command/progress.h"
#include "host/results/checkpoint_file.h"
#include "host/results/genomes_file.h"
#include "host/results/results_folder.h"

namespace innate::host {

class Runner {
 public:
  /// `context` must outlive the runner, and `experiment` too.
  /// `memory`: bytes that the replicas in training may take; 0: most of what is free.
  Runner(const Experiment& experiment, Context& context, std::vector<std::filesystem::path> data_path,
         std::size_t memory);

  /// Loads the data and checks the experiment and the memory against it; throws before anything is written.
  void prepare();
  /// Where results and checkpoints go; `resume`: goes on from the folder's checkpoint, where there is one.
  void use(const ResultsFolder& folder, bool resume);
  /// True: all runs have ended. False: interrupted, and a checkpoint was written.
  bool train();
  /// metrics.csv, runs.csv, summary.csv, and genes.csv where a genome has places, as they are by now.
  void write_tables() const;
  /// genomes.bin; after `train` has returned true.
  void write_genomes() const;

  std::size_t runs() const { return plan_.rows.size(); }
  std::size_t cohorts() const { return plan_.cohorts.size(); }

 private:
  /// Replicas that are trained together: a cohort of the plan, or as much of it as is left and fits in
  /// memory.
  struct Part {
    CohortPlan plan;
    std::optional<engine::CohortState> state;  // where it had begun
  };
  void count_bytes(const CohortPlan& cohort);
  void make_fit(CohortPlan* cohort);
  void check_memory() const;
  void cut(std::size_t cohort, const std::vector<std::size_t>& runs, const engine::CohortState* state,
           std::vector<Part>* parts) const;
  std::vector<Part> parts_left() const;
  void read_genomes();
  void keep_genomes(const CohortPlan& plan, const engine::Cohort& cohort);
  bool train_part(const Part& part, ProgressLine* progress);
  std::int64_t train_slice(engine::Cohort* cohort, std::int64_t slice);
  std::size_t cohort_of(std::size_t run) const;
  void take(const CohortPlan& plan, const std::vector<engine::TestResult>& results);
  void note_places(const CohortPlan& plan, const engine::Cohort& cohort,
                   const std::vector<engine::TestResult>& results);
  void note_outcomes(const CohortPlan& plan, const engine::Cohort& cohort);
  void save(const engine::Cohort& cohort);
  std::int64_t steps_done() const;

  Context& context_;
  std::size_t memory_;
  RunPlan plan_;
  Tasks tasks_;
  CheckpointHeader header_;
  Journal journal_;
  const ResultsFolder* folder_ = nullptr;
  std::vector<std::int64_t> steps_;    // of a run of each cohort
  std::vector<std::size_t> bytes_;     // of each run
  std::vector<StoredGenome> genomes_;  // of each run; learned: once its cohort has ended
  bool has_places_ = false;            // some run's genes have
  std::int64_t total_ = 0;             // of all runs
};

}  // namespace innate::host
