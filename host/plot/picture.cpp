#include "host/plot/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "host/plot/child.h"
#include "host/plot/words.h"
#include "host/results/csv.h"
#include "host/results/file.h"
#include "host/results/results_folder.h"
#include "host/results/run_table.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// ---- experiment.json

struct Axes {
  std::string x, y;
  std::optional<bool> log_x;  // none: as the points want it
  bool log_y = false;
  bool normalised = false;  // by each run's first test

  bool operator==(const Axes& other) const {
    return x == other.x && y == other.y && normalised == other.normalised;
  }
  double factor() const { return normalised ? 1 : axis_factor(y); }  // of y
};

Json read_experiment(const fs::path& folder) {
  const fs::path file = folder / results_name::experiment;
  Json experiment = Json::parse(read_file(file), nullptr, false, true);
  if (!experiment.is_object()) throw PlotError(fmt::format("{}: is not a JSON object", file.string()));
  return experiment;
}

Json object_at(const Json& parent, const char* key) {
  const auto at = parent.find(key);
  return at != parent.end() && at->is_object() ? *at : Json::object();
}

std::string text_at(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

std::string first_best_column(const Table& summary) {
  constexpr std::string_view suffix = "_mean";
  for (const auto& column : summary.columns)
    if (column.starts_with("best_") && column.ends_with(suffix))
      return column.substr(0, column.size() - suffix.size());
  return "best_accuracy";
}

Axes axes_of(const Json& experiment, const Table& summary) {
  const Json figure = object_at(experiment, "figure");
  Axes axes{text_at(figure, "x"), text_at(figure, "y"), std::nullopt,
            figure.value("log_y", Json(false)) == true, text_at(figure, "normalise") == "start"};
  if (const Json log_x = figure.value("log_x", Json()); log_x.is_boolean()) axes.log_x = log_x == true;
  if (axes.x.empty()) axes.x = "percent";
  if (axes.y.empty()) axes.y = first_best_column(summary);
  return axes;
}

// Numbers that a picture has room for: larger ones, and infinite ones, are as good as none, and smaller ones
// as good as 0.
std::optional<double> drawable(double value) {
  constexpr double largest = 1e100;
  if (!(std::abs(value) <= largest)) return std::nullopt;
  return std::abs(value) < 1 / largest ? 0 : value;
}

std::optional<double> drawable_cell(const std::string& cell) {
  const auto value = parse_number(cell);
  return value ? drawable(*value) : std::nullopt;
}

std::vector<Mark> marks_of(const Json& experiment, const Axes& axes) {
  std::vector<Mark> marks;
  const Json figure = object_at(experiment, "figure");
  for (const auto& mark : figure.value("marks", Json::array())) {
    if (!mark.is_object() || !mark.value("x", Json()).is_number() || !mark.value("y", Json()).is_number())
      continue;
    const auto x = drawable(mark["x"].get<double>()), y = drawable(mark["y"].get<double>());
    if (x && y) marks.push_back({*x * axis_factor(axes.x), *y * axes.factor(), text_at(mark, "label")});
  }
  return marks;
}

void add_marks(std::vector<Mark>& all, const std::vector<Mark>& marks) {
  for (const auto& mark : marks)
    if (std::none_of(all.begin(), all.end(), [&](const Mark& other) {
          return other.x == mark.x && other.y == mark.y && other.label == mark.label;
        }))
      all.push_back(mark);
}

// ---- the tables

Table read_summary(const fs::path& folder) {
  const fs::path file = folder / results_name::summary;
  if (!fs::exists(file))
    throw PlotError(
        fmt::format("{}: does not exist; a run writes it when it is interrupted, or finished: go on with the "
                    "command that began the "
                    "folder and --resume",
                    file.string()));
  return read_csv(file);
}

// A place on a picture, condensed over replicas: one point of one variant, or one test of it.
struct Condensed {
  std::string variant;  // what its series is called
  std::optional<double> x, y, sd;
};

struct Column {
  std::size_t mean;
  std::optional<std::size_t> sd;
};

std::optional<Column> summary_column(const Table& table, const std::string& name) {
  if (const auto at = find_column(table, name)) return Column{*at, std::nullopt};
  if (const auto at = find_column(table, name + "_mean"))
    return Column{*at, find_column(table, name + "_sd")};
  return std::nullopt;
}

std::vector<Condensed> from_summary(const Table& table, Column x, Column y, std::size_t variant) {
  std::vector<Condensed> points;
  for (const auto& row : table.rows)
    points.push_back({row[variant], drawable_cell(row[x.mean]), drawable_cell(row[y.mean]),
                      y.sd ? drawable_cell(row[*y.sd]) : std::nullopt});
  return points;
}

std::size_t column_or_error(const Table& table, const std::string& name, const fs::path& file) {
  if (const auto at = find_column(table, name)) return *at;
  throw PlotError(fmt::format("{}: has no column '{}' for the figure; it has {}", file.string(), name,
                              joined(table.columns, ", ")));
}

// The cells that say which point of which variant a row of runs.csv is of: all before `replica`.
std::vector<std::string> point_key(const std::vector<std::string>& row, std::size_t replica) {
  return {row.begin(), row.begin() + static_cast<std::ptrdiff_t>(replica)};
}

Condensed condense(const std::string& variant, const std::vector<double>& xs, const std::vector<double>& ys) {
  Condensed point{variant, std::nullopt, std::nullopt, std::nullopt};
  if (!xs.empty()) point.x = mean(xs);
  if (!ys.empty()) point.y = mean(ys);
  if (ys.size() > 1) point.sd = sample_sd(ys);
  return point;
}

std::vector<Condensed> from_runs(const Table& table, const Axes& axes, const fs::path& file) {
  const auto column = [&](const std::string& name) { return column_or_error(table, name, file); };
  const std::size_t x = column(axes.x), y = column(axes.y), replica = column("replica"),
                    status = column("status"), variant = column("variant");
  std::vector<Condensed> points;
  for (std::size_t i = 0; i < table.rows.size();) {  // the rows of one point follow each other
    const auto key = point_key(table.rows[i], replica);
    const std::string name = table.rows[i][variant];
    std::vector<double> xs, ys;
    for (; i < table.rows.size() && point_key(table.rows[i], replica) == key; ++i) {
      if (table.rows[i][status] == "diverged") continue;
      if (const auto value = drawable_cell(table.rows[i][x])) xs.push_back(*value);
      if (const auto value = drawable_cell(table.rows[i][y])) ys.push_back(*value);
    }
    points.push_back(condense(name, xs, ys));
  }
  return points;
}

void refuse_text(const std::string& column) {
  if (column == "variant" || column == "status")
    throw PlotError(fmt::format(
        "'{}' holds text, and an axis needs numbers: choose another column for the figure", column));
}

// ---- metrics.csv

// Of rows of one table or the other: the cells up to and with `replica`, which say of which run a row is.
std::set<std::vector<std::string>> diverged_runs(const fs::path& folder) {
  const fs::path file = folder / results_name::runs;
  const Table table = read_csv(file);
  const std::size_t replica = column_or_error(table, "replica", file),
                    status = column_or_error(table, "status", file);
  std::set<std::vector<std::string>> diverged;
  for (const auto& row : table.rows)
    if (row[status] == "diverged") diverged.insert(point_key(row, replica + 1));
  return diverged;
}

// What each point's line is called: its variant, and what is swept where the variant has several points.
std::map<std::vector<std::string>, std::string> line_names(const Table& table, std::size_t variant,
                                                           std::size_t replica) {
  std::map<std::vector<std::string>, std::string> names;
  std::map<std::string, int> points;
  for (const auto& row : table.rows)
    if (names.try_emplace(point_key(row, replica), row[variant]).second) ++points[row[variant]];
  for (auto& [key, name] : names) {
    if (points.at(key[variant]) == 1) continue;
    for (std::size_t c = 0; c < replica; ++c)
      if (c != variant && !key[c].empty()) {
        const std::string& path = table.columns[c];
        name += fmt::format(", {} {}", path.substr(path.rfind('.') + 1), key[c]);
      }
  }
  return names;
}

// The rows of one metric; throws where there are none.
Table rows_of(const std::string& metric, Table table, std::size_t column, const fs::path& file) {
  std::set<std::string> metrics;
  for (const auto& row : table.rows) metrics.insert(row[column]);
  if (!metrics.contains(metric))
    throw PlotError(fmt::format("{}: has no metric '{}' for the figure; it has {}", file.string(), metric,
                                joined({metrics.begin(), metrics.end()}, ", ")));
  std::erase_if(table.rows, [&](const auto& row) { return row[column] != metric; });
  return table;
}

// One metric along the steps of tests, a line for each point.
std::vector<Condensed> from_metrics(const fs::path& folder, const Axes& axes) {
  const fs::path file = folder / results_name::metrics;
  const Table whole = read_csv(file);
  const auto column = [&](const char* name) { return column_or_error(whole, name, file); };
  const std::size_t replica = column("replica"), at = column("at"), value = column("value");
  const Table table = rows_of(axes.y, whole, column("metric"), file);
  const auto names = line_names(table, column("variant"), replica);
  const auto diverged = diverged_runs(folder);
  std::vector<Condensed> points;
  std::vector<std::string> run;
  std::optional<double> start;                       // what the run's first test found
  for (std::size_t i = 0; i < table.rows.size();) {  // the rows of one point follow each other
    const auto point = point_key(table.rows[i], replica);
    std::map<double, std::vector<double>> tests;  // by step
    for (; i < table.rows.size() && point_key(table.rows[i], replica) == point; ++i) {
      const auto& row = table.rows[i];
      const auto steps = drawable_cell(row[at]), found = drawable_cell(row[value]);
      if (const auto now = point_key(row, replica + 1); now != run) run = now, start = found;
      if (diverged.contains(run) || !steps || !found || !start) continue;
      if (const auto y = drawable(axes.normalised ? *found / *start : *found)) tests[*steps].push_back(*y);
    }
    for (const auto& [steps, values] : tests) points.push_back(condense(names.at(point), {steps}, values));
  }
  return points;
}

std::vector<Condensed> points_of(const fs::path& folder, const Table& summary, const Axes& axes) {
  if (axes.x == "at") return from_metrics(folder, axes);
  refuse_text(axes.x);
  refuse_text(axes.y);
  const auto x = summary_column(summary, axes.x), y = summary_column(summary, axes.y);
  if (x && y)
    return from_summary(summary, *x, *y, column_or_error(summary, "variant", folder / results_name::summary));
  const fs::path file = folder / results_name::runs;
  return from_runs(read_csv(file), axes, file);
}

// ---- series

void add_series(std::vector<Series>& all, const std::vector<Condensed>& points, const std::string& prefix,
                const Axes& axes) {
  const std::size_t first = all.size();
  for (const auto& point : points) {
    if (!point.x || !point.y) continue;
    const std::string label = prefix + point.variant;
    auto at = std::find_if(all.begin() + static_cast<std::ptrdiff_t>(first), all.end(),
                           [&](const Series& series) { return series.label == label; });
    if (at == all.end()) at = all.insert(at, Series{label, {}, false});
    const double factor = axes.factor();
    at->points.push_back(
        {*point.x * axis_factor(axes.x), *point.y * factor, std::max(point.sd.value_or(0), 0.0) * factor});
  }
}

void sort_points(std::vector<Series>& all) {
  for (auto& series : all)
    std::stable_sort(series.points.begin(), series.points.end(),
                     [](const PicturePoint& a, const PicturePoint& b) { return a.x < b.x; });
}

// It has no place on a logarithmic axis.
void leave_out_step_0(std::vector<Series>& all) {
  for (auto& series : all)
    std::erase_if(series.points, [](const PicturePoint& point) { return point.x <= 0; });
  std::erase_if(all, [](const Series& series) { return series.points.empty(); });
}

// A lone point this many times further out than everything else would squeeze the rest into a corner.
double far_away(bool log_x) { return log_x ? 100 : 5; }

constexpr std::size_t most_levels = 5;

void find_levels(Picture& picture) {
  double furthest = 0, reach = 0;
  for (const auto& series : picture.series) furthest = std::max(furthest, series.points.back().x);
  const auto lone = [&](const Series& series) {
    return series.points.size() == 1 && series.points[0].x >= furthest * (1 - 1e-9);
  };
  for (const auto& series : picture.series)
    if (!lone(series)) reach = std::max(reach, series.points.back().x);
  if (reach <= 0) return;  // nothing else is there
  std::size_t levels = 0, others = 0;
  for (const auto& series : picture.series) lone(series) ? ++levels : others += series.points.size();
  if (levels > most_levels || levels >= others) return;  // then they are what the picture is about
  for (const auto& mark : picture.marks) reach = std::max(reach, mark.x);
  if (furthest <= far_away(picture.log_x) * reach) return;
  for (auto& series : picture.series) series.level = lone(series);
}

/// Whether points and marks lie so far apart that a linear axis would squeeze most of them into a corner.
bool spans_decades(const Picture& picture) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  const auto include = [&](double x) { least = std::min(least, x), most = std::max(most, x); };
  for (const auto& series : picture.series)
    for (const auto& point : series.points) include(point.x);
  for (const auto& mark : picture.marks) include(mark.x);
  return least > 0 && most > 100 * least;
}

