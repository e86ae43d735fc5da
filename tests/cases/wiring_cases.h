// Shapes for wiring: odd sizes, and sizes at and around the tiles of the kernels (64 rows, 32 columns, 8
// deep, 16 lanes; of the pass over dW: 64 rows, 128 or 16 columns, 8, 24 or 32 genes at a time, some 350 in
// one pass).
#pragma once

#include <cstdint>
#include <vector>

namespace innate::cases {

struct Wiring {
  const char* name;
  bool small;  // fit for the SIMT executor
  int inputs, outputs;
  std::vector<int64_t> genes;  // one a replica
  bool scaled = false;         // one s a replica
  bool shared = false;         // all replicas see the same X and Y
};

inline const std::vector<Wiring>& wiring() {
  static const std::vector<Wiring> cases = {
      {"small_1x1_g1", true, 1, 1, {1}, false},
      {"small_7x5_g3", true, 7, 5, {3, 1, 2}, true},
      {"small_63x31_g15", true, 63, 31, {15}, false},
      {"small_64x32_g16", true, 64, 32, {16, 4}, true},
      {"small_65x33_g17", true, 65, 33, {17, 1, 5}, true},
      {"small_67x3_g33", true, 67, 3, {33, 2, 32}, true},
      {"small_3x2_g129", true, 3, 2, {129, 7}, true},
      {"small_65x132_g9", true, 65, 132, {9, 4}, true},
      {"small_5x261_g26", true, 5, 261, {26, 2}, true},
      {"small_5x3_g401", true, 5, 3, {401, 7}, true},
      {"small_129x34_g3_shared", true, 129, 34, {3, 3, 3}, true, true},
      {"785x100_g10", false, 785, 100, {10, 3, 7, 1}, true},
      {"70x41_g131", false, 70, 41, {131, 127, 40}, true},
      {"128x64_g128", false, 128, 64, {128, 33}, false},
      {"257x61_g257", false, 257, 61, {257}, true},
      {"1x97_g31", false, 1, 97, {31, 29}, true},
      {"191x1_g2", false, 191, 1, {2, 1, 2, 1, 2}, true},
  };
  return cases;
}

}  // namespace innate::cases
