#include "host/results/run_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <tuple>

namespace innate::host {
namespace {

using Cells = std::vector<std::string>;
using Named = std::vector<std::pair<std::string, double>>;

// The number of `item` in `seen`, which it joins when it is new.
template <typename Item>
std::size_t rank(std::vector<Item>& seen, const Item& item) {
  const auto at = std::find(seen.begin(), seen.end(), item);
  if (at != seen.end()) return static_cast<std::size_t>(at - seen.begin());
  seen.push_back(item);
  return seen.size() - 1;
}

void check_status(const RunRow& run) {
  static constexpr std::array<std::string_view, 4> allowed{"done", "stopped", "diverged", "running"};
  if (std::find(allowed.begin(), allowed.end(), run.status) == allowed.end())
    throw std::invalid_argument(
        fmt::format("a run's status is '{}'; it must be done, stopped, diverged or running", run.status));
}

// The runs in the order of the tables, and the columns that all of them need.
struct Arranged {
  std::vector<std::size_t> order;  // indices of runs
  std::vector<std::size_t> point;  // for each index of a run: rank of its variant's point
  Cells point_columns, best, final;

  explicit Arranged(std::span<const RunRow> runs) : order(runs.size()), point(runs.size()) {
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return runs[a].point_number < runs[b].point_number;
    });
    order_by_point(runs);
    collect_columns(runs);
  }

 private:
  void order_by_point(std::span<const RunRow> runs) {
    using Key = std::pair<std::string, decltype(RunRow::point)>;
    std::vector<std::string> variants;
    std::vector<Key> points;
    std::vector<std::size_t> variant(runs.size());
    for (const auto i : order) {
      variant[i] = rank(variants, runs[i].variant);
      point[i] = rank(points, Key(runs[i].variant, runs[i].point));
    }
    const auto key = [&](std::size_t i) { return std::tuple(variant[i], point[i], runs[i].replica); };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  }

  void collect_columns(std::span<const RunRow> runs) {
    for (const auto i : order) {
      check_status(runs[i]);
      for (const auto& [column, value] : runs[i].point) rank(point_columns, column);
      for (const auto& [metric, value] : runs[i].best) rank(best, metric);
      for (const auto& [metric, value] : runs[i].final) rank(final, metric);
    }
  }
};

template <typename Value>
std::optional<Value> find(const std::vector<std::pair<std::string, Value>>& named, const std::string& name) {
  for (const auto& [key, value] : named)
    if (key == name) return value;
  return std::nullopt;
}

void append(Cells& to, const Cells& cells) { to.insert(to.end(), cells.begin(), cells.end()); }

Cells identity_cells(const RunRow& run, const Arranged& arranged) {
  Cells cells{run.variant};
  for (const auto& column : arranged.point_columns) cells.push_back(find(run.point, column).value_or(""));
  return cells;
}

Cells identity_columns(const Arranged& arranged) {
  Cells columns{"variant"};
  append(columns, arranged.point_columns);
  return columns;
}

std::string count_cell(std::int64_t count) { return count < 0 ? "" : std::to_string(count); }

Cells metric_cells(const Named& values, const Cells& metrics) {
  Cells cells;
  for (const auto& metric : metrics) {
    const auto value = find(values, metric);
    cells.push_back(value ? number(*value) : "");
  }
  return cells;
}

Cells run_cells(const RunRow& run, const Arranged& arranged) {
  Cells cells = identity_cells(run, arranged);
  append(cells, {std::to_string(run.replica), std::to_string(run.seed), std::to_string(run.genome_parameters),
                 count_cell(run.paper_parameters), std::to_string(run.network_parameters),
                 number(run.compression), number(run.percent), std::to_string(run.progress), run.status});
  append(cells, metric_cells(run.best, arranged.best));
  append(cells, metric_cells(run.final, arranged.final));
  return cells;
}

