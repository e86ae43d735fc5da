#include "host/command/stored_runs.h"

#include <fmt/format.h>
#include <innate/engine/json.h>

#include <algorithm>
#include <map>
#include <set>

#include "host/command/process.h"
#include "host/results/file.h"
#include "host/results/results_folder.h"
#include "host/results/text.h"

namespace innate::host {

namespace {

namespace fs = std::filesystem;

/// The folder, once it is known to hold what may be asked of it.
fs::path checked(fs::path folder, StoredRuns::Unfinished unfinished) {
  const fs::path experiment = folder / results_name::experiment;
  if (!fs::is_regular_file(experiment))
    throw ResultsError(
        fmt::format("{}: is no results folder: it holds no {}", folder.string(), results_name::experiment));
  const bool finished = inspect(folder) == FolderState::finished;
  if (!finished && unfinished == StoredRuns::Unfinished::allowed) return folder;
  if (!finished)
    throw ResultsError(
        fmt::format("{}: its experiment is not finished; go on with the command that began it and --resume",
                    folder.string()));
  if (!fs::exists(folder / results_name::genomes))
    throw ResultsError(
        fmt::format("{}: holds no {}, which is gone, or an older innate wrote none; go on with the command "
                    "that began the folder and --resume, or run it "
                    "again: innate run {} --out ANOTHER_FOLDER",
                    folder.string(), results_name::genomes, experiment.string()));
  return folder;
}

/// In an unfinished folder, what has ended may lie in either, or in both.
std::vector<RecordFile> genomes_of(const fs::path& folder) {
  std::vector<RecordFile> files;
  for (const fs::path& file :
       {folder / results_name::genomes, folder / results_name::checkpoint / results_name::genomes})
    if (fs::exists(file)) files.emplace_back(file, "genomes");
  return files;
}

std::size_t column(const Table& table, const std::string& name, const fs::path& folder) {
  if (const auto at = find_column(table, name)) return *at;
  throw ResultsError(fmt::format("{}: has no column '{}'", (folder / results_name::runs).string(), name));
}

}  // namespace

StoredRuns::StoredRuns(fs::path folder, Unfinished unfinished)
    : folder_(checked(std::move(folder), unfinished)),
      experiment_(load_experiment((folder_ / results_name::experiment).string())),
      runs_(runs_of(experiment_)),
      genomes_(genomes_of(folder_)),
      results_(read_csv(folder_ / results_name::runs)) {
  find_records();
  find_result_rows();
}

void StoredRuns::find_records() {
  std::map<RunKey, std::pair<Entry, RunRecord>> stored;
  for (std::size_t file = 0; file < genomes_.size(); ++file)
    for (std::size_t i = 0; i < genomes_[file].size(); ++i) {
      RunRecord record = run_record(genomes_[file].read_front(i));
      stored[{runs_.now(record.point), record.seed}] = {{file, i}, std::move(record)};
    }
  const bool finished = inspect(folder_) == FolderState::finished;
  for (std::size_t run = 0; run < size(); ++run) {
    const auto found = stored.find(runs_.key(run));
    if (found == stored.end() && finished)
      throw ResultsError(
          fmt::format("{}: holds nothing of {}: it was cut off or damaged. Run the experiment again: innate "
                      "run {} --out ANOTHER_FOLDER",
                      (folder_ / results_name::genomes).string(), run_text(row(run)),
                      (folder_ / results_name::experiment).string()));
    entries_.push_back(found == stored.end() ? Entry{} : found->second.first);
    records_.push_back(found == stored.end() ? RunRecord{} : found->second.second);
  }
}

engine::Draw StoredRuns::numbers(std::size_t run) const {
  const Entry& entry = entries_[run];
  const RunRecord stored = run_record(genomes_[entry.file].read(entry.record));
  const auto array = [&stored](const char* name) -> const std::vector<float>* {
    for (const auto& each : stored.state.arrays)
      if (each.name == name) return &each.numbers;
    return nullptr;
  };
  const std::vector<float>*frozen = array("frozen"), *scale = array("scale");
  if (frozen && scale) return {stored.state.learned(), *frozen, *scale};
  engine::Draw numbers =
      engine::genome_from_json(spec(run).at("genome"))->draw(network(run), records_[run].seed);
  numbers.learned = stored.state.learned();
  return numbers;
}

/// Rows of runs.csv are found by what they say of themselves: everything up to the replica.
void StoredRuns::find_result_rows() {
  const std::size_t replica = column(results_, "replica", folder_),
                    status = column(results_, "status", folder_);
  std::map<std::vector<std::string>, std::size_t> rows;
  for (std::size_t i = 0; i < results_.rows.size(); ++i)
    rows[{results_.rows[i].begin(), results_.rows[i].begin() + static_cast<std::ptrdiff_t>(replica + 1)}] = i;
  for (RunRow& row : runs_.rows) {
    std::vector<std::string> key(replica + 1);
    key.front() = row.variant;
    key.back() = std::to_string(row.replica);
    for (const auto& [path, value] : row.point)
      key[std::min(column(results_, path, folder_), replica)] = value;
    const auto found = rows.find(key);
    if (found == rows.end())
      throw ResultsError(
          fmt::format("{}: has no row of {}", (folder_ / results_name::runs).string(), run_text(row)));
    result_rows_.push_back(found->second);
    row.status = results_.rows[found->second][status];
  }
}

engine::Network StoredRuns::network(std::size_t run) const {
  const RunRecord& record = records_[run];
  return engine::network_from_json(spec(run).at("network"), record.height, record.width, record.channels);
}

engine::Grown StoredRuns::grow(Context& context, std::size_t run) const {
  return engine::Grown(context, engine::genome_from_json(spec(run).at("genome")), network(run),
                       records_[run].seed, numbers(run), records_[run].density);
}

std::vector<std::size_t> StoredRuns::chosen(const RunChoice& choice) const {
  std::set<std::size_t> numbers(choice.runs.begin(), choice.runs.end());
  if (!numbers.empty() && *numbers.rbegin() >= size())
    throw UsageError(fmt::format("{}: has no run {}; its runs are 0 to {}", folder_.string(),
                                 *numbers.rbegin(), size() - 1));
  std::vector<std::string> names;
  for (const RunRow& row : runs_.rows)
    if (names.empty() || names.back() != row.variant) names.push_back(row.variant);
  for (const std::string& name : choice.variants) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw UsageError(fmt::format("{}: has no variant '{}'; it has {}{}", folder_.string(), name,
                                   quoted_list(names), engine::did_you_mean(name, names)));
    }
    for (std::size_t run = 0; run < size(); ++run)
      if (row(run).variant == name) numbers.insert(run);
  }
  if (choice.runs.empty() && choice.variants.empty())
    for (std::size_t run = 0; run < size(); ++run) numbers.insert(run);
  return {numbers.begin(), numbers.end()};
}

}  // namespace innate::host
