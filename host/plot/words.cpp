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

// The length of the valid UTF-8 sequence at the start of `text`, 0 where it is not one.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  if (byte(0) < 0x80) return 1;
  if (byte(0) >= 0xC2 && byte(0) <= 0xDF && follows(1)) return 2;
  const bool three = follows(1) && follows(2);
  if (byte(0) == 0xE0 && three && byte(1) >= 0xA0) return 3;
  if (byte(0) == 0xED && three && byte(1) <= 0x9F) return 3;
  if (byte(0) >= 0xE1 && byte(0) <= 0xEF && byte(0) != 0xED && three) return 3;
  const bool four = three && follows(3);
  if (byte(0) == 0xF0 && four && byte(1) >= 0x90) return 4;
  if (byte(0) >= 0xF1 && byte(0) <= 0xF3 && four) return 4;
  if (byte(0) == 0xF4 && four && byte(1) <= 0x8F) return 4;
  return 0;
}

bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  return first < 0x20 || first == 0x7F || (first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0);
}

}  // namespace

std::string axis_words(std::string_view column) {
  return column_words(column) + (axis_factor(column) == 100 ? ", %" : "");
}

double axis_factor(std::string_view column) { return is_share(column) ? 100 : 1; }

std::string printable(std::string_view text, std::size_t longest) {
  std::string result;
  std::size_t last = 0;  // where the last character that leaves room for "…" ends
  for (std::size_t count = 0; !text.empty(); ++count) {
    if (count == longest) return result.substr(0, last) + "…";
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      result += "?";
    } else {
      result += is_control(text.substr(0, length)) ? " " : std::string(text.substr(0, length));
    }
    if (count + 1 < longest) last = result.size();
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  std::string result;
  for (const auto& text : texts) {
    if (!result.empty()) result += separator;
    result += text;
  }
  return result;
}

}  // namespace innate::host
