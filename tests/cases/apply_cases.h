// Shapes for apply: all three orders of contraction, alone and side by side in one call, from floats and
// from pixels, with odd sizes and sizes around the kernels' tiles.
#pragma once

#include <cstdint>
#include <vector>

namespace innate::cases {

struct Apply {
  const char* name;
  bool small;  // fit for the SIMT executor
  int rows, inputs, outputs;
  std::vector<int64_t> genes;  // one a replica
  bool pixels = false;
  bool scaled = false, biased = false;
  bool shared = false;  // all replicas see the same data
  double density = 1.0;
};

inline const std::vector<Apply>& apply() {
  static const std::vector<Apply> cases = {
      {"small_1x1x1_g1", true, 1, 1, 1, {1}},
      {"small_genes_3x17x67_g5", true, 3, 17, 67, {5, 2, 3}, false, true, true},
      {"small_genes_2x33x65_g17_pixels", true, 2, 33, 65, {17, 1}, true, true, false, true, 0.3},
      {"small_interaction_65x19x5_g3", true, 65, 19, 5, {3, 2}, false, true, true},
      {"small_interaction_33x31x7_g4_pixels", true, 33, 31, 7, {4, 1, 2}, true, false, true},
      {"small_weights_67x18x3_g17", true, 67, 18, 3, {17, 16}, false, true, true},
      {"small_weights_66x33x2_g19_pixels", true, 66, 33, 2, {19}, true, true, true},
      {"small_weights_50x37x3_g5", true, 50, 37, 3, {5, 4}, false, true},  // W larger than O and Y
      {"small_mixed_33x16x5_g1_to_33", true, 33, 16, 5, {2, 33, 1}, false, false, false, true},
      {"small_mixed_64x17x6_g2_to_40_pixels", true, 64, 17, 6, {40, 2}, true, true, true, false, 0.25},
      {"small_2x1025x3_g1_pixels", true, 2, 1025, 3, {1}, true, false, true},
      {"genes_16x785x257_g20_pixels", false, 16, 785, 257, {20, 7, 1}, true, true, true, false, 0.2},
      {"genes_31x129x200_g65", false, 31, 129, 200, {65, 64, 63, 2}, false, true, false, true},
      {"interaction_257x129x33_g10", false, 257, 129, 33, {10, 3, 16}, false, true, true},
      {"interaction_513x784x10_g9_pixels", false, 513, 784, 10, {9, 10, 2}, true, true, true, true, 0.19},
      {"weights_300x65x10_g70", false, 300, 65, 10, {70, 130}, false, true, true},
      {"weights_257x2051x11_g40_pixels", false, 257, 2051, 11, {40, 33}, true, true, true, false, 0.3},
      {"mixed_256x100x31_g1_to_90", false, 256, 100, 31, {1, 90, 13, 31, 47}, false, true, true, true},
  };
  return cases;
}

}  // namespace innate::cases
