// Expression on the CPU: one replica a core, 16 genes (or columns: genes of all channels) at once.
#include <cstdint>

#include "kernels/core/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/expression/expression_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/core/dispatch.h"
#include "kernels/core/parallel.h"
#include "kernels/core/simd.h"
#include "kernels/expression/expression_cpu.h"

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
  const Profile<Lanes> p = profile(Lanes::load(m, count), Lanes::load(q, count));
  for (int i = 0; i < places; ++i) gaussian(p, coordinate(i, places)).store(profiles + i * columns, count);
}

void profiles_one(const Call& call, int i) {
  const int64_t genes = call.shape.genes[i], all = columns(call.shape, i);
  for (int64_t channel = 0; channel < call.shape.channels; ++channel)
    for (int64_t g = 0; g < genes; g += 16) {
      const int count = static_cast<int>(genes - g < 16 ? genes - g : 16);
      const int64_t column = channel * genes + g;
      const float *my = call.places[i] + first_place(column, genes), *mx = my + genes, *q = mx + genes;
      axis(my, q, count, call.shape.height, all, call.u[i] + column);
      axis(mx, q, count, call.shape.width, all, call.v[i] + column);
    }
}

/// Writes dm of `count` genes; returns dq as far as this axis says.
HWY_INLINE Lanes axis_backward(const float* m, const float* q, int count, int places, int64_t columns,
                               const float* profiles, const float* gradients, float* dm) {
  const Profile<Lanes> p = profile(Lanes::load(m, count), Lanes::load(q, count));
  Lanes centre = Lanes::zero(), width = Lanes::zero();
  for (int i = 0; i < places; ++i)
    collect(p, coordinate(i, places), Lanes::load(gradients + i * columns, count),
            Lanes::load(profiles + i * columns, count), &centre, &width);
  centre_gradient(p, centre).store(dm, count);
  return width_gradient(p, width);
}

void profiles_backward_one(const Call& call, int i) {
  const int64_t genes = call.shape.genes[i], all = columns(call.shape, i);
  for (int64_t channel = 0; channel < call.shape.channels; ++channel)
    for (int64_t g = 0; g < genes; g += 16) {
      const int count = static_cast<int>(genes - g < 16 ? genes - g : 16);
      const int64_t column = channel * genes + g, first = first_place(column, genes);
      const float *my = call.places[i] + first, *mx = my + genes, *q = mx + genes;
      float* d = call.dplaces[i] + first;
      const Lanes of_rows = axis_backward(my, q, count, call.shape.height, all, call.u_in[i] + column,
                                          call.du_in[i] + column, d);
      const Lanes of_columns = axis_backward(mx, q, count, call.shape.width, all, call.v_in[i] + column,
                                             call.dv_in[i] + column, d + genes);
      (of_rows + of_columns).store(d + 2 * genes, count);
    }
}

void expand_one(const Call& call, int i) {
  const int64_t all = columns(call.shape, i);
  const int height = call.shape.height, width = call.shape.width;
  const float *u = call.u_in[i], *v = call.v_in[i];
  float* x = call.x[i];
  for (int64_t column = 0; column < all; column += 16) {
    const int count = static_cast<int>(all - column < 16 ? all - column : 16);
    for (int h = 0; h < height; ++h) {
      const Lanes row = Lanes::load(u + h * all + column, count);
      for (int w = 0; w < width; ++w)
        (row * Lanes::load(v + w * all + column, count))
            .store(x + (static_cast<int64_t>(h) * width + w) * all + column, count);
    }
  }
}

void expand_backward_one(const Call& call, int i) {
  const int64_t all = columns(call.shape, i);
  const int height = call.shape.height, width = call.shape.width;
  const float *u = call.u_in[i], *v = call.v_in[i], *dx = call.dx[i];
  float *du = call.du[i], *dv = call.dv[i];
  for (int64_t column = 0; column < all; column += 16) {
    const int count = static_cast<int>(all - column < 16 ? all - column : 16);
    for (int w = 0; w < width; ++w) Lanes::zero().store(dv + w * all + column, count);
    for (int h = 0; h < height; ++h) {
      const Lanes row = Lanes::load(u + h * all + column, count);
      Lanes sum = Lanes::zero();
      for (int w = 0; w < width; ++w) {
        const Lanes d = Lanes::load(dx + (static_cast<int64_t>(h) * width + w) * all + column, count);
        float* to = dv + w * all + column;
        sum = fma(d, Lanes::load(v + w * all + column, count), sum);
        fma(d, row, Lanes::load(to, count)).store(to, count);
      }
      sum.store(du + h * all + column, count);
    }
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

void profiles(const Call& call, int replica) { INNATE_DISPATCH(profiles_one)(call, replica); }
void profiles_backward(const Call& call, int replica) {
  INNATE_DISPATCH(profiles_backward_one)(call, replica);
}
void expand(const Call& call, int replica) { INNATE_DISPATCH(expand_one)(call, replica); }
void expand_backward(const Call& call, int replica) { INNATE_DISPATCH(expand_backward_one)(call, replica); }

namespace {
void each(Context& context, const Call& call, void (*function)(const Call&, int)) {
  parallel_for(call.shape.replicas, context.threads(),
               [&](int64_t i) { function(call, static_cast<int>(i)); });
}
}  // namespace

void profiles(Context& context, const Call& call) { each(context, call, profiles); }
void profiles_backward(Context& context, const Call& call) { each(context, call, profiles_backward); }
void expand(Context& context, const Call& call) { each(context, call, expand); }
void expand_backward(Context& context, const Call& call) { each(context, call, expand_backward); }

}  // namespace cpu
}  // namespace innate::expression
#endif  // HWY_ONCE