// The replicas of one point, and how to condense one number of theirs.
using Replicas = std::vector<const RunRow*>;

template <typename Get>
std::vector<double> values_of(const Replicas& replicas, Get get) {
  std::vector<double> values;
  for (const auto* run : replicas)
    if (const std::optional<double> value = get(*run)) values.push_back(*value);
  return values;
}

std::string short_number(float value) {
  return std::isfinite(value) ? fmt::format("{:.7g}", value) : number(value);
}

Cells mean_and_sd(const std::vector<double>& values) {
  return {values.empty() ? "" : number(mean(values)), values.size() < 2 ? "" : number(sample_sd(values))};
}

template <typename Get>
std::string point_cell(const Replicas& replicas, Get get) {
  const auto values = values_of(replicas, [&](const RunRow& run) -> std::optional<double> {
    const auto value = static_cast<double>(get(run));
    return value < 0 ? std::nullopt : std::optional(value);
  });
  return values.empty() ? "" : number(mean(values));
}

Cells point_cells(const Replicas& all) {
  return {point_cell(all, [](const RunRow& run) { return run.genome_parameters; }),
          point_cell(all, [](const RunRow& run) { return run.paper_parameters; }),
          point_cell(all, [](const RunRow& run) { return run.network_parameters; }),
          point_cell(all, [](const RunRow& run) { return run.compression; }),
          point_cell(all, [](const RunRow& run) { return run.percent; })};
}

Cells summary_cells(const Replicas& all, const Arranged& arranged) {
  Replicas sound;
  for (const auto* run : all)
    if (run->status != "diverged") sound.push_back(run);
  Cells cells = identity_cells(*all.front(), arranged);
  append(cells, {std::to_string(all.size()), std::to_string(all.size() - sound.size())});
  append(cells, point_cells(all));
  append(cells, mean_and_sd(values_of(sound, [](const RunRow& run) {
           return std::optional(static_cast<double>(run.progress));
         })));
  for (const auto& metric : arranged.best)
    append(cells, mean_and_sd(values_of(sound, [&](const RunRow& run) { return find(run.best, metric); })));
  for (const auto& metric : arranged.final)
    append(cells, mean_and_sd(values_of(sound, [&](const RunRow& run) { return find(run.final, metric); })));
  return cells;
}

Cells summary_columns(const Arranged& arranged) {
  Cells columns = identity_columns(arranged);
  append(columns, {"replicas", "diverged", "genome_parameters", "paper_parameters", "network_parameters",
                   "compression", "percent", "progress_mean", "progress_sd"});
  for (const auto& metric : arranged.best)
    append(columns, {"best_" + metric + "_mean", "best_" + metric + "_sd"});
  for (const auto& metric : arranged.final)
    append(columns, {"final_" + metric + "_mean", "final_" + metric + "_sd"});
  return columns;
}

// Indices of the metric rows in the order of the table; of two that say the same thing, the later.
std::vector<std::size_t> metric_order(const Arranged& arranged, std::span<const MetricRow> metrics) {
  std::vector<std::size_t> run_rank(arranged.order.size());
  for (std::size_t i = 0; i < arranged.order.size(); ++i) run_rank[arranged.order[i]] = i;
  std::vector<std::size_t> order(metrics.size());
  std::iota(order.begin(), order.end(), 0);
  const auto when = [&](std::size_t i) { return std::tuple(run_rank[metrics[i].run], metrics[i].at); };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return when(a) < when(b); });

  Cells names;
  std::vector<std::size_t> metric(metrics.size());
  for (const auto i : order) metric[i] = rank(names, metrics[i].metric);
  const auto key = [&](std::size_t i) { return std::tuple_cat(when(i), std::tuple(metric[i])); };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });

  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < order.size(); ++i)
    if (i + 1 == order.size() || key(order[i]) != key(order[i + 1])) kept.push_back(order[i]);
  return kept;
}

}  // namespace

