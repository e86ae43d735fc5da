#include "host/command/test.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "host/command/device.h"
#include "host/command/exit_status.h"
#include "host/command/terminal.h"
#include "host/command/test_images.h"
#include "host/command/threads.h"
#include "host/data/data_error.h"
#include "host/data/load.h"
#include "host/results/statistics.h"
#include "host/results/terminal_table.h"

namespace innate::host {

namespace {

namespace fs = std::filesystem;

/// The sets that the runs are tested on, loaded once each.
class TestSets {
 public:
  TestSets(const TestOptions& options, Context& context) : options_(options), context_(context) {}

  const engine::DeviceImages& of(const StoredRuns& runs, std::size_t run) {
    const Json& task = runs.spec(run).at("task");
    std::unique_ptr<Loaded>& place =
        loaded_[task.at("data").dump() + task.at("classes").dump() + task.at("transpose").dump()];
    if (!place) {
      const auto [set, labels, digest] = test_images(options_.data, options_.on, task);
      for (const std::string& doubt : doubts(set)) say(fmt::format("innate: {}", doubt));
      if (const std::string& own = runs.record(run).data; !digest.empty() && digest != own)
        say(fmt::format(
            "innate: {} is another set than the one of the training: that one had the SHA-256 {}, this one "
            "has {}",
            set.name, own, digest));
      place = std::make_unique<Loaded>(Loaded{set.name, labels.string(),
                                              size_text(set.height, set.width, set.channels), set.classes,
                                              engine::DeviceImages(context_, set)});
      say(fmt::format("{}: {} images of {}, on {}", set.name, set.count, place->size,
                      context_.description()));
    }
    check(*place, runs, run);
    return place->images;
  }

 private:
  struct Loaded {
    std::string name, labels, size;  // of the set, of the file of its labels; "28 x 28"
    int classes;
    engine::DeviceImages images;
  };

  static void check(const Loaded& set, const StoredRuns& runs, std::size_t run) {
    const engine::Network network = runs.network(run);
    const std::string size = size_text(network.height, network.width, network.channels);
    if (set.size != size)
      throw DataError(fmt::format("{}: images of {}, but run {} ({}) was trained on images of {}", set.name,
                                  set.size, run, run_text(runs.row(run)), size));
    if (set.classes > network.outputs())
      throw DataError(
          fmt::format("{}: labels up to {}, but the network of run {} ({}) has {} outputs, for "
                      "labels from 0 to {}",
                      set.labels, set.classes - 1, run, run_text(runs.row(run)), network.outputs(),
                      network.outputs() - 1));
  }

  const TestOptions& options_;
  Context& context_;
  std::map<std::string, std::unique_ptr<Loaded>> loaded_;
};

/// The columns of runs.csv that say which point a run is of: those before `replica`.
std::size_t identity_columns(const StoredRuns& runs) { return *find_column(runs.results(), "replica"); }

using Cells = std::vector<std::string>;

Cells identity(const StoredRuns& runs, std::size_t run) {
  const Cells& row = runs.results().rows[runs.result_row(run)];
  return {row.begin(), row.begin() + static_cast<std::ptrdiff_t>(identity_columns(runs))};
}

Cells columns(const StoredRuns& runs, const Cells& more) {
  const Cells& all = runs.results().columns;
  Cells own(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(identity_columns(runs)));
  own.insert(own.end(), more.begin(), more.end());
  return own;
}

struct Tested {
  std::size_t run;
  engine::Grown::Answers answers;
};

Table rows_of(const StoredRuns& runs, const std::vector<Tested>& tested) {
  Table table{columns(runs, {"replica", "seed", "status", "run", "images", "accuracy", "loss"}), {}};
  for (const auto& [run, answers] : tested) {
    const RunRow& row = runs.row(run);
    Cells cells = identity(runs, run);
    for (const std::string& cell :
         {std::to_string(row.replica), std::to_string(row.seed), row.status, std::to_string(run),
          std::to_string(answers.images), number(answers.accuracy()), number(answers.loss)})
      cells.push_back(cell);
    table.rows.push_back(std::move(cells));
  }
  return table;
}

void add_mean_and_sd(const std::vector<double>& values, Cells* cells) {
  cells->push_back(values.empty() ? "" : number(mean(values)));
  cells->push_back(values.size() < 2 ? "" : number(sample_sd(values)));
}

/// Runs of one point follow each other.
Table points_of(const StoredRuns& runs, const std::vector<Tested>& tested) {
  Table table{columns(runs, {"replicas", "diverged", "accuracy_mean", "accuracy_sd", "loss_mean", "loss_sd"}),
              {}};
  for (std::size_t i = 0; i < tested.size();) {
    Cells cells = identity(runs, tested[i].run);
    std::vector<double> accuracies, losses;
    const std::size_t first = i;
    for (; i < tested.size() && identity(runs, tested[i].run) == identity(runs, tested[first].run); ++i) {
      if (runs.row(tested[i].run).status == "diverged") continue;
      accuracies.push_back(tested[i].answers.accuracy());
      losses.push_back(tested[i].answers.loss);
    }
    cells.push_back(std::to_string(i - first));
    cells.push_back(std::to_string(i - first - accuracies.size()));
    add_mean_and_sd(accuracies, &cells);
    add_mean_and_sd(losses, &cells);
    table.rows.push_back(std::move(cells));
  }
  return table;
}

/// A file that is there is replaced only where it is a table of an earlier test.
void check_out(const std::string& out) {
  if (out.empty() || !fs::is_regular_file(out)) return;
  std::ifstream file(out);
  std::string header;
  std::getline(file, header);
  if (header.find(",status,run,images,accuracy,loss") == std::string::npos)
    throw UsageError(
        "--out " + out +
        ": is there, and is no table of `innate test`; nothing was touched: choose another name, or "
        "remove it");
}

}  // namespace

int test_runs(const TestOptions& options) {
  check_out(options.out);
  const StoredRuns runs(options.folder);
  const std::vector<std::size_t> chosen = runs.chosen(options.choice);
  ChosenDevice device = choose_device(options.device, threads_to_use(options.threads));
  if (!device.remark.empty()) say(device.remark);
  TestSets sets(options, device.context);
  std::vector<Tested> tested;
  for (const std::size_t run : chosen) {
    const engine::DeviceImages& images = sets.of(runs, run);
    tested.push_back({run, runs.grow(device.context, run).test(images)});
  }
  const Table rows = rows_of(runs, tested), points = points_of(runs, tested);
  if (!options.out.empty()) write_csv(options.out, rows);
  show(terminal_table(rows, rows.columns) + "\n" + terminal_table(points, points.columns));
  return kDone;
}

}  // namespace innate::host