void refuse_what_is_not_positive(const Picture& picture, std::string_view key, std::string_view option,
                                 const std::string& column, double PicturePoint::*of_point,
                                 double Mark::*of_mark) {
  const std::string asked =
      fmt::format("a logarithmic axis ({} of the figure, or {} log) cannot show", key, option);
  for (const auto& series : picture.series)
    for (const auto& point : series.points)
      if (point.*of_point <= 0)
        throw PlotError(
            fmt::format("{} that '{}' of '{}' is {}", asked, column, series.label, number(point.*of_point)));
  for (const auto& mark : picture.marks)
    if (mark.*of_mark <= 0)
      throw PlotError(fmt::format("{} the mark '{}' at {}", asked, mark.label, number(mark.*of_mark)));
}

void refuse_what_cannot_be_drawn(const Picture& picture, const Axes& axes) {
  if (picture.series.empty())
    throw PlotError(
        fmt::format("there is nothing to draw: no row has numbers in both '{}' and '{}'", axes.x, axes.y));
  if (picture.log_x) refuse_what_is_not_positive(picture, "log_x", "--x", axes.x, &PicturePoint::x, &Mark::x);
  if (picture.log_y) refuse_what_is_not_positive(picture, "log_y", "--y", axes.y, &PicturePoint::y, &Mark::y);
}

