// Counts of numbers for activations, at and around the 16 that the CPU takes at once and a block's 256.
#pragma once

#include <cstdint>
#include <vector>

namespace innate::cases {

struct Activation {
  const char* name;
  bool small;                     // fit for the SIMT executor
  std::vector<int64_t> elements;  // one a replica
};

inline const std::vector<Activation>& activation() {
  static const std::vector<Activation> cases = {
      {"small_1", true, {1}},
      {"small_15_17", true, {15, 17, 16}},
      {"small_257_3", true, {257, 3, 256, 1}},
      {"small_31_equal", true, {31, 31}},
      {"50177", false, {50177, 2048, 2}},
  };
  return cases;
}

}  // namespace innate::cases
