// Which runs an experiment has, and which of them are trained together.
#pragma once

#include <innate/engine/cohort.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/experiment/experiment.h"
#include "host/results/run_table.h"

namespace innate::host {

/// Runs that share the kind of genome, network, task, learning rule and tests: one engine::Cohort.
struct CohortPlan {
  std::string label;  // the variants that it holds
  Json spec;          // of its first run
  std::vector<std::size_t> runs;
  bool compact = false;  // genomes store nothing that can be made again (engine::Genome::compact)
};

struct RunPlan {
  std::vector<RunRow> rows;  // every replica of every point; status "running"
  std::vector<const Point*> points;
  std::vector<CohortPlan> cohorts;
};

/// `experiment` must outlive the plan.
RunPlan plan_runs(const Experiment& experiment);

/// The data sets of an experiment's tasks, loaded once each.
class Tasks {
 public:
  Tasks(Context& context, std::vector<std::filesystem::path> data_path)
      : context_(context), data_path_(std::move(data_path)) {}

  const engine::Classification& of(const Json& task);

 private:
  Context& context_;
  std::vector<std::filesystem::path> data_path_;
  std::map<std::string, std::unique_ptr<engine::Classification>> loaded_;
};

/// Bytes that each run of a cohort takes in the context's memory, with its part of a checkpoint on the CPU.
/// After count_parameters.
std::vector<std::size_t> bytes_of(Context& context, const engine::Classification& task,
                                  const CohortPlan& plan, const RunPlan& runs);

/// Builds the cohort. Throws engine::SchemaError where the experiment does not fit the data.
std::unique_ptr<engine::Cohort> make_cohort(Context& context, const engine::Classification& task,
                                            const CohortPlan& plan, const RunPlan& runs);

/// Fills in what the data set decides: parameter counts and compression of every run.
void count_parameters(const engine::Classification& task, const CohortPlan& plan, RunPlan* runs);

}  // namespace innate::host
