// Data sets and batch sizes for batch.
#pragma once

#include <cstdint>
#include <vector>

namespace innate::cases {

struct Batch {
  const char* name;
  bool small;  // fit for the SIMT executor
  int replicas, rows, pixels, samples;
  std::vector<int64_t> steps;
};

inline const std::vector<Batch>& batch() {
  static const std::vector<Batch> cases = {
      {"small_1_of_1", true, 1, 1, 1, 1, {0, 1, 7}},
      {"small_3_of_7", true, 3, 3, 5, 7, {0, 1, 2, 3, 101}},
      {"small_5_of_64", true, 2, 5, 129, 64, {0, 11, 12, 13}},
      {"small_17_of_17", true, 2, 17, 127, 17, {0, 1, 40}},
      {"64_of_1000", false, 4, 64, 784, 1000, {0, 1, 14, 15, 100000}},
      {"257_of_65537", false, 2, 257, 3, 65537, {0, 254, 255, 12345}},
  };
  return cases;
}

}  // namespace innate::cases
