// What the machine can do at most, measured: one core of the CPU, or the CUDA device. Rows are held against
// it.
#pragma once

#include <cstdint>
#include <functional>

#include "innate/kernels/context.h"

namespace innate::benchmarks {

/// Operations a second: independent fused multiply-adds in registers (CPU), cublasSgemm of 8192 x 8192
/// without TF32 (CUDA).
double peak_operations(Backend backend);

/// Bytes a second at which about so many bytes can be gone through again and again: the faster of a copy
/// (bytes read plus bytes written) and, on the CPU, a sum. What fits in a cache goes at the cache's rate: a
/// row is held against a peak that has the same chance.
double peak_bytes(Backend backend, double footprint);

/// The least seconds a call can take that does these operations and moves these bytes once.
double floor_seconds(Backend backend, double operations, double bytes);

/// Puts the peaks of this machine's backends among what a program prints before its rows.
void announce_peaks();

namespace cpu {
double operations();
double bytes(std::int64_t footprint);
}  // namespace cpu

namespace cuda {  // only in builds with CUDA
double operations();
double bytes(std::int64_t footprint);
/// Seconds on the device, by events, from before the first to after the last of `calls` calls.
double seconds(const Context& context, int calls, const std::function<void()>& work);
}  // namespace cuda

#if defined(INNATE_CUDA)
inline constexpr bool kHaveCuda = true;
#else
inline constexpr bool kHaveCuda = false;
#endif

}  // namespace innate::benchmarks
