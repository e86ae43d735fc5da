// "Did you mean": the nearest of a few words by edit distance.
#include <innate/engine/schema.h>

#include <algorithm>
#include <string>
#include <vector>

namespace innate::engine {
namespace {

std::string lower(std::string word) {
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return word;
}

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

constexpr std::size_t longest_compared =
    64;  // nothing in a table is longer; the distance costs length squared

}  // namespace

std::string did_you_mean(const std::string& written, const std::vector<std::string>& candidates) {
  if (written.size() > longest_compared) return "";
  const std::string* nearest = nullptr;
  std::size_t least = 0;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(lower(written), lower(candidate));
    const std::size_t allowed = std::max<std::size_t>(1, std::max(written.size(), candidate.size()) / 3);
    if (distance > allowed || distance >= std::min(written.size(), candidate.size())) continue;
    if (!nearest || distance < least) nearest = &candidate, least = distance;
  }
  return nearest ? "; did you mean \"" + *nearest + "\"?" : "";
}

}  // namespace innate::engine
