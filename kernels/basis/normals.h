// The numbers of R (definition: basis.h), four at a time.
#pragma once

#include <Random123/philox.h>

#include "innate/kernels/random.h"
#include "kernels/core/math.h"

namespace innate::basis {

namespace formulas {
using math::fma;
using math::less;
using math::log;
using math::select;
INNATE_HD float sqrt(float x) { return sqrtf(x); }

#define INNATE_FORMULA INNATE_HD
#include "kernels/basis/formulas.inc"
#undef INNATE_FORMULA
}  // namespace formulas

/// p of elements 4 * block to 4 * block + 3 of line `line`.
INNATE_HD void uniforms(uint64_t seed, uint32_t line, uint32_t block, float* p) {
  const r123::Philox4x32::ctr_type counter = {
      {block, line, static_cast<uint32_t>(random::Purpose::basis), 0}};
  const r123::Philox4x32::key_type key = {{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)}};
  const r123::Philox4x32::ctr_type words = r123::Philox4x32()(counter, key);
  for (unsigned i = 0; i < 4; ++i)
    p[i] = (static_cast<float>(static_cast<int32_t>(words[i] >> 9)) + 0.5f) * (1.0f / 8388608.0f);
}

/// The four elements themselves.
INNATE_HD void normals(uint64_t seed, uint32_t line, uint32_t block, float* r) {
  float p[4];
  uniforms(seed, line, block, p);
  for (int i = 0; i < 4; ++i) r[i] = formulas::quantile(p[i]);
}

}  // namespace innate::basis
