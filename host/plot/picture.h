#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace innate::host {

/// What a picture shows, in the units of its axes (accuracies are already in %), before anything is drawn.
struct PicturePoint {
  double x, y;
  double sd = 0;  // of y over replicas; 0 where there is only one
};

struct Series {
  std::string label;
  std::vector<PicturePoint> points;  // by increasing x
  bool level = false;  // one point far to the right of everything else: drawn as a dashed line at its height
};

struct Mark {
  double x, y;
  std::string label;
};

struct Picture {
  std::string title, subtitle, x_label, y_label;
  bool log_x = false, log_y = false;
  std::vector<Series> series;
  std::vector<Mark> marks;
};

/// What tells the folders apart in a picture, "NAME: " for each: nothing for one folder, whole paths where
/// last names are equal.
std::vector<std::string> folder_prefixes(const std::vector<std::filesystem::path>& folders);

/// Kinds of axes that were asked for; none: as the first folder's `figure` says.
struct AxisChoice {
  std::optional<bool> log_x, log_y;
};

/// Reads the results folders (experiment.json's `figure`, summary.csv, and runs.csv for a column that the
/// summary has not). One series per variant; with several folders its label is "folder: variant". Axes come
/// from the first folder, marks from all. `figure` may be absent: x is then `percent`, and y the summary's
/// first `best_` column. Where x is `at`, y is a metric of metrics.csv, with a series per point and a place
/// per test that replicas have in common; diverged runs are left out. Where it does not say so, x is
/// logarithmic if points and marks span more than two decades. Throws PlotError where a file lacks what is
/// needed and ResultsError where it cannot be read.
Picture picture_of(const std::vector<std::filesystem::path>& folders, const AxisChoice& choice = {});

}  // namespace innate::host
