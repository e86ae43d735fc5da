#include "host/command/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <set>

#include "host/command/process.h"
#include "host/command/terminal.h"
#include "host/results/file.h"
#include "host/results/npz.h"
#include "host/results/results_folder.h"

namespace innate::host {

namespace {

namespace fs = std::filesystem;
constexpr const char* kIndex = "index.csv";

/// Letters, digits and - _ . = + alone, so that no shell and no file system takes offence.
std::string harmless(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool good = std::isalnum(static_cast<unsigned char>(c)) || std::strchr("_.=+", c);
    if (good)
      name += c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

std::string file_name(std::size_t run, std::size_t runs, const RunRow& row) {
  const std::size_t digits = std::max<std::size_t>(3, std::to_string(runs - 1).size());
  std::string name = harmless(row.variant);
  for (const auto& [path, value] : row.point)
    name += "-" + harmless(path.substr(path.rfind('.') + 1) + "=" + value);
  return fmt::format("{:0{}}-{}-r{}.npz", run, digits, name.substr(0, 150), row.replica);
}

/// Each tensor by its name; biases are written apart, for every network alike.
void add_tensors(const std::vector<engine::Tensor>& tensors, const std::vector<float>& numbers, Npz* file) {
  std::size_t at = 0;
  for (const engine::Tensor& tensor : tensors) {
    const auto size = static_cast<std::size_t>(tensor.size());
    if (tensor.name.rfind("bias", 0) != 0)
      file->add(tensor.name, {tensor.rows, tensor.columns}, std::span(numbers).subspan(at, size));
    at += size;
  }
}

std::string npz_of(const StoredRuns& runs, std::size_t run) {
  Context context = Context::cpu(1);
  const engine::Grown grown = runs.grow(context, run);
  const engine::Network network = runs.network(run);
  Npz file;
  for (int layer = 0; layer < network.depth(); ++layer) {
    const std::int64_t inputs = network.inputs_of(layer), outputs = network.outputs_of(layer);
    const auto named = [layer](const std::string& name) {
      return layer == 0 ? name : fmt::format("{}_{}", name, layer);
    };
    const engine::GrownWeights weights = grown.weights(layer);
    file.add(named("W"), {network.weight_rows(layer), network.weight_columns(layer)}, weights.w);
    file.add(named("bias"), {outputs}, weights.bias);
    if (const std::vector<float> x = grown.profiles(layer); !x.empty())
      file.add(named("X"), {inputs, static_cast<std::int64_t>(x.size()) / inputs}, x);
    const engine::Grid neurons = network.grid_of(layer);
    std::vector<std::int64_t> grid = {neurons.height, neurons.width};
    if (neurons.channels > 1) grid.push_back(neurons.channels);
    file.add(named("grid"), {static_cast<std::int64_t>(grid.size())}, grid);
  }
  const auto scales = static_cast<std::int64_t>(grown.scales().size());
  file.add("scale", scales > 1 ? std::vector<std::int64_t>{scales} : std::vector<std::int64_t>{},
           grown.scales());
  add_tensors(grown.layout().learned, grown.learned(), &file);
  add_tensors(grown.layout().frozen, grown.frozen(), &file);
  return file.take();
}

/// Files of an earlier export of the same folder, which may have had fewer runs: its index says what they are
/// of, and all of that is still there.
std::set<std::string> earlier_files(const fs::path& out, const StoredRuns& runs) {
  std::error_code error;
  if (!fs::exists(out / kIndex, error)) return {};
  const Table index = read_csv(out / kIndex);
  const auto file = find_column(index, "file");
  if (!file) return {};
  std::set<std::string> files;
  for (const auto& row : index.rows) {
    const auto same = [&](const auto& result) {
      for (std::size_t c = *find_column(index, "file") + 1; c < row.size(); ++c)
        if (const auto own = find_column(runs.results(), index.columns[c]); own && result[*own] != row[c])
          return false;
      return true;
    };
    if (std::none_of(runs.results().rows.begin(), runs.results().rows.end(), same)) return {};
    if (!fs::exists(out / row[*file], error)) return {};
    files.insert(row[*file]);
  }
  return files;
}

/// Files of several exports in one folder could not be told apart. Those of an earlier export of these runs
/// are removed.
void refuse_mixture(const fs::path& out, const std::set<std::string>& ours, const StoredRuns& runs) {
  const auto refuse = [&out](const std::string& name, const std::string& why) {
    throw UsageError(
        fmt::format("{0}: holds {1}, {2}, and would be a mixture.\nGive a new or empty folder with "
                    "--out, or remove this one first.",
                    out.string(), name, why));
  };
  const std::set<std::string> earlier =
      ours.size() > runs.size() ? earlier_files(out, runs) : std::set<std::string>{};  // an export of all
  std::vector<fs::path> stale;
  std::error_code error;
  for (fs::directory_iterator at(out, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (ours.contains(name) || is_temporary(at->path())) continue;
    if (!earlier.contains(name)) refuse(name, "which this export would not write");
    stale.push_back(at->path());
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    throw_file_error(out, "look into the folder", error.value());
  if (fs::exists(out / kIndex, error) && earlier.empty()) {
    const Table index = read_csv(out / kIndex);
    const auto file = find_column(index, "file");
    if (!file) refuse(kIndex, "which is no export's");
    for (const auto& row : index.rows)
      if (!ours.contains(row[*file])) refuse(kIndex, "which lists files that this export would not write");
  }
  for (const fs::path& file : stale) fs::remove(file, error);
}

}  // namespace

int export_runs(const ExportOptions& options) {
  const StoredRuns runs(options.folder);
  const std::vector<std::size_t> chosen = runs.chosen(options.choice);
  const fs::path out = options.out.empty() ? runs.folder() / "export" : fs::path(options.out);
  std::set<std::string> files = {kIndex};
  for (const std::size_t run : chosen) files.insert(file_name(run, runs.size(), runs.row(run)));
  refuse_mixture(out, files, runs);
  create_folder(out);
  Table index{{"run", "file", "height", "width", "channels"}, {}};
  index.columns.insert(index.columns.end(), runs.results().columns.begin(), runs.results().columns.end());
  for (const std::size_t run : chosen) {
    const std::string name = file_name(run, runs.size(), runs.row(run));
    write_file(out / name, npz_of(runs, run));
    const engine::Network network = runs.network(run);
    std::vector<std::string> row = {std::to_string(run), name, std::to_string(network.height),
                                    std::to_string(network.width), std::to_string(network.channels)};
    const auto& result = runs.results().rows[runs.result_row(run)];
    row.insert(row.end(), result.begin(), result.end());
    index.rows.push_back(std::move(row));
  }
  write_csv(out / kIndex, index);
  show(fmt::format("{} runs  {}\n", chosen.size(), (out / kIndex).string()));
  return kDone;
}

}  // namespace innate::host
