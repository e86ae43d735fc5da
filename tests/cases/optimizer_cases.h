// Parameter counts for the optimizer.
#pragma once

#include <cstdint>
#include <vector>

namespace innate::cases {

struct Optimizer {
  const char* name;
  bool small;                       // fit for the SIMT executor
  std::vector<int64_t> parameters;  // one a replica
};

inline const std::vector<Optimizer>& optimizer() {
  static const std::vector<Optimizer> cases = {
      {"small_1", true, {1}},
      {"small_15_17", true, {15, 17, 16}},
      {"small_257_3", true, {257, 3, 256, 1}},
      {"small_31_equal", true, {31, 31}},
      {"4099", false, {4099, 2048, 2}},
      {"262411", false, {262411}},  // more than 1024 blocks of 256
  };
  return cases;
}

}  // namespace innate::cases
