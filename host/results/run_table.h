#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/results/csv.h"

namespace innate::host {

/// One measurement of one run.
struct MetricRow {
  int run;          // index into the run rows
  std::int64_t at;  // step, epoch or generation
  std::string metric;
  double value;
};

/// Where a gene of one run lay at one of its tests; the grid of input neurons reaches from -1 to 1.
struct GeneRow {
  int run;          // index into the run rows
  std::int64_t at;  // step, epoch or generation
  int channel;
  std::int64_t gene;
  float row, column, width;
};

/// One replica of one point of one variant.
struct RunRow {
  std::string variant;
  std::vector<std::pair<std::string, std::string>> point;  // swept path, its value as text
  int replica = 0;
  std::uint64_t seed = 0;
  std::int64_t genome_parameters = 0, network_parameters = 0;
  double compression = 0, percent = 0;
  std::int64_t progress = 0;                                // steps, epochs or generations done
  std::string status;                                       // done | stopped | diverged | running
  std::vector<std::pair<std::string, double>> best, final;  // by metric
  std::int64_t paper_parameters = -1;                       // the paper's own count; -1: it gives none
  int point_number = 0;  // of `point` in the expanded experiment; orders the tables where given
};

/// The tables of a results folder (EXPERIMENTS.md). Rows are ordered by variant, point, replica
/// (metrics: then `at`, then metric); variants and points stand in the order of their numbers, and where
/// these are equal in the order first seen. So with numbers the order in which runs end does not matter.
/// Point columns are the union over variants; a point without one has an empty cell. Nothing of time or
/// machine is in them.
//
/// Throws std::invalid_argument for an unknown status or a metric row of no run.

/// variant, point..., replica, at, metric, value. A later row of the same run, `at` and metric replaces the
/// earlier.
Table metrics_table(std::span<const RunRow> runs, std::span<const MetricRow> metrics);

/// variant, point..., at, channel, gene, row, column, width (seven digits): the paths of the genes' centres.
/// Rows are ordered by run, `at`, channel and gene; a later row of the same four replaces the earlier. Of
/// each point one replica at most has rows.
Table genes_table(std::span<const RunRow> runs, std::span<const GeneRow> genes);

/// variant, point..., replica, seed, genome_parameters, paper_parameters, network_parameters, compression,
/// percent, progress, status, best_<metric>..., final_<metric>...
Table runs_table(std::span<const RunRow> runs);

/// A row per variant and point: variant, point..., replicas, diverged, genome_parameters, paper_parameters,
/// network_parameters, compression, percent, progress_mean, progress_sd, best_<metric>_mean,
/// best_<metric>_sd,
/// ... Diverged replicas are counted and left out of means. sd is the sample's (n - 1); empty for fewer than
/// two. The five numbers without a suffix are those of the point; where replicas differ in one, it is their
/// mean.
Table summary_table(std::span<const RunRow> runs);

/// Whether a column of the tables holds numbers that a run gave or that say how it went; the others say which
/// run it is, and their text is theirs: a variant may be called 1e3.
bool is_result(std::string_view column);

/// Whether a column holds a share of one that people read in percent: accuracies, with any prefix or suffix.
bool is_share(std::string_view column);

/// Exact where all values are equal.
inline double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value - values[0];
  return values[0] + sum / static_cast<double>(values.size());
}

/// The sample's standard deviation, with n - 1; for two values or more.
inline double sample_sd(std::span<const double> values) {
  const double center = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - center) * (value - center);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

}  // namespace innate::host
