#include "host/command/work_left.h"

#include <fmt/format.h>

#include <set>

#include "host/command/runs.h"
#include "host/experiment/identity.h"
#include "host/results/csv.h"
#include "host/results/file.h"
#include "host/results/records.h"

namespace innate::host {

namespace {

namespace fs = std::filesystem;

/// False where one of them is missing.
bool is_older(const fs::path& file, const fs::path& other) {
  std::error_code missing;
  return fs::exists(file) && fs::last_write_time(file, missing) < fs::last_write_time(other, missing) &&
         !missing;
}

/// Of a finished folder, which has runs.csv and summary.csv at least.
bool lacks_tables(const fs::path& folder, const There& there) {
  return !fs::exists(folder / results_name::metrics) ||
         read_csv(folder / results_name::runs).rows.size() != there.runs();
}
bool lacks_genomes(const fs::path& folder, const There& there) {
  const fs::path file = folder / results_name::genomes;
  if (!fs::exists(file)) return true;
  try {
    std::set<RunKey> keys;
    const Runs runs = runs_of(*there.experiment);
    for (std::size_t run = 0; run < runs.rows.size(); ++run) keys.insert(runs.key(run));
    return RecordFile(file, "genomes").size() < keys.size();
  } catch (const ResultsError&) {
    return false;  // an older one: what it lacks is said where it is needed
  }
}

}  // namespace

std::string resolved_text(const Experiment& experiment) { return experiment.resolved.dump(2) + "\n"; }

There look(const fs::path& folder, const std::string& resolved) {
  There there{inspect(folder), "", std::nullopt};
  if (there.state == FolderState::absent || there.state == FolderState::empty) return there;
  there.text = read_file(folder / results_name::experiment);
  if (there.text != resolved && !fs::exists(folder / results_name::provenance))
    throw ResultsError(
        folder.string() +
        ": holds an experiment.json and no results; nothing was touched, so that it is not lost: "
        "choose another folder");
  try {
    there.experiment = load_experiment((folder / results_name::experiment).string());
  } catch (const std::runtime_error& error) {
    throw ResultsError(
        fmt::format("{}: its experiment.json is none that this innate reads ({}); nothing was touched: "
                    "choose another folder, or move this one away",
                    folder.string(), error.what()));
  }
  return there;
}

Work work_left(const fs::path& folder, const There& there, const Experiment& experiment,
               const Experiment& whole, bool resume) {
  if (!there.experiment) return Work::train;
  const Relation relation = host::relation(experiment, *there.experiment);
  if (relation == Relation::different && host::relation(whole, *there.experiment) != Relation::different)
    throw ResultsError(folder.string() +
                       ": holds other variants of this experiment. Train these beside them with "
                       "--resume, or choose another folder with --out.");
  if (relation == Relation::different)
    throw ResultsError(fmt::format(
        "{}: holds the results of another experiment ({}); nothing was touched: choose "
        "another folder, or move this one away",
        folder.string(), difference(*there.experiment, experiment, "the folder", "this experiment")));
  if (there.state == FolderState::unfinished && !resume)
    throw ResultsError(folder.string() +
                       ": holds this experiment, unfinished. Go on with --resume, or choose another "
                       "folder with --out, or remove it.");
  if (there.state == FolderState::unfinished) return Work::train;
  if (relation == Relation::larger && !resume)
    throw ResultsError(
        fmt::format("{}: holds {} of this experiment's {} runs, finished. Train the others with --resume, "
                    "or choose another folder with --out.",
                    folder.string(), there.runs(),
                    experiment.points.size() * static_cast<std::size_t>(experiment.replicas)));
  const bool lost = lacks_genomes(folder, there);
  if (lost && !resume)
    throw ResultsError(
        fmt::format("{}: its {} is gone or cut off, and with it what runs have learned. Train these again "
                    "with --resume, or choose another folder with --out.",
                    folder.string(), results_name::genomes));
  if (lost || relation == Relation::larger || lacks_tables(folder, there) ||
      !same_tables(experiment, *there.experiment))
    return Work::train;
  return there.text == resolved_text(experiment) &&
                 !is_older(folder / "curve.png", folder / results_name::experiment)
             ? Work::none
             : Work::redraw;
}

nlohmann::ordered_json earlier_part(const fs::path& folder) {
  const fs::path file = folder / results_name::provenance;
  if (!fs::exists(file)) return nullptr;
  return nlohmann::ordered_json::parse(read_file(file), nullptr, false);
}

void check_data(const fs::path& folder, const std::map<std::string, std::string>& data) {
  const auto made = earlier_part(folder);
  if (!made.is_object() || !made.contains("data")) return;  // an older innate's
  for (const auto& [name, digest] : data) {
    const std::string before = made.at("data").value(name, digest);
    if (before != digest)
      throw ResultsError(
          fmt::format("{}: was begun with other data: '{}' had the SHA-256 {}, the one that is found now has "
                      "{}. Put back the set "
                      "that it was begun with, or choose another folder with --out.",
                      folder.string(), name, before, digest));
  }
}

}  // namespace innate::host
