// The optimizer, element by element.
#pragma once

#include "kernels/core/device.cuh"
#include "kernels/core/math.h"
#include "kernels/optimizer/call.h"

namespace innate::optimizer::formulas {

using math::fma;
INNATE_HD float sqrt(float x) { return sqrtf(x); }

#define INNATE_FORMULA INNATE_HD
#include "kernels/optimizer/formulas.inc"
#undef INNATE_FORMULA

}  // namespace innate::optimizer::formulas
