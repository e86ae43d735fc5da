// Which runs an experiment has, and what each of them is.
#pragma once

#include <innate/engine/spec.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "host/experiment/experiment.h"
#include "host/results/run_table.h"

namespace innate::host {

/// Every replica of every point.
struct RunPlan {
  std::vector<RunRow> rows;  // status "running"
  std::vector<const Point*> points;
};

/// `experiment` must outlive the plan.
RunPlan plan_runs(const Experiment& experiment);

/// The data sets of an experiment's tasks, loaded once each; what is odd about them is said on stderr.
class Tasks {
 public:
  Tasks(Context& context, std::vector<std::filesystem::path> data_path)
      : context_(context), data_path_(std::move(data_path)) {}

  std::shared_ptr<const engine::Classification> of(const Json& task);

 private:
  void say(const std::string& line);  // once each

  Context& context_;
  std::vector<std::filesystem::path> data_path_;
  std::map<std::string, std::shared_ptr<const engine::Classification>> loaded_;
  std::set<std::string> said_;
};

/// Fills in what the data set decides: parameter counts and compression of a run.
void count_parameters(const engine::Spec& spec, RunRow* row);

}  // namespace innate::host
