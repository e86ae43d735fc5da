#include "host/plot/heading.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/experiment/experiment.h"
#include "host/plot/words.h"
#include "host/results/csv.h"
#include "host/results/results_folder.h"
#include "host/results/text.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_source = 60;  // columns; the notes behind it have room

// Of experiment.json beside the tables, which a killed run may not have written yet.
std::size_t runs_of(const fs::path& folder, std::size_t in_table) {
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
  const std::size_t all = std::max(runs.rows.size(), runs_of(folder, runs.rows.size()));
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