Table metrics_table(std::span<const RunRow> runs, std::span<const MetricRow> metrics) {
  for (const auto& row : metrics)
    if (row.run < 0 || static_cast<std::size_t>(row.run) >= runs.size())
      throw std::invalid_argument(
          fmt::format("a metric row is of run {}, there are {} runs", row.run, runs.size()));
  const Arranged arranged(runs);
  Table table{identity_columns(arranged), {}};
  append(table.columns, {"replica", "at", "metric", "value"});
  for (const auto i : metric_order(arranged, metrics)) {
    const MetricRow& row = metrics[i];
    const RunRow& run = runs[static_cast<std::size_t>(row.run)];
    table.rows.push_back(identity_cells(run, arranged));
    append(table.rows.back(),
           {std::to_string(run.replica), std::to_string(row.at), row.metric, number(row.value)});
  }
  return table;
}

Table genes_table(std::span<const RunRow> runs, std::span<const GeneRow> genes) {
  const Arranged arranged(runs);
  std::vector<std::size_t> run_rank(arranged.order.size());
  for (std::size_t i = 0; i < arranged.order.size(); ++i) run_rank[arranged.order[i]] = i;
  using Key = std::tuple<std::size_t, std::int64_t, int, std::int64_t>;
  std::map<Key, const GeneRow*> ordered;
  for (const GeneRow& row : genes)
    ordered[{run_rank.at(static_cast<std::size_t>(row.run)), row.at, row.channel, row.gene}] = &row;
  Table table{identity_columns(arranged), {}};
  append(table.columns, {"at", "channel", "gene", "row", "column", "width"});
  for (const auto& [key, row] : ordered) {
    table.rows.push_back(identity_cells(runs[static_cast<std::size_t>(row->run)], arranged));
    append(table.rows.back(),
           {std::to_string(row->at), std::to_string(row->channel), std::to_string(row->gene),
            short_number(row->row), short_number(row->column), short_number(row->width)});
  }
  return table;
}

Table runs_table(std::span<const RunRow> runs) {
  const Arranged arranged(runs);
  Table table{identity_columns(arranged), {}};
  append(table.columns, {"replica", "seed", "genome_parameters", "paper_parameters", "network_parameters",
                         "compression", "percent", "progress", "status"});
  for (const auto& metric : arranged.best) table.columns.push_back("best_" + metric);
  for (const auto& metric : arranged.final) table.columns.push_back("final_" + metric);
  for (const auto i : arranged.order) table.rows.push_back(run_cells(runs[i], arranged));
  return table;
}

Table summary_table(std::span<const RunRow> runs) {
  const Arranged arranged(runs);
  Table table{summary_columns(arranged), {}};
  for (std::size_t i = 0; i < arranged.order.size();) {
    const std::size_t point = arranged.point[arranged.order[i]];
    Replicas replicas;
    for (; i < arranged.order.size() && arranged.point[arranged.order[i]] == point; ++i)
      replicas.push_back(&runs[arranged.order[i]]);
    table.rows.push_back(summary_cells(replicas, arranged));
  }
  return table;
}

bool is_result(std::string_view column) {
  static constexpr std::array<std::string_view, 14> names{"replica",
                                                          "replicas",
                                                          "diverged",
                                                          "seed",
                                                          "run",
                                                          "images",
                                                          "at",
                                                          "value",
                                                          "progress",
                                                          "genome_parameters",
                                                          "percent",
                                                          "compression",
                                                          "paper_parameters",
                                                          "network_parameters"};
  static constexpr std::array<std::string_view, 5> beginnings{"best_", "final_", "progress_", "accuracy",
                                                              "loss"};
  return std::find(names.begin(), names.end(), column) != names.end() ||
         std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return column.starts_with(beginning); });
}

bool is_share(std::string_view column) { return column.find("accuracy") != column.npos; }

}  // namespace innate::host
