#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace innate::host {

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