// ---- titles

std::string folder_name(const fs::path& folder) {
  const fs::path normal = fs::absolute(folder).lexically_normal();
  return (normal.has_filename() ? normal.filename() : normal.parent_path().filename()).string();
}

// How many replicas a point has, over all folders.
struct ReplicaCounts {
  double least = std::numeric_limits<double>::infinity(), most = 0;

  void add(const Table& summary) {
    const auto column = find_column(summary, "replicas");
    if (!column) return;
    for (const auto& row : summary.rows)
      if (const auto count = parse_number(row[*column])) {
        least = std::min(least, *count);
        most = std::max(most, *count);
      }
  }

  std::string words() const {
    if (most < 2) return "";
    const std::string count =
        least == most ? number(most) : fmt::format("{} to {}", number(least), number(most));
    return fmt::format("mean and one standard deviation of {} replicas", count);
  }
};

}  // namespace

std::vector<std::string> folder_prefixes(const std::vector<fs::path>& folders) {
  if (folders.size() == 1) return {""};
  std::set<std::string> distinct;
  for (const auto& folder : folders) distinct.insert(folder_name(folder));
  std::vector<std::string> prefixes;
  for (const auto& folder : folders)
    prefixes.push_back((distinct.size() == folders.size() ? folder_name(folder) : folder.string()) + ": ");
  return prefixes;
}

