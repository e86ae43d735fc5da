// What a picture says in words: its axes, its title and subtitle.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace innate::host {

/// A column's name in words with its unit, as it stands on an axis: "best_accuracy" -> "best test accuracy,
/// %".
std::string axis_words(std::string_view column);
/// The same where values are multiplied by `factor`, 100 or 1.
std::string axis_words(std::string_view column, double factor);

/// What to multiply a column's values by to get the unit of axis_words: 100 for accuracies, else 1.
double axis_factor(std::string_view column);

/// The texts in a row. (fmt::join would do; with it, g++ 12 warns of fmt's own code at -O3.)
std::string joined(const std::vector<std::string>& texts, std::string_view separator);

/// What an experiment says of itself; all but the name may be empty.
struct About {
  std::string name, title, source;
};

/// Appends a text that is neither empty nor there already.
void add_once(std::vector<std::string>& texts, const std::string& text);

/// Title and subtitle of a picture of one or several experiments.
class Heading {
 public:
  /// `prefix`: what stands in front of the folder's labels.
  void add(const About& experiment, const std::filesystem::path& folder, const std::string& prefix);
  /// What is shown: titles, or sources, or names where an experiment says no more.
  std::string title() const;
  bool finished() const { return unfinished_.empty(); }
  /// What is not finished, the source that all share where it is not the title, and the notes.
  std::string subtitle(const std::vector<std::string>& notes) const;

 private:
  std::vector<std::string> titles_, sources_, unfinished_;
};

}  // namespace innate::host
