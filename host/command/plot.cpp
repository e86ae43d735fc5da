#include "host/command/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <numeric>

#include "host/command/process.h"
#include "host/command/terminal.h"
#include "host/plot/child.h"
#include "host/plot/geometry.h"
#include "host/plot/learned_pictures.h"
#include "host/plot/plot.h"
#include "host/plot/words.h"
#include "host/results/results_folder.h"
#include "host/results/text.h"

namespace innate::host {

namespace {

namespace fs = std::filesystem;

bool same_point(const RunRow& a, const RunRow& b) { return a.variant == b.variant && a.point == b.point; }

/// Replica 0 of the last point of every variant (of the chosen ones), or the chosen runs; of them those that
/// have what is drawn.
std::vector<std::size_t> shown(const StoredRuns& runs, const RunChoice& choice,
                               const std::function<bool(std::size_t run)>& has) {
  std::vector<std::size_t> last;
  for (const std::size_t run : runs.chosen(choice)) {
    if (!has(run)) continue;
    if (!choice.runs.empty()) {
      last.push_back(run);
      continue;
    }
    if (runs.row(run).replica != 0) continue;
    if (!last.empty() && runs.row(last.back()).variant == runs.row(run).variant) last.pop_back();
    last.push_back(run);
  }
  return last;
}

std::string point_text(const RunRow& row) {
  std::string text = short_name(row.variant);
  for (const auto& [path, value] : row.point)
    text += fmt::format(", {} {}", path.substr(path.rfind('.') + 1), short_name(value));
  return text;
}

/// What stands in front of the labels of each folder.
std::vector<std::string> prefixes(const PlotOptions& options) {
  return folder_prefixes({options.folders.begin(), options.folders.end()});
}

StoredRuns opened(const std::string& folder) { return StoredRuns(folder, StoredRuns::Unfinished::allowed); }

void add(const StoredRuns& runs, const std::string& prefix, Heading* heading) {
  heading->add({runs.says("name"), runs.says("title"), runs.says("source")}, runs.folder(), prefix);
}

/// "TITLE: weights"; what is shown stays where the title is long.
std::string title(const Heading& heading, const std::string& what) {
  return fitted(heading.title(), longest_title - what.size() - 2) + ": " + what;
}

// ---- weights

std::vector<std::string> class_names(const StoredRuns& runs, std::size_t run, int outputs) {
  const Json& classes = runs.spec(run).at("task").at("classes");
  std::vector<std::string> names;
  for (int i = 0; i < outputs; ++i)
    names.push_back(classes.is_array() && i < static_cast<int>(classes.size())
                        ? classes[static_cast<std::size_t>(i)].dump()
                        : std::to_string(i));
  return names;
}

std::vector<std::string> numbers(int units) {
  std::vector<std::string> names;
  for (int i = 0; i < units; ++i) names.push_back(std::to_string(i));
  return names;
}

/// ", final accuracy 76.5 %", where runs.csv says it.
std::string accuracy_text(const StoredRuns& runs, std::size_t run) {
  const auto column = find_column(runs.results(), "final_accuracy");
  const auto value = column ? parse_number(runs.results().rows[runs.result_row(run)][*column]) : std::nullopt;
  return value ? fmt::format(": final accuracy {:.1f} %", 100 * *value) : "";
}

/// The weights of a layer: inputs x outputs, where fields have their weights as inputs.
WeightImages images_of(const engine::Network& network, int layer, std::vector<float> w) {
  WeightImages images;
  images.hidden = layer + 1 < network.depth();
  const auto& kind = network.layers[static_cast<std::size_t>(layer)].kind;
  if (kind == engine::Layer::Kind::dense) {
    const engine::Grid grid = network.grid_of(layer);
    images.height = grid.height, images.width = grid.width, images.channels = grid.channels;
    images.outputs = numbers(network.outputs_of(layer));
    images.weights = std::move(w);
    return images;
  }
  const field::Geometry g = network.geometry(layer);
  images.height = images.width = g.size, images.channels = g.channels;
  const auto places = static_cast<std::size_t>(network.weight_rows(layer)),
             rows = static_cast<std::size_t>(g.weights()), channels = static_cast<std::size_t>(g.outputs);
  images.outputs = numbers(static_cast<int>(places * channels));
  images.weights.resize(w.size());
  for (std::size_t place = 0; place < places; ++place)
    for (std::size_t k = 0; k < rows; ++k)
      for (std::size_t d = 0; d < channels; ++d)
        images.weights[(k * places + place) * channels + d] = w[(place * rows + k) * channels + d];
  return images;
}

/// How strongly the neurons that a layer sees express each gene.
WeightImages expression_of(const engine::Network& network, int layer, std::vector<float> x) {
  WeightImages images;
  const engine::Grid grid = network.grid_of(layer);
  images.height = grid.height, images.width = grid.width, images.channels = grid.channels;
  const auto neurons = static_cast<std::size_t>(network.inputs_of(layer));
  images.outputs = numbers(static_cast<int>(x.size() / neurons));
  images.hidden = true, images.each = "genes";
  images.weights = std::move(x);
  return images;
}

/// Of a layer of each chosen run: its weights, or the expression of what it sees.
Canvas picture_of_layers(const PlotOptions& options) {
  const bool expression = options.what == "expression";
  std::vector<WeightImages> networks;
  bool on_fields = false;
  Heading heading;
  Context context = Context::cpu(1);
  for (std::size_t i = 0; i < options.folders.size(); ++i) {
    const std::string& folder = options.folders[i];
    const StoredRuns runs = opened(folder);
    add(runs, prefixes(options)[i], &heading);
    const std::vector<std::size_t> chosen =
        shown(runs, options.choice, [&runs](std::size_t run) { return runs.has_genome(run); });
    if (networks.size() + chosen.size() > most_weight_images)
      throw UsageError(
          fmt::format("{} and more networks do not fit on one picture, at most {} do; choose some with "
                      "--variant or --run",
                      networks.size() + chosen.size(), most_weight_images));
    for (const std::size_t run : chosen) {
      const engine::Network network = runs.network(run);
      const RunRow& row = runs.row(run);
      const int layer = options.layer;
      if (layer >= network.depth())
        throw UsageError(fmt::format("--layer {}: the network of run {} has the layers 0 to {}", layer, run,
                                     network.depth() - 1));
      const engine::Grown grown = runs.grow(context, run);
      if (expression) {
        std::vector<float> x = grown.profiles(layer);
        if (x.empty())
          throw UsageError(
              fmt::format("{}: run {} ('{}') has no genes that the neurons which layer {} sees "
                          "could express",
                          folder, run, row.variant, layer));
        networks.push_back(expression_of(network, layer, std::move(x)));
      } else {
        networks.push_back(images_of(network, layer, grown.weights(layer).w));
      }
      networks.back().label = fmt::format("{}{}, replica {}{}", prefixes(options)[i], point_text(row),
                                          row.replica, accuracy_text(runs, run));
      if (!networks.back().hidden) networks.back().outputs = class_names(runs, run, network.outputs());
      on_fields = network.layers[static_cast<std::size_t>(layer)].kind != engine::Layer::Kind::dense;
    }
  }
  if (networks.empty())
    throw PlotError(
        fmt::format("no run that was chosen has ended: there {} to draw yet; go on with the command that "
                    "began them and --resume",
                    expression ? "is no expression" : "are no weights"));
  const auto panels =
      std::accumulate(networks.begin(), networks.end(), std::size_t{0}, [](std::size_t sum, const auto& n) {
        return sum + n.outputs.size() * static_cast<std::size_t>(n.channels);
      });
  if (panels > 300)
    say(fmt::format("drawing the {} of {} networks, which takes some seconds", options.what,
                    networks.size()));
  if (expression)
    return weights_picture(
        title(heading, "expression"),
        heading.subtitle(
            {fmt::format("how strongly the neurons that layer {} sees express each gene", options.layer)}),
        networks);
  return weights_picture(title(heading, "weights"),
                         heading.subtitle({fmt::format(
                             "weights from every {} to each {}; 0.5 % of them lie beyond the ends of a scale",
                             on_fields            ? "part of a field"
                             : options.layer == 0 ? "pixel"
                                                  : fmt::format("unit of layer {}", options.layer - 1),
                             networks.front().hidden ? "unit" : "class")}),
                         networks);
}

// ---- genes

std::size_t needed(const Table& table, const std::string& name, const fs::path& file) {
  if (const auto at = find_column(table, name)) return *at;
  throw PlotError(fmt::format("{}: has no column '{}'", file.string(), name));
}

/// One panel for each channel of the point that `run` is of; none where its genes have no places.
std::vector<GenePanel> panels_of(const StoredRuns& runs, const Table& table, const fs::path& file,
                                 std::size_t run, const std::string& label) {
  const auto column = [&](const std::string& name) { return needed(table, name, file); };
  const std::size_t at = column("at"), channel = column("channel"), gene = column("gene"), y = column("row"),
                    x = column("column"), width = column("width");
  std::vector<std::string> key(at);  // variant and point
  key[column("variant")] = runs.row(run).variant;
  for (const auto& [path, value] : runs.row(run).point) key[std::min(column(path), at - 1)] = value;
  std::map<double, std::map<double, GenePath>> paths;  // by channel and gene
  for (const auto& row : table.rows) {
    if (!std::equal(key.begin(), key.end(), row.begin())) continue;
    const auto cell = [&](std::size_t number) { return parse_number(row[number]).value_or(NAN); };
    GenePath& path = paths[cell(channel)][cell(gene)];
    path.gene = static_cast<std::int64_t>(cell(gene));
    path.places.push_back({static_cast<std::int64_t>(cell(at)), cell(y), cell(x), cell(width)});
  }
  std::vector<GenePanel> panels;
  for (auto& [number, of_channel] : paths) {
    constexpr const char* colors[] = {"red", "green", "blue"};
    GenePanel panel{label, {}};
    if (paths.size() == 3) panel.label += fmt::format(", {}", colors[panels.size()]);
    for (auto& [g, path] : of_channel) panel.paths.push_back(std::move(path));
    panels.push_back(std::move(panel));
  }
  return panels;
}

Canvas picture_of_genes(const PlotOptions& options) {
  std::vector<GenePanel> panels;
  Heading heading;
  for (std::size_t i = 0; i < options.folders.size(); ++i) {
    const std::string& folder = options.folders[i];
    const StoredRuns runs = opened(folder);
    add(runs, prefixes(options)[i], &heading);
    const fs::path file = fs::path(folder) / results_name::genes;
    if (!fs::exists(file) && options.folders.size() > 1) continue;  // as a variant without genes
    if (!fs::exists(file))
      throw UsageError(
          fmt::format("{}: has no genes to draw: only genes with places, as those of spatial_gem, have "
                      "paths",
                      folder));
    const Table table = read_csv(file);
    std::vector<std::size_t> drawn;  // one run a point
    for (const std::size_t run : shown(runs, options.choice, [](std::size_t) { return true; })) {
      if (std::any_of(drawn.begin(), drawn.end(),
                      [&](std::size_t other) { return same_point(runs.row(run), runs.row(other)); }))
        continue;
      drawn.push_back(run);
      const auto of_run = panels_of(runs, table, file, run, prefixes(options)[i] + point_text(runs.row(run)));
      const bool asked_for = !options.choice.runs.empty() || !options.choice.variants.empty();
      if (of_run.empty() && asked_for)
        throw UsageError(
            fmt::format("{}: '{}' has no genes to draw: only genes with places, as those of "
                        "spatial_gem, have paths",
                        folder, runs.row(run).variant));
      panels.insert(panels.end(), of_run.begin(), of_run.end());
    }
  }
  if (panels.empty())
    throw UsageError(
        "there are no genes to draw: only genes with places, as those of spatial_gem, have paths");
  return genes_picture(title(heading, "paths of genes"),
                       heading.subtitle({"centres of the genes' Gaussians, replica 0"}), panels);
}

void draw_curve(const PlotOptions& options, const fs::path& stem) {
  if (!options.choice.runs.empty() || !options.choice.variants.empty())
    throw UsageError(
        "--variant and --run choose what --what weights, expression and genes show; a curve shows all");
  AxisChoice axes;
  if (!options.x.empty()) axes.log_x = options.x == "log";
  if (!options.y.empty()) axes.log_y = options.y == "log";
  plot({options.folders.begin(), options.folders.end()}, stem, axes);
}

}  // namespace

int plot_folders(const PlotOptions& options) {
  // A picture of several folders does not take the place of one folder's own.
  const char* more = options.folders.size() > 1 ? "s" : "";
  fs::path stem = options.what == "curve" ? options.what + more : options.what;
  stem = options.out.empty() ? fs::path(options.folders.front()) / stem : fs::path(options.out);
  if (stem.extension() == ".png" || stem.extension() == ".svg") stem.replace_extension();
  for (const std::string& folder : options.folders)
    if (fs::exists(fs::path(folder) / results_name::checkpoint))
      say(fmt::format("{}: not finished; the picture shows what is there by now", folder));
  if (options.what == "curve") {
    draw_curve(options, stem);
  } else {
    if (!options.x.empty() || !options.y.empty())
      throw UsageError("--x and --y are for curves: " + options.what + " have no such axes");
    const Canvas canvas = options.what == "genes" ? picture_of_genes(options) : picture_of_layers(options);
    write_picture([&canvas](PictureFormat format) { return canvas.script(format); }, stem, canvas.pixels());
  }
  show(fmt::format("{}.svg\n{}.png\n", stem.string(), stem.string()));
  return kDone;
}

}  // namespace innate::host
