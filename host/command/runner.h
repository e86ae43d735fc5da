// An experiment's runs, trained in one pool, with a checkpoint that another process can go on from.
#pragma once

#include <innate/engine/pool.h>

#include <cstdint>
#include <filesystem>
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
         std::size_t memory, engine::Executor executor);

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

 private:
  void read_specs();
  void make_fit();
  void check_memory() const;
  std::vector<std::size_t> runs_left() const;
  void read_genomes();
  void take(const std::vector<std::size_t>& left, const std::vector<engine::TestResult>& results);
  void note_outcomes(const std::vector<std::size_t>& left, const engine::Pool& pool);
  void save(const std::vector<std::size_t>& left, const engine::Pool& pool);
  std::int64_t total_steps() const;
  std::int64_t steps_done() const;

  Context& context_;
  std::size_t memory_;
  engine::Executor executor_;
  RunPlan plan_;
  Tasks tasks_;
  CheckpointHeader header_;
  Journal journal_;
  const ResultsFolder* folder_ = nullptr;
  std::vector<engine::Replica> replicas_;  // of every run
  std::vector<std::size_t> bytes_;         // that each run takes while it is in training
  std::vector<StoredGenome> genomes_;      // of each run; learned: once it has ended
  bool genomes_changed_ = false;           // since they were written
};

}  // namespace innate::host
