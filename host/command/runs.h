// Which runs an experiment has, and what each of them is.
#pragma once

#include <innate/engine/spec.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/experiment/experiment.h"
#include "host/results/run_table.h"

namespace innate::host {

/// A run's identity (host/experiment/identity.h) and its seed: with the same data, the same bits.
using RunKey = std::pair<std::string, std::uint64_t>;

/// Every replica of every point.
struct Runs {
  std::vector<RunRow> rows;             // status "running"
  std::vector<const Point*> points;     // of each run, as are
  std::vector<std::string> identities;  // these

  RunKey key(std::size_t run) const { return {identities[run], rows[run].seed}; }
  /// An identity that is written somewhere, as this build writes it; empty where it does not read it.
  std::string now(const std::string& written) const;

 private:
  mutable std::map<std::string, std::string> now_;  // what was asked before
};

/// "S-GEM, genome.genes = 26", and "S-GEM, genome.genes = 26, replica 0": as messages and pictures name them.
std::string named_point(const RunRow& row);
std::string run_text(const RunRow& row);

/// `experiment` must outlive them.
Runs runs_of(const Experiment& experiment);

/// How a task's `scale` standardises images; none where it is unit. per_channel: by the training images.
std::optional<engine::Standard> standard_of(const Json& task, const engine::Dataset& train);

/// The data sets of an experiment's tasks, loaded once each; what is odd about them is said on stderr.
class Tasks {
 public:
  Tasks(Context& context, std::vector<std::filesystem::path> data_path)
      : context_(context), data_path_(std::move(data_path)) {}

  /// Of a point's spec: its task, without the images that its tests select by.
  std::shared_ptr<const engine::Classification> of(const Json& spec);
  /// Of a task of these; none where its images are not standardised.
  engine::Standard standard(const engine::Classification& task) const {
    const auto found = standards_.find(&task);
    return found == standards_.end() ? engine::Standard{} : found->second;
  }
  /// Of the sets that were loaded, by their names.
  const std::map<std::string, std::string>& digests() const { return digests_; }

 private:
  void say(const std::string& line);  // once each

  Context& context_;
  std::vector<std::filesystem::path> data_path_;
  std::map<std::string, std::shared_ptr<const engine::Classification>> loaded_;
  std::map<const engine::Classification*, engine::Standard> standards_;
  std::map<std::string, std::string> digests_;
  std::set<std::string> said_;
};

/// Fills in what the data set decides: parameter counts and compression of a run.
void count_parameters(const engine::Spec& spec, RunRow* row);

}  // namespace innate::host
