#include "host/command/stored_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "host/results/atomic_file.h"
#include "host/results/error.h"
#include "host/results/results_folder.h"
#include "host/results/sha256.h"
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
  const bool finished = inspect(folder, read_file(experiment)) == FolderState::finished;
  if (!finished && unfinished == StoredRuns::Unfinished::allowed) return folder;
  if (!finished)
    throw ResultsError(
        fmt::format("{}: its experiment is not finished; go on with the command that began it and --resume",
                    folder.string()));
  if (!fs::exists(folder / results_name::genomes))
    throw ResultsError(fmt::format(
        "{}: holds no {}, since an older innate wrote it; run it again: innate run {} --out ANOTHER_FOLDER",
        folder.string(), results_name::genomes, experiment.string()));
  return folder;
}

/// Of experiment.json as it stands, which may lack fields that this build knows: its own digest, not that of
/// the experiment as this build would write it.
std::string digest_of(const fs::path& folder) {
  return sha256_hex(Json::parse(read_file(folder / results_name::experiment)).dump());
}

/// Of an unfinished folder those of the runs that have ended; the others' hold nothing.
std::vector<StoredGenome> genomes_of(const fs::path& folder, std::size_t runs) {
  for (const fs::path& file :
       {folder / results_name::genomes, folder / results_name::checkpoint / results_name::genomes})
    if (fs::exists(file)) return read_genomes(file, digest_of(folder));
  return std::vector<StoredGenome>(runs);
}

std::size_t column(const Table& table, const std::string& name, const fs::path& folder) {
  if (const auto at = find_column(table, name)) return *at;
  throw ResultsError(fmt::format("{}: has no column '{}'", (folder / results_name::runs).string(), name));
}

}  // namespace

std::string run_text(const RunRow& row) {
  std::string text = short_name(row.variant);
  for (const auto& [path, value] : row.point) text += fmt::format(", {} = {}", path, short_name(value));
  return text + fmt::format(", replica {}", row.replica);
}

StoredRuns::StoredRuns(fs::path folder, Unfinished unfinished)
    : folder_(checked(std::move(folder), unfinished)),
      experiment_(load_experiment((folder_ / results_name::experiment).string())),
      plan_(plan_runs(experiment_)),
      genomes_(genomes_of(folder_, size())),
      results_(read_csv(folder_ / results_name::runs)) {
  if (genomes_.size() != size())
    throw ResultsError(fmt::format("{}: holds {} genomes, the experiment has {} runs; run it again",
                                   (folder_ / results_name::genomes).string(), genomes_.size(), size()));
  find_result_rows();
}

/// Rows of runs.csv are found by what they say of themselves: everything up to the replica.
void StoredRuns::find_result_rows() {
  const std::size_t replica = column(results_, "replica", folder_),
                    status = column(results_, "status", folder_);
  std::map<std::vector<std::string>, std::size_t> rows;
  for (std::size_t i = 0; i < results_.rows.size(); ++i)
    rows[{results_.rows[i].begin(), results_.rows[i].begin() + static_cast<std::ptrdiff_t>(replica + 1)}] = i;
  for (RunRow& row : plan_.rows) {
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
  return engine::network_from_json(spec(run).at("network"), genomes_[run].height, genomes_[run].width,
                                   genomes_[run].channels);
}

engine::Grown StoredRuns::grow(Context& context, std::size_t run) const {
  return engine::Grown(context, engine::genome_from_json(spec(run).at("genome")), network(run), row(run).seed,
                       genomes_[run].learned, genomes_[run].density);
}

std::vector<std::size_t> StoredRuns::chosen(const RunChoice& choice) const {
  std::set<std::size_t> numbers(choice.runs.begin(), choice.runs.end());
  if (!numbers.empty() && *numbers.rbegin() >= size())
    throw ResultsError(fmt::format("{}: has no run {}; its runs are 0 to {}", folder_.string(),
                                   *numbers.rbegin(), size() - 1));
  std::vector<std::string> names;
  for (const RunRow& row : plan_.rows)
    if (names.empty() || names.back() != row.variant) names.push_back(row.variant);
  for (const std::string& name : choice.variants) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw ResultsError(fmt::format("{}: has no variant '{}'; it has {}{}", folder_.string(), name,
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
