// Loads and stores of 8 and 16 bytes that are one access. g++ may split one of a float4 into several, which
// the counters would take for what the device does. Functions of the library, so that the kernel's line is
// their caller. As on the device, an address must be a multiple of the size; here it is an error otherwise.
#pragma once

#include "simt/types.h"

namespace simt {

float2 load8(const float* from);
float4 load16(const float* from);
void store8(float* to, float2 value);
void store16(float* to, float4 value);

}  // namespace simt
