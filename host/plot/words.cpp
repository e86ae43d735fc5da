#include "host/plot/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "host/experiment/experiment.h"
#include "host/results/csv.h"
#include "host/results/results_folder.h"
#include "host/results/run_table.h"
#include "host/results/text.h"

namespace innate::host {

namespace fs = std::filesystem;

// ---- axes

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<Pair, 9> whole_columns{{
    {"percent", "parameters, % of the direct network's weights"},
    {"compression", "compression, direct network's weights per parameter"},
    {"genome_parameters", "parameters of the genome"},
    {"paper_parameters", "parameters of the genome, as the paper counts them"},
    {"network_parameters", "weights of the direct network"},
    {"genome.genes", "genes"},
    {"learning.optimizer.rate", "learning rate"},
    {"learning.batch", "batch size"},
    {"at", "steps"},
}};

// `accuracy` alone is the test's; another set is named in the column (train_accuracy).
std::string metric_words(std::string_view metric) {
  if (metric == "accuracy") return "test accuracy";
  constexpr std::string_view within = "within_", between = "between_";
  if (metric.starts_with(within))
    return "distance to the mean of the class, " + metric_words(metric.substr(within.size()));
  if (metric.starts_with(between))
    return "distance between means of classes, " + metric_words(metric.substr(between.size()));
  std::string words(metric);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string column_words(std::string_view column) {
  for (const auto& [name, words] : whole_columns)
    if (name == column) return std::string(words);
  for (const std::string_view prefix : {"best_", "final_"})
    if (column.starts_with(prefix)) {
      const auto word = prefix.substr(0, prefix.size() - 1);
      return std::string(word) + " " + metric_words(column.substr(prefix.size()));
    }
  return metric_words(column);
}

}  // namespace

std::string axis_words(std::string_view column) { return axis_words(column, axis_factor(column)); }

std::string axis_words(std::string_view column, double factor) {
  return column_words(column) + (factor == 100 ? ", %" : "");
}

double axis_factor(std::string_view column) { return is_share(column) ? 100 : 1; }

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  std::string result;
  for (const auto& text : texts) {
    if (!result.empty()) result += separator;
    result += text;
  }
  return result;
}

// ---- title and subtitle

namespace {

constexpr std::size_t longest_source = 60;  // columns; the notes behind it have room

// Of experiment.json beside the tables, which a killed run may not have written yet.
std::size_t run_count(const fs::path& folder, std::size_t in_table) {
  try {
    const Experiment experiment = load_experiment((folder / results_name::experiment).string());
    return experiment.points.size() * static_cast<std::size_t>(experiment.replicas);
  } catch (const std::runtime_error&) {
    return in_table;
  }
}

// "not finished: 3 of 10 runs".
std::string unfinished_text(const fs::path& folder, const std::string& prefix) {
  const fs::path file = folder / results_name::runs;
  if (!fs::exists(file)) return "";
  const Table runs = read_csv(file);
  const auto status = find_column(runs, "status");
  if (!status) return "";
  const auto ended = static_cast<std::size_t>(std::count_if(
      runs.rows.begin(), runs.rows.end(), [&](const auto& row) { return row[*status] != "running"; }));
  const std::size_t all = std::max(runs.rows.size(), run_count(folder, runs.rows.size()));
  return ended == all ? "" : fmt::format("{}not finished: {} of {} runs", prefix, ended, all);
}

}  // namespace

void add_once(std::vector<std::string>& texts, const std::string& text) {
  if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
}

void Heading::add(const About& experiment, const fs::path& folder, const std::string& prefix) {
  const auto& [name, title, source] = experiment;
  add_once(titles_, !title.empty() ? title : !source.empty() ? source : name);
  if (sources_.empty() || sources_.back() != source) sources_.push_back(source);
  add_once(unfinished_, unfinished_text(folder, prefix));
}

std::string Heading::title() const { return joined(titles_, ", "); }

std::string Heading::subtitle(const std::vector<std::string>& notes) const {
  std::vector<std::string> all = unfinished_;
  if (sources_.size() == 1 && sources_.front() != title())
    add_once(all, fitted(sources_.front(), longest_source));
  for (const std::string& note : notes) add_once(all, note);
  return joined(all, "; ");
}

}  // namespace innate::host
