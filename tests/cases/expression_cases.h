// Grids and gene counts for expression.
#pragma once

#include <cstdint>
#include <vector>

namespace innate::cases {

struct Expression {
  const char* name;
  bool small;  // fit for the SIMT executor
  int height, width, channels;
  std::vector<int64_t> genes;  // one a replica
};

inline const std::vector<Expression>& expression() {
  static const std::vector<Expression> cases = {
      {"small_1x1_g1", true, 1, 1, 1, {1}},
      {"small_1x7_g3", true, 1, 7, 1, {3, 1}},
      {"small_5x1_g17", true, 5, 1, 1, {17, 16, 15}},
      {"small_3x4_g33", true, 3, 4, 1, {33, 2, 7, 1}},
      {"small_13x11_g24", true, 13, 11, 1, {24}},
      {"small_2x3_g261", true, 2, 3, 1, {261, 5}},
      {"small_4x3x2_g7", true, 4, 3, 2, {7, 1, 17}},
      {"small_3x5x3_g5", true, 3, 5, 3, {5, 16}},
      {"28x28_g10", false, 28, 28, 1, {10, 3, 31, 10}},
      {"17x29_g257", false, 17, 29, 1, {257, 256}},
      {"1x100_g7", false, 1, 100, 1, {7}},
      {"32x32x3_g26", false, 32, 32, 3, {26, 5, 11}},
  };
  return cases;
}

}  // namespace innate::cases
