// Shapes for the random basis: odd sizes, and sizes around what is made at a time (64 columns of R, lines of
// it, 4 numbers, 16 lanes, 8 lines of a combination); both orders of contraction, and replicas of both.
#pragma once

#include <cstdint>
#include <vector>

namespace innate::cases {

struct BasisProduct {
  const char* name;
  bool small;  // fit for the SIMT executor
  int rows, inputs, outputs;
  std::vector<int64_t> vectors;  // one a replica
  double density = 1.0;
  bool pixels = false, biased = false;
};

inline const std::vector<BasisProduct>& basis_products() {
  static const std::vector<BasisProduct> cases = {
      {"small_1x1x1_v1", true, 1, 1, 1, {1}},
      {"small_3x17x5_v4", true, 3, 17, 5, {4, 3, 9}, 0.1, true, true},
      {"small_2x7x3_v67", true, 2, 7, 3, {67, 1}, 0.2, true, true},        // features in two panels
      {"small_66x9x2_v66", true, 66, 9, 2, {66, 5}, 1.0, true, true},      // W in lines, dP in two panels
      {"small_65x6x3_v129", true, 65, 6, 3, {129, 2}, 1.0, false, false},  // floats
      {"small_9x33x4_v2_v63", true, 9, 33, 4, {2, 63, 64}, 0.12, true, true},
      {"64x784x10_v78", false, 64, 784, 10, {78, 15, 400}, 0.19, true, true},
      {"500x301x7_v130", false, 500, 301, 7, {130, 3}, 0.19, true, false},
      {"5x11x3_v1000", false, 5, 11, 3, {1000, 1}, 0.5, true, true},
  };
  return cases;
}

struct BasisCombination {
  const char* name;
  bool small;
  int64_t weights;
  std::vector<int64_t> numbers;  // one a replica
  bool scaled = true;
};

inline const std::vector<BasisCombination>& basis_combinations() {
  static const std::vector<BasisCombination> cases = {
      {"small_w1_n1", true, 1, {1}},
      {"small_w15_n9", true, 15, {9, 1, 8}},
      {"small_w130_n3", true, 130, {3, 17}, false},
      {"small_w33_n35", true, 33, {35, 34}},
      {"w7850_n100", false, 7850, {100, 10}},
      {"w257_n1000", false, 257, {1000, 1, 7}},
  };
  return cases;
}

}  // namespace innate::cases
