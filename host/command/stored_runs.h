// The runs of a finished results folder with what each has learned: what `export`, `test` and pictures of
// weights begin with. No data set is needed.
#pragma once

#include <innate/engine/grown.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/command/run_record.h"
#include "host/command/runs.h"
#include "host/results/csv.h"

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
  std::size_t size() const { return runs_.rows.size(); }
  /// Variant, point, replica, seed and status; no results.
  const RunRow& row(std::size_t run) const { return runs_.rows[run]; }
  const Json& spec(std::size_t run) const { return runs_.points[run]->spec; }
  /// Whether there is a genome: not of runs that go on.
  bool has_genome(std::size_t run) const { return entries_[run].file != none; }
  /// What genomes.bin holds of it, but for what it has learned, which lies in the file until it is asked for.
  const RunRecord& record(std::size_t run) const { return records_[run]; }
  /// What it has learned, with its frozen numbers and scales.
  engine::Draw numbers(std::size_t run) const;
  engine::Network network(std::size_t run) const;
  /// Grown anew in the context's memory.
  engine::Grown grow(Context& context, std::size_t run) const;

  /// The folder's runs.csv, and the number of the run's row in it.
  const Table& results() const { return results_; }
  std::size_t result_row(std::size_t run) const { return result_rows_[run]; }

  /// The numbers of the chosen runs, ascending. Throws UsageError that names what there is.
  std::vector<std::size_t> chosen(const RunChoice& choice) const;

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  struct Entry {
    std::size_t file = none, record = 0;
  };
  void find_records();
  void find_result_rows();

  std::filesystem::path folder_;
  Experiment experiment_;
  Runs runs_;
  std::vector<RecordFile> genomes_;
  std::vector<RunRecord> records_;  // of each run,
  std::vector<Entry> entries_;      // and where it lies
  Table results_;
  std::vector<std::size_t> result_rows_;
};

}  // namespace innate::host
