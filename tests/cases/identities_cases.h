// Grids, axes and gene counts for identities: 16 genes go together, and on CUDA 32 rows.
#pragma once

#include <cstdint>
#include <vector>

namespace innate::cases {

struct Identities {
  const char* name;
  bool small;  // fit for the SIMT executor
  int height, width, channels, axes;
  std::vector<int64_t> genes;  // one a replica
};

inline const std::vector<Identities>& identities() {
  static const std::vector<Identities> cases = {
      {"small_1x1x1_g1", true, 1, 1, 1, 3, {1}},
      {"small_1x1_g17", true, 1, 1, 1, 2, {17, 1}},
      {"small_1x7x1_g3", true, 1, 7, 1, 2, {3, 1}},
      {"small_5x1x3_g17", true, 5, 1, 3, 3, {17, 16, 15}},
      {"small_3x4x2_g33", true, 3, 4, 2, 3, {33, 2, 7, 1}},
      {"small_37x2x3_g5", true, 37, 2, 3, 3, {5, 31}},
      {"small_13x11_g18", true, 13, 11, 1, 2, {18}},
      {"small_2x2x67_g7", true, 2, 2, 67, 3, {7}},
      {"small_1x1x11_g16", true, 1, 1, 11, 3, {16, 16}},
      {"28x28x6_g150", false, 28, 28, 6, 3, {150, 3}},
      {"67x5x3_g257", false, 67, 5, 3, 3, {257, 256}},
      {"100x97_g10", false, 100, 97, 1, 2, {10}},
  };
  return cases;
}

}  // namespace innate::cases
