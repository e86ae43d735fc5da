// Pooling, block by block: one window of one column of a channel a thread. Columns of neighbouring threads
// follow each other.
#pragma once

#include "kernels/core/each.cuh"
#include "kernels/core/math.h"
#include "kernels/pooling/call.h"

namespace innate::pooling {

namespace formulas {
using math::is_nan;
using math::less;
using math::select;
#define INNATE_FORMULA INNATE_HD
#include "kernels/pooling/formulas.inc"
#undef INNATE_FORMULA
}  // namespace formulas

/// A window, or at the map's ends what there is of one, and a number of each of its pixels. (32-bit
/// divisions: those of 64 bits cost more than the rest.)
struct AWindow {
  uint32_t i, j, number;
  int height, width;

  __device__ AWindow(const Call& call, uint32_t across, uint32_t e) {
    const uint32_t line = static_cast<uint32_t>(call.line()), pixel = e / line;
    number = e - pixel * line, i = pixel / across, j = pixel - i * across;
    const int below = call.height - static_cast<int>(i) * call.window.height;
    const int beside = call.width - static_cast<int>(j) * call.window.width;
    height = below < call.window.height ? below : call.window.height;
    width = beside < call.window.width ? beside : call.window.width;
  }
  __device__ bool whole(const Call& call) const {
    return height == call.window.height && width == call.window.width;
  }
  /// In the map.
  __device__ int64_t begin(const Call& call) const {
    const int64_t row = static_cast<int64_t>(i) * call.window.height;
    return (row * call.width + static_cast<int64_t>(j) * call.window.width) * call.line() + number;
  }
  /// each(place, number in the map).
  template <class Each>
  __device__ __forceinline__ void numbers(const Call& call, const Each& each) const {
    const int64_t line = call.line(), first = begin(call);
    float place = 0.0f;
    for (int y = 0; y < height; ++y) {
      int64_t at = first + y * call.width * line;
      for (int x = 0; x < width; ++x, at += line, place += 1.0f) each(place, at);
    }
  }
  __device__ __forceinline__ formulas::Largest<float> largest(const Call& call) const {
    formulas::Largest<float> found{call.in[begin(call)], 0.0f};
    numbers(call, [&](float place, int64_t at) { formulas::look(&found, call.in[at], place); });
    return found;
  }
};

template <int Threads>
struct Pool {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const auto all = static_cast<uint32_t>(call.written()), across = static_cast<uint32_t>(call.across());
    for (uint32_t e = static_cast<uint32_t>(first_of<Threads>(block)); e < all;
         e += static_cast<uint32_t>(blocks * Threads)) {
      const AWindow window(call, across, e);
      if (call.window.function == Function::max) {
        call.out[e] = window.largest(call).value;
        continue;
      }
      float sum = 0.0f;
      window.numbers(call, [&](float, int64_t at) { sum += call.in[at]; });
      call.out[e] = sum / call.numbers();
    }
  }
};

template <int Threads>
struct PoolBackward {
  static constexpr int kThreads = Threads;
  using Shared = Nothing;

  /// Threads that have work: those of what the map's ends have of a window too, where zeros go.
  static __host__ __device__ int64_t count(const Call& call) {
    return ceil_div(call.height, call.window.height) * ceil_div(call.width, call.window.width) * call.line();
  }

  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t blocks) {
    const auto all = static_cast<uint32_t>(count(call));
    const auto across = static_cast<uint32_t>(ceil_div(call.width, call.window.width));
    const auto line = static_cast<uint32_t>(call.line());
    for (uint32_t e = static_cast<uint32_t>(first_of<Threads>(block)); e < all;
         e += static_cast<uint32_t>(blocks * Threads)) {
      const AWindow window(call, across, e);
      if (!window.whole(call)) {
        window.numbers(call, [&](float, int64_t at) { put(0.0f, call.add, call.din[at]); });
        continue;
      }
      const auto inside = static_cast<uint32_t>(call.across());
      const float dout = call.dout[static_cast<int64_t>(window.i * inside + window.j) * line + window.number];
      if (call.window.function == Function::max) {
        const formulas::Largest<float> found = window.largest(call);
        window.numbers(call, [&](float place, int64_t at) {
          put(formulas::part_of(found, place, dout), call.add, call.din[at]);
        });
      } else {
        const float part = dout / call.numbers();
        window.numbers(call, [&](float, int64_t at) { put(part, call.add, call.din[at]); });
      }
    }
  }

 private:
  static __device__ __forceinline__ void put(float gradient, bool add, float& to) {
    to = add ? to + gradient : gradient;
  }
};

}  // namespace innate::pooling
