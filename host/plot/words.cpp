#include "host/plot/words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "host/results/run_table.h"

namespace innate::host {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<Pair, 8> whole_columns{{
    {"percent", "parameters, % of the direct network's weights"},
    {"compression", "compression, direct network's weights per parameter"},
    {"genome_parameters", "parameters of the genome"},
    {"paper_parameters", "parameters of the genome, as the paper counts them"},
    {"network_parameters", "weights of the direct network"},
    {"genome.genes", "genes"},
    {"learning.optimizer.rate", "learning rate"},
    {"learning.batch", "batch size"},
}};

// `accuracy` alone is the test's; another set is named in the column (train_accuracy).
std::string metric_words(std::string_view metric) {
  if (metric == "accuracy") return "test accuracy";
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

std::string axis_words(std::string_view column) {
  return column_words(column) + (axis_factor(column) == 100 ? ", %" : "");
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

}  // namespace innate::host