Picture picture_of(const std::vector<fs::path>& folders, const AxisChoice& choice) {
  if (folders.empty()) throw PlotError("there is nothing to draw: no results folder was given");
  Picture picture;
  Axes axes;
  ReplicaCounts replicas;
  Heading heading;
  const auto prefixes = folder_prefixes(folders);
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const Json experiment = read_experiment(folders[i]);
    const Table summary = read_summary(folders[i]);
    if (i == 0) axes = axes_of(experiment, summary);
    add_series(picture.series, points_of(folders[i], summary, axes), prefixes[i], axes);
    if (axes_of(experiment, summary) == axes) add_marks(picture.marks, marks_of(experiment, axes));
    heading.add({text_at(experiment, "name"), text_at(experiment, "title"), text_at(experiment, "source")},
                folders[i], prefixes[i]);
    replicas.add(summary);
  }
  picture.title = heading.title();
  picture.subtitle = heading.subtitle({heading.finished() ? replicas.words() : ""});
  picture.x_label = axis_words(axes.x);
  picture.y_label = axes.normalised ? axis_words(axes.y, 1) + " / that at the start" : axis_words(axes.y);
  picture.log_x = choice.log_x.value_or(axes.log_x.value_or(spans_decades(picture)));
  picture.log_y = choice.log_y.value_or(axes.log_y);
  if (axes.x == "at" && picture.log_x) leave_out_step_0(picture.series);
  sort_points(picture.series);
  refuse_what_cannot_be_drawn(picture, axes);
  if (axes.x != "at") find_levels(picture);
  return picture;
}

}  // namespace innate::host
