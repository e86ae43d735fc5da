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

/// Bytes a second.
struct ByteRates {
  double read;   // where nothing is written
  double moved;  // read plus written, where that goes fastest
};

/// The rates at which so many bytes (or somewhat more) can be gone through again and again. What fits in a
/// cache goes at the cache's rate: a row is held against a peak that has the same chance.
///   CPU:  read is a sum; moved the fastest of a sum, a copy and an update in place
///   CUDA: both are a copy
ByteRates peak_bytes(Backend backend, double footprint);

/// What one call must do, whoever does it.
struct Task {
  double operations = 0;
  double read = 0, written = 0;  // bytes, once each
  std::int64_t items = 0;        // that it deals with
  double footprint = 0;          // bytes touched, where that is not read + written: work in place

  double bytes() const { return read + written; }
};

/// The least seconds that a call can take: for its operations, for its bytes.
double floor_of_operations(Backend backend, const Task& task);
double floor_of_bytes(Backend backend, const Task& task);

/// Whether a program is to measure the backend before its rows: each, unless INNATE_PEAKS names one, or none.
/// What is left out is measured where a row asks for it.
bool announces(Backend backend);

/// Puts the peaks of this machine's backends among what a program prints before its rows.
void announce_peaks();

namespace cpu {
/// Seconds that this thread has run. CPU rows have one thread and never wait, so this is the time they take
/// on an idle machine; what other programs take from the core is left out.
double thread_seconds();
double operations();
ByteRates bytes(std::int64_t footprint);
}  // namespace cpu

namespace cuda {  // only in builds with CUDA
double operations();
ByteRates bytes(std::int64_t footprint);
/// Seconds on the device, by events, from before the first to after the last of `calls` calls.
double seconds(const Context& context, int calls, const std::function<void()>& work);
}  // namespace cuda

#if defined(INNATE_CUDA)
inline constexpr bool kHaveCuda = true;
#else
inline constexpr bool kHaveCuda = false;
#endif

}  // namespace innate::benchmarks
