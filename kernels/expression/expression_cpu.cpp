// Expression on the CPU: one replica a core, 16 genes (or columns: genes of all channels) at once.
#include <cstdint>

#include "kernels/core/instruction_sets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/expression/expression_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/core/dispatch.h"
#include "kernels/core/parallel.h"
#include "kernels/core/simd.h"
#include "kernels/expression/call.h"

HWY_BEFORE_NAMESPACE();
namespace innate::expression {
namespace HWY_NAMESPACE {
using namespace innate::HWY_NAMESPACE;  // NOLINT: Lanes and its formulas, of this target

#define INNATE_FORMULA HWY_INLINE
#include "kernels/expression/formulas.inc"
#undef INNATE_FORMULA

/// The profiles along one axis of `count` genes from `m`, `q` and `profiles` on; `columns` lie between two
/// rows.
HWY_INLINE void axis(const float* m, const float* q, int count, int places, int64_t columns,
                     float* profiles) {
  const OnAxis<Lanes> p = profile(Lanes::load(m, count), Lanes::load(q, count));
  for (int i = 0; i < places; ++i) gaussian(p, coordinate(i, places)).store(profiles + i * columns, count);
}

void profiles_one(const Call& call) {
  const int64_t genes = call.genes, all = call.columns();
  for (int64_t channel = 0; channel < call.channels; ++channel)
    for (int64_t g = 0; g < genes; g += 16) {
      const int count = static_cast<int>(genes - g < 16 ? genes - g : 16);
      const int64_t column = channel * genes + g;
      const float *my = call.places + first_place(column, genes), *mx = my + genes, *q = mx + genes;
      axis(my, q, count, call.height, all, call.u + column);
      axis(mx, q, count, call.width, all, call.v + column);
    }
}

/// Where a gradient goes.
HWY_INLINE void put(const Lanes& gradient, bool add, float* to, int count) {
  (add ? Lanes::load(to, count) + gradient : gradient).store(to, count);
}

/// Writes dm of `count` genes; returns dq as far as this axis says.
HWY_INLINE Lanes axis_backward(const float* m, const float* q, int count, int places, int64_t columns,
                               const float* profiles, const float* gradients, bool add, float* dm) {
  const OnAxis<Lanes> p = profile(Lanes::load(m, count), Lanes::load(q, count));
  Lanes centre = Lanes::zero(), width = Lanes::zero();
  for (int i = 0; i < places; ++i)
    collect(p, coordinate(i, places), Lanes::load(gradients + i * columns, count),
            Lanes::load(profiles + i * columns, count), &centre, &width);
  put(centre_gradient(p, centre), add, dm, count);
  return width_gradient(p, width);
}

void profiles_backward_one(const Call& call) {
  const int64_t genes = call.genes, all = call.columns();
  for (int64_t channel = 0; channel < call.channels; ++channel)
    for (int64_t g = 0; g < genes; g += 16) {
      const int count = static_cast<int>(genes - g < 16 ? genes - g : 16);
      const int64_t column = channel * genes + g, first = first_place(column, genes);
      const float *my = call.places + first, *mx = my + genes, *q = mx + genes;
      float* d = call.dplaces + first;
      const Lanes of_rows =
          axis_backward(my, q, count, call.height, all, call.u + column, call.du + column, call.add, d);
      const Lanes of_columns = axis_backward(mx, q, count, call.width, all, call.v + column, call.dv + column,
                                             call.add, d + genes);
      put(of_rows + of_columns, call.add, d + 2 * genes, count);
    }
}

void expand_one(const Call& call) {
  const int64_t all = call.columns();
  const int height = call.height, width = call.width;
  for (int64_t column = 0; column < all; column += 16) {
    const int count = static_cast<int>(all - column < 16 ? all - column : 16);
    for (int h = 0; h < height; ++h) {
      const Lanes row = Lanes::load(call.u + h * all + column, count);
      for (int w = 0; w < width; ++w)
        (row * Lanes::load(call.v + w * all + column, count))
            .store(call.x + (static_cast<int64_t>(h) * width + w) * all + column, count);
    }
  }
}

/// 16 columns from `column` on: dX is read once, and the sums of dv are collected in their places.
HWY_INLINE void set_profiles(const Call& call, int64_t column, int count) {
  const int64_t all = call.columns();
  const int height = call.height, width = call.width;
  for (int w = 0; w < width; ++w) Lanes::zero().store(call.dv + w * all + column, count);
  for (int h = 0; h < height; ++h) {
    const Lanes row = Lanes::load(call.u + h * all + column, count);
    Lanes sum = Lanes::zero();
    for (int w = 0; w < width; ++w) {
      const Lanes d = Lanes::load(call.dx + (static_cast<int64_t>(h) * width + w) * all + column, count);
      float* to = call.dv + w * all + column;
      sum = fma(d, Lanes::load(call.v + w * all + column, count), sum);
      fma(d, row, Lanes::load(to, count)).store(to, count);
    }
    sum.store(call.du + h * all + column, count);
  }
}

/// The same sums, each whole before it is added.
HWY_INLINE void add_profiles(const Call& call, int64_t column, int count) {
  const int64_t all = call.columns();
  const int height = call.height, width = call.width;
  const auto dx = [&](int h, int w) {
    return Lanes::load(call.dx + (static_cast<int64_t>(h) * width + w) * all + column, count);
  };
  for (int h = 0; h < height; ++h) {
    Lanes sum = Lanes::zero();
    for (int w = 0; w < width; ++w) sum = fma(dx(h, w), Lanes::load(call.v + w * all + column, count), sum);
    put(sum, true, call.du + h * all + column, count);
  }
  for (int w = 0; w < width; ++w) {
    Lanes sum = Lanes::zero();
    for (int h = 0; h < height; ++h) sum = fma(dx(h, w), Lanes::load(call.u + h * all + column, count), sum);
    put(sum, true, call.dv + w * all + column, count);
  }
}

void expand_backward_one(const Call& call) {
  const int64_t all = call.columns();
  for (int64_t column = 0; column < all; column += 16) {
    const int count = static_cast<int>(all - column < 16 ? all - column : 16);
    if (call.add)
      add_profiles(call, column, count);
    else
      set_profiles(call, column, count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::expression
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::expression {

INNATE_EXPORT(profiles_one);
INNATE_EXPORT(profiles_backward_one);
INNATE_EXPORT(expand_one);
INNATE_EXPORT(expand_backward_one);

namespace cpu {

void profiles(const Call& call) { INNATE_DISPATCH(profiles_one)(call); }
void profiles_backward(const Call& call) { INNATE_DISPATCH(profiles_backward_one)(call); }
void expand(const Call& call) { INNATE_DISPATCH(expand_one)(call); }
void expand_backward(const Call& call) { INNATE_DISPATCH(expand_backward_one)(call); }

namespace {
void each(Context& context, const Calls& calls, void (*function)(const Call&)) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { function(calls(static_cast<int>(i))); });
}
}  // namespace

void profiles(Context& context, const Calls& calls) { each(context, calls, profiles); }
void profiles_backward(Context& context, const Calls& calls) { each(context, calls, profiles_backward); }
void expand(Context& context, const Calls& calls) { each(context, calls, expand); }
void expand_backward(Context& context, const Calls& calls) { each(context, calls, expand_backward); }

}  // namespace cpu
}  // namespace innate::expression
#endif  // HWY_ONCE
