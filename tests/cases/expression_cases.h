// Grids and gene counts for expression.
#pragma once

#include <cstdint>
#include <vector>

namespace innate::cases {

struct Expression {
  const char* name;
  bool small;  // fit for the SIMT executor
  int height, width;
  std::vector<int64_t> genes;  // one a replica
};

inline const std::vector<Expression>& expression() {
  static const std::vector<Expression> cases = {
      {"small_1x1_g1", true, 1, 1, {1}},
      {"small_1x7_g3", true, 1, 7, {3, 1}},
      {"small_5x1_g17", true, 5, 1, {17, 16, 15}},
      {"small_3x4_g33", true, 3, 4, {33, 2, 7, 1}},
      {"small_13x11_g24", true, 13, 11, {24}},
      {"small_2x3_g261", true, 2, 3, {261, 5}},
      {"28x28_g10", false, 28, 28, {10, 3, 31, 10}},
      {"17x29_g257", false, 17, 29, {257, 256}},
      {"1x100_g7", false, 1, 100, {7}},
  };
  return cases;
}

}  // namespace innate::cases
