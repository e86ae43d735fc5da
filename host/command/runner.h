// An experiment's runs, trained in one pool, with a checkpoint that another process can go on from.
#pragma once

#include <innate/engine/pool.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

#include "host/command/origins.h"
#include "host/command/run_record.h"
#include "host/command/runs.h"
#include "host/results/results_folder.h"

namespace innate::host {

class Runner {
 public:
  /// `context` must outlive the runner, and `experiment` too. `beside`: the folder of the experiment file,
  /// from which it names others.
  /// `memory`: bytes that the replicas in training may take; 0: most of what is free.
  Runner(const Experiment& experiment, Context& context, std::vector<std::filesystem::path> data_path,
         std::size_t memory, engine::Executor executor, std::filesystem::path beside = {});

  /// Loads the data and checks the experiment and the memory against it; throws before anything is written.
  void prepare();
  /// What the folder holds of the experiment's runs already, from which `train` goes on. Reads only; throws
  /// ResultsError where something there cannot be trusted, or was trained on other data.
  void read(const std::filesystem::path& folder);
  /// True: all runs have ended. False: interrupted, and a checkpoint was written to the folder.
  bool train(const ResultsFolder& folder);
  /// metrics.csv, runs.csv, summary.csv, and genes.csv where a genome has places, as they are by now.
  void write_tables(const std::filesystem::path& folder) const;
  /// genomes.bin, from what was there and from the checkpoint; after `train` has returned true.
  void write_genomes(const std::filesystem::path& folder) const;

  std::size_t runs() const { return runs_.rows.size(); }
  std::size_t runs_left() const { return left().size(); }
  const RunRow& row(std::size_t run) const { return runs_.rows[run]; }
  const engine::Replica& replica(std::size_t run) const { return replicas_[run]; }
  bool ended(std::size_t run) const { return records_[run].ended(); }
  /// That the run takes while it is in training, and that all of them together may take.
  std::size_t bytes(std::size_t run) const { return bytes_[run]; }
  std::size_t memory() const { return memory_; }
  /// Multiply-adds of one of its steps, which time grows with.
  double operations(std::size_t run) const { return operations_[run]; }
  engine::Executor executor() const { return executor_; }
  /// The digest of each data set, by its name.
  const std::map<std::string, std::string>& data() const { return tasks_.digests(); }
  /// The digest of what each results folder that runs start from has learned, by the folder's name.
  const std::map<std::string, std::string>& from() const { return origins_.digests(); }

 private:
  void read_specs();
  void make_fit();
  void check_memory() const;
  std::vector<std::size_t> left() const;
  void take_over(RunRecord record, const std::filesystem::path& file);
  void read_state(const std::filesystem::path& file);
  void take(const std::vector<std::size_t>& left, const std::vector<engine::TestResult>& results);
  void note_outcomes(const std::vector<std::size_t>& left, const engine::Pool& pool);
  void save(const ResultsFolder& folder, GrowingRecords* ended, const std::vector<std::size_t>& left,
            const engine::Pool& pool);
  Record head(const char* kind) const;
  std::int64_t total_work() const;
  std::int64_t work_done() const;

  const Experiment& experiment_;
  Context& context_;
  std::size_t memory_;
  engine::Executor executor_;
  Runs runs_;
  Tasks tasks_;
  Origins origins_;
  std::map<RunKey, std::vector<std::size_t>> by_key_;  // more than one where variants say the same
  std::vector<engine::Replica> replicas_;              // of every run, as all below
  std::vector<std::size_t> bytes_;
  std::vector<double> operations_;
  std::vector<RunRecord> records_;  // what an ended run has learned lies in a file
  std::vector<std::size_t> fresh_;  // runs that have ended and are not in a file yet
};

}  // namespace innate::host
