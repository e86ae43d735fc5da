// Shapes for the dense layer: odd sizes, sizes around the kernels' tiles (64 x 32 x 16, 128 x 16 x 16; 16
// lanes, 1024 pixels, 256 rows), and whole fours, which are read at once.
#pragma once

#include <vector>

namespace innate::cases {

struct Dense {
  const char* name;
  bool small;  // fit for the SIMT executor
  int replicas;
  int rows, inputs, outputs;
  bool pixels = false, biased = false;
  bool shared = false;  // all replicas see the same data
};

inline const std::vector<Dense>& dense() {
  static const std::vector<Dense> cases = {
      {"small_1x1x1", true, 1, 1, 1, 1},
      {"small_63x15x31", true, 2, 63, 15, 31, false, true},
      {"small_64x16x32", true, 1, 64, 16, 32},
      {"small_65x17x33", true, 2, 65, 17, 33, false, true, true},
      {"small_3x67x5_pixels", true, 3, 3, 67, 5, true, true},
      {"small_17x65x34_pixels", true, 2, 17, 65, 34, true, false, true},
      {"small_2x1025x3_pixels", true, 1, 2, 1025, 3, true, true},
      {"small_132x20x16", true, 2, 132, 20, 16, false, true},
      {"small_68x48x36", true, 1, 68, 48, 36},
      {"small_36x48x24_pixels", true, 2, 36, 48, 24, true, true},
      {"small_132x36x12_pixels", true, 1, 132, 36, 12, true, false, true},
      {"257x785x10_pixels", false, 3, 257, 785, 10, true, true, true},
      {"37x2050x65_pixels", false, 1, 37, 2050, 65, true, true},
      {"513x101x100", false, 2, 513, 101, 100, false, true},
      {"256x64x49_pixels", false, 2, 256, 64, 49, true},
      {"5x1024x113_pixels", false, 2, 5, 1024, 113, true, true},
      {"1030x64x130", false, 1, 1030, 64, 130, false, true},
      {"97x31x1", false, 5, 97, 31, 1, false, true},
  };
  return cases;
}

}  // namespace innate::cases
