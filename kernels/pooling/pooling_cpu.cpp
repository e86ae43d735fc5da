// Pooling on the CPU: one replica a core, 16 numbers of a pixel at once, all windows one after the other.
#include <cstdint>

#include "kernels/core/instruction_sets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pooling/pooling_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/core/dispatch.h"
#include "kernels/core/parallel.h"
#include "kernels/core/simd.h"
#include "kernels/pooling/call.h"

HWY_BEFORE_NAMESPACE();
namespace innate::pooling {
namespace HWY_NAMESPACE {
using namespace innate::HWY_NAMESPACE;  // NOLINT: Lanes and its formulas, of this target

#define INNATE_FORMULA HWY_INLINE
#include "kernels/pooling/formulas.inc"
#undef INNATE_FORMULA

/// each(place, number) for a window's numbers; `step`: numbers of a pixel.
template <class Each>
HWY_INLINE void window(const Call& call, int64_t step, const Each& each) {
  float place = 0.0f;
  for (int y = 0; y < call.window.height; ++y)
    for (int x = 0; x < call.window.width; ++x, place += 1.0f)
      each(place, (static_cast<int64_t>(y) * call.width + x) * step);
}

HWY_INLINE Largest<Lanes> largest_of(const Call& call, const float* in, int count) {
  Largest<Lanes> found = {Lanes::load(in, count), Lanes::zero()};
  window(call, call.line(),
         [&](float place, int64_t at) { look(&found, Lanes::load(in + at, count), place); });
  return found;
}

void forward_one(const Call& call) {
  const int64_t line = call.line();
  float* out = call.out;
  for (int i = 0; i < call.down(); ++i)
    for (int j = 0; j < call.across(); ++j, out += line) {
      const float* in =
          call.in +
          (static_cast<int64_t>(i) * call.window.height * call.width + j * call.window.width) * line;
      for (int64_t e = 0; e < line; e += 16) {
        const int count = static_cast<int>(line - e < 16 ? line - e : 16);
        if (call.window.function == Function::max) {
          largest_of(call, in + e, count).value.store(out + e, count);
          continue;
        }
        Lanes sum = Lanes::zero();
        window(call, line, [&](float, int64_t at) { sum = sum + Lanes::load(in + e + at, count); });
        (sum / Lanes(call.numbers())).store(out + e, count);
      }
    }
}

/// Where a gradient goes.
HWY_INLINE void put(const Lanes& gradient, bool add, float* to, int count) {
  (add ? Lanes::load(to, count) + gradient : gradient).store(to, count);
}

void backward_of_windows(const Call& call) {
  const int64_t line = call.line();
  const float* dout = call.dout;
  for (int i = 0; i < call.down(); ++i)
    for (int j = 0; j < call.across(); ++j, dout += line) {
      const int64_t begin =
          (static_cast<int64_t>(i) * call.window.height * call.width + j * call.window.width) * line;
      for (int64_t e = 0; e < line; e += 16) {
        const int count = static_cast<int>(line - e < 16 ? line - e : 16);
        const Lanes d = Lanes::load(dout + e, count);
        float* din = call.din + begin + e;
        if (call.window.function == Function::max) {
          const Largest<Lanes> found = largest_of(call, call.in + begin + e, count);
          window(call, line,
                 [&](float place, int64_t at) { put(part_of(found, place, d), call.add, din + at, count); });
        } else {
          const Lanes part = d / Lanes(call.numbers());
          window(call, line, [&](float, int64_t at) { put(part, call.add, din + at, count); });
        }
      }
    }
}

void backward_one(const Call& call) {
  backward_of_windows(call);
  if (call.add) return;
  // What no window holds: the end of each row, and the last rows.
  const int64_t row = call.width * call.line();
  const int64_t end = static_cast<int64_t>(call.across()) * call.window.width * call.line();
  const int rows = call.down() * call.window.height;
  for (int h = 0; h < call.height; ++h) {
    float* din = call.din + h * row;
    for (int64_t e = h < rows ? end : 0; e < row; ++e) din[e] = 0.0f;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::pooling
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::pooling {

INNATE_EXPORT(forward_one);
INNATE_EXPORT(backward_one);

void cpu::forward(const Call& call) { INNATE_DISPATCH(forward_one)(call); }
void cpu::backward(const Call& call) { INNATE_DISPATCH(backward_one)(call); }

void cpu::forward(Context& context, const Calls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { forward(calls(static_cast<int>(i))); });
}

void cpu::backward(Context& context, const Calls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { backward(calls(static_cast<int>(i))); });
}

}  // namespace innate::pooling
#endif  // HWY_ONCE
