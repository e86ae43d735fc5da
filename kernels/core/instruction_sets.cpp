#include "kernels/core/instruction_sets.h"

#include <atomic>

// That came first: it chooses what Highway knows of.
#include <hwy/detect_targets.h>

#if HWY_ARCH_X86
#include <cpuid.h>
#endif

namespace innate {

namespace {

std::atomic<int64_t> pretended{0};

#if HWY_ARCH_X86
bool has_f16c() {  // not every compiler's __builtin_cpu_supports knows it
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

/// What Highway lets the compiler use for HWY_AVX2, and that the system saves the wide registers.
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("aes") &&
         __builtin_cpu_supports("pclmul") && has_f16c();
}

bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}
#endif

int64_t find() {
  int64_t sets = HWY_STATIC_TARGET;
#if HWY_ARCH_X86
  __builtin_cpu_init();
  if (has_avx2()) sets |= HWY_AVX2;
  if (has_avx512()) sets |= HWY_AVX3;
#endif
  return sets & static_cast<int64_t>(HWY_TARGETS);
}

}  // namespace

int64_t instruction_sets() {
  static const int64_t here = find();
  const int64_t asked = pretended.load(std::memory_order_relaxed);
  return asked ? asked : here;
}

void pretend_instruction_sets(int64_t sets) { pretended.store(sets, std::memory_order_relaxed); }

}  // namespace innate
