// Warp operations: the lanes of a mask meet, and the last one computes for all of them.
#pragma once

#include "block.h"

namespace simt::detail {

/// Fills `out` of every lane in `lanes`, or what their `in` points to; `values` of others are null.
using Combine = void (*)(LaneValue* const (&values)[32], unsigned lanes);

/// Returns when all lanes of the mask have come. Without `combine` the lanes see what the others wrote.
void warp_operation(const char* operation, unsigned mask, LaneValue& value, Site site, Combine combine);

}  // namespace simt::detail
