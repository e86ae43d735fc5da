#include "host/command/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "host/command/machine.h"
#include "host/command/process.h"
#include "host/command/terminal.h"
#include "host/data/byte_source.h"
#include "host/data/data_error.h"
#include "host/data/find_sets.h"
#include "host/data/idx.h"
#include "host/data/load.h"
#include "host/results/run_table.h"

namespace innate::host {

namespace fs = std::filesystem;

namespace {

// ---- the images

struct TestImages {
  engine::Dataset set;
  std::filesystem::path labels;  // the file that holds them, for messages
  std::string digest;            // of the whole set, where it has the name of the run's own; else empty
};

bool is_file(const std::string& name) { return what_is_at(name) == "a file"; }

TestImages of_pair(const fs::path& images, const fs::path& labels) {
  return {load_idx_pair(images, labels), labels, ""};
}

/// `load`, of the kind of arguments that it is given.
template <class... From>
TestImages of_set(const From&... from) {
  std::vector<fs::path> files;
  engine::DatasetPair pair = load(from..., &files);
  std::string whole = digest(pair);
  return {std::move(pair.test), files.back(), std::move(whole)};
}

/// The test images that lie in the folder itself, whatever its name.
std::optional<TestImages> in_folder(const fs::path& given) {
  const fs::path full = fs::absolute(given).lexically_normal();
  const fs::path folder = full.has_filename() ? full : full.parent_path();
  const KnownSet* known = known_set(folder.filename().string());
  const auto set = find_set_in(folder, folder.filename().string(), known);
  if (!set) return std::nullopt;
  if (set->complete()) return of_set(*set, known);
  if (set->format != &idx_format() || set->files[2].empty() || set->files[3].empty()) return std::nullopt;
  return of_pair(set->files[2], set->files[3]);
}

TestImages found(const std::vector<std::string>& data, const std::string& on, const std::string& own) {
  for (const std::string& given : data)
    if (const std::string there = what_is_at(given); there != "a file" && there != "a directory")
      throw DataError(given, there, "a folder, or two IDX files: --data IMAGES LABELS", "correct --data");
  const auto files = std::count_if(data.begin(), data.end(), is_file);
  if (files == 2 && data.size() == 2) return of_pair(data[0], data[1]);
  if (files > 0)
    throw UsageError("--data " + *std::find_if(data.begin(), data.end(), is_file) +
                     ": is a file, where a folder or two IDX files are expected; give images and labels, and "
                     "nothing else: --data IMAGES LABELS");
  const std::string name = on.empty() ? own : on;
  const auto path = data_path(data);  // refuses what is no directory
  const std::vector<fs::path> given(data.begin(), data.end());
  if (on.empty() && !find_set(name, given))
    for (const fs::path& folder : given)
      if (auto set = in_folder(folder)) return *set;
  if (!given.empty() && !find_set(name, given))  // never another set in place of one that was asked for
    throw DataError(given.front(), "neither a data set nor a folder with '" + name + "' in it",
                    "one of these, or two IDX files",
                    "correct --data, name another set with --on, or leave --data out for the usual places");
  if (!on.empty() && !known_set(on) && !find_set(on, path)) throw UsageError(missing_set(on, path).what());
  return of_set(name, path);
}

/// `data` and `on` as in TestOptions; `task`: the run's. Throws DataError.
TestImages test_images(const std::vector<std::string>& data, const std::string& on, const Json& task) {
  TestImages images = found(data, on, task.at("data"));
  if (!on.empty() && on != task.at("data")) images.digest.clear();
  if (task.at("transpose")) transpose(&images.set);
  const Json& classes = task.at("classes");
  if (!classes.is_array()) return images;
  const std::string name = std::exchange(images.set.name, images.labels.string());  // what would lack some
  images.set = restrict(images.set, classes.get<std::vector<int>>(), 0, 0);
  images.set.name = name;
  return images;
}

// ---- the tests

/// The sets that the runs are tested on, loaded once each.
class TestSets {
 public:
  TestSets(const TestOptions& options, Context& context) : options_(options), context_(context) {}

  const engine::DeviceImages& of(const StoredRuns& runs, std::size_t run) {
    const Json& task = runs.spec(run).at("task");
    std::unique_ptr<Loaded>& loaded =
        loaded_[task.at("data").dump() + task.at("classes").dump() + task.at("transpose").dump() +
                Json{runs.record(run).standard.mean, runs.record(run).standard.sd}.dump()];
    if (!loaded) {
      const auto [set, labels, digest] = test_images(options_.data, options_.on, task);
      for (const std::string& doubt : doubts(set)) say(fmt::format("innate: {}", doubt));
      if (const std::string& own = runs.record(run).data; !digest.empty() && digest != own)
        say(fmt::format(
            "innate: {} is another set than the one of the training: that one had the SHA-256 {}, this one "
            "has {}",
            set.name, own, digest));
      loaded = std::make_unique<Loaded>(Loaded{set.name, labels.string(),
                                               size_text(set.height, set.width, set.channels), set.classes,
                                               engine::DeviceImages(context_, set)});
      if (const engine::Standard& standard = runs.record(run).standard; !standard.mean.empty())
        loaded->images.standardise(context_, standard);
      say(fmt::format("{}: {} images of {}, on {}", set.name, set.count, loaded->size,
                      context_.description()));
    }
    check(*loaded, runs, run);
    return loaded->images;
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
