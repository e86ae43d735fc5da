// The runs of a finished results folder with what each has learned: what `export`, `test` and pictures of
// weights begin with. No data set is needed.
#pragma once

#include <innate/engine/grown.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/command/plan.h"
#include "host/results/csv.h"
#include "host/results/genomes_file.h"

namespace innate::host {

/// Which of the runs; nothing named means all.
struct RunChoice {
  std::vector<std::string> variants;
  std::vector<std::size_t> runs;  // by number
};

class StoredRuns {
 public:
  /// Of an unfinished folder: nothing, or what there is by now.
  enum class Unfinished { refused, allowed };

  /// Throws ResultsError that says what to do where the folder is not finished or has no genomes.
  explicit StoredRuns(std::filesystem::path folder, Unfinished unfinished = Unfinished::refused);

  const std::filesystem::path& folder() const { return folder_; }
  /// `name`, `title` or `source` of the experiment; empty where it says none.
  std::string says(const char* key) const { return experiment_.resolved.value(key, std::string()); }
  /// Runs are numbered from 0, in the order of the experiment's points, then of replicas.
  std::size_t size() const { return plan_.rows.size(); }
  /// Variant, point, replica, seed and status; no results.
  const RunRow& row(std::size_t run) const { return plan_.rows[run]; }
  const Json& spec(std::size_t run) const { return plan_.points[run]->spec; }
  /// Whether there is a genome: not of runs that go on.
  bool has_genome(std::size_t run) const { return !genomes_[run].learned.empty(); }
  const StoredGenome& genome(std::size_t run) const { return genomes_[run]; }
  engine::Network network(std::size_t run) const;
  /// Grown anew in the context's memory.
  engine::Grown grow(Context& context, std::size_t run) const;

  /// The folder's runs.csv, and the number of the run's row in it.
  const Table& results() const { return results_; }
  std::size_t result_row(std::size_t run) const { return result_rows_[run]; }

  /// The numbers of the chosen runs, ascending. Throws ResultsError that names what there is.
  std::vector<std::size_t> chosen(const RunChoice& choice) const;

 private:
  void find_result_rows();

  std::filesystem::path folder_;
  Experiment experiment_;
  RunPlan plan_;
  std::vector<StoredGenome> genomes_;
  Table results_;
  std::vector<std::size_t> result_rows_;
};

/// "S-GEM, genome.genes = 26, replica 0": a run as messages and pictures name it.
std::string run_text(const RunRow& row);

}  // namespace innate::host
