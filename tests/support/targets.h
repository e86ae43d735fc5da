// The instruction sets that the CPU backend was compiled for and this machine has.
#pragma once

#include "kernels/core/instruction_sets.h"

// That came first: it chooses what Highway knows of.
#include <hwy/highway.h>

#include <cstdint>
#include <vector>


namespace innate::test {

/// Bits of Highway's targets, fastest first.
inline std::vector<int64_t> cpu_targets() {
  std::vector<int64_t> found;
  pretend_instruction_sets(0);
  const int64_t here = instruction_sets();
  for (int64_t bit = 1; bit > 0; bit <<= 1)
    if (here & bit) found.push_back(bit);
  return found;
}

/// Whether the target has a fused multiply-add: those with one agree to the bit.
inline bool fuses(int64_t target) { return target <= HWY_AVX2; }

/// While it lives, the CPU backend takes this target.
class OnlyTarget {
 public:
  explicit OnlyTarget(int64_t target) { pretend_instruction_sets(target); }
  ~OnlyTarget() { pretend_instruction_sets(0); }
  OnlyTarget(const OnlyTarget&) = delete;
  OnlyTarget& operator=(const OnlyTarget&) = delete;
};

}  // namespace innate::test
