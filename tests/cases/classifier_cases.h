// Shapes for the classifier: rows around its 256 partial sums, classes around 16 lanes and up to the limit.
#pragma once

#include <vector>

namespace innate::cases {

struct Classifier {
  const char* name;
  bool small;  // fit for the SIMT executor
  int replicas, rows, classes;
};

inline const std::vector<Classifier>& classifier() {
  static const std::vector<Classifier> cases = {
      {"small_1x1", true, 1, 1, 1},     {"small_3x2", true, 3, 3, 2},    {"small_67x10", true, 2, 67, 10},
      {"small_257x3", true, 2, 257, 3}, {"small_2x17", true, 3, 2, 17},  {"small_5x256", true, 1, 5, 256},
      {"256x10", false, 4, 256, 10},    {"1031x10", false, 3, 1031, 10}, {"255x16", false, 2, 255, 16},
      {"127x31", false, 2, 127, 31},    {"513x255", false, 1, 513, 255},
  };
  return cases;
}

}  // namespace innate::cases
