// The call of a function that Highway compiled once for each instruction set (foreach_target.h): the best
// one that the machine has. Highway's own dispatch is part of its run-time library, which the engine does
// without. Include after instruction_sets.h and hwy/highway.h.
//
//   INNATE_EXPORT(work);                          once, where HWY_ONCE is set
//   INNATE_DISPATCH(work)(arguments...);
#pragma once

#include "kernels/core/instruction_sets.h"

namespace innate {

/// `of`: for AVX-512, for AVX2, for the compiler's baseline; null where it was not compiled.
template <class Function>
Function* best_of(Function* const (&of)[3]) {
  const int64_t sets = instruction_sets();
  if (of[0] && (sets & HWY_AVX3)) return of[0];
  if (of[1] && (sets & HWY_AVX2)) return of[1];
  return of[2];
}

}  // namespace innate

#define INNATE_EXPORT(function)                                                              \
  static decltype(&HWY_STATIC_DISPATCH(function)) const function##_of_instruction_sets[] = { \
      HWY_CHOOSE_AVX3(function), HWY_CHOOSE_AVX2(function), HWY_CHOOSE_FALLBACK(function)}
#define INNATE_DISPATCH(function) (*innate::best_of(function##_of_instruction_sets))
