// Maps and windows for pooling, at and around the 16 columns that the CPU takes at once.
#pragma once

#include <cstdint>
#include <vector>

namespace innate::cases {

struct Pooling {
  const char* name;
  bool small;  // fit for the SIMT executor
  int height, width, channels, window_height, window_width;
  std::vector<int64_t> columns;  // one a replica
};

inline const std::vector<Pooling>& pooling() {
  static const std::vector<Pooling> cases = {
      {"small_1x1x1_k1", true, 1, 1, 1, 1, 1, {1}},
      {"small_2x2x1_k17", true, 2, 2, 1, 2, 2, {17, 1}},
      {"small_5x7x3_k5", true, 5, 7, 3, 2, 2, {5, 16, 11}},  // a row and a column are dropped
      {"small_7x5x2_window_3x2", true, 7, 5, 2, 3, 2, {3, 1}},
      {"small_4x6x6_k3", true, 4, 6, 6, 2, 2, {3, 3}},
      {"small_3x5x7_global", true, 3, 5, 7, 3, 5, {13, 1}},
      {"small_6x1x1_window_4x1", true, 6, 1, 1, 4, 1, {31}},
      {"24x24x6_k64", false, 24, 24, 6, 2, 2, {64, 7}},
      {"29x31x16_k33", false, 29, 31, 16, 3, 4, {33}},
      {"64x64x3_global", false, 64, 64, 3, 64, 64, {17, 1}},
  };
  return cases;
}

}  // namespace innate::cases
