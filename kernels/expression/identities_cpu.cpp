// Identities on the CPU: one replica a core, 16 genes at once, neuron after neuron. What 16 genes say of all
// neurons (300 KB of 4,704) is still in the second cache when the mean is known.
#include <cstdint>

#include "kernels/core/instruction_sets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/expression/identities_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/core/dispatch.h"
#include "kernels/core/parallel.h"
#include "kernels/core/simd.h"
#include "kernels/expression/identities_call.h"

HWY_BEFORE_NAMESPACE();
namespace innate::expression {
namespace HWY_NAMESPACE {
using namespace innate::HWY_NAMESPACE;  // NOLINT: Lanes and its formulas, of this target

#define INNATE_FORMULA HWY_INLINE
#include "kernels/expression/identities.inc"
#undef INNATE_FORMULA

/// Coordinates of channels, each asked for once a pixel of the grid: divided once, as far as there is room.
class Channels {
 public:
  explicit Channels(int count) : count_(count) {
    for (int c = 0; c < count && c < kMost; ++c) at_[c] = coordinate(c, count);
  }
  HWY_INLINE float operator[](int c) const { return c < kMost ? at_[c] : coordinate(c, count_); }

 private:
  static constexpr int kMost = 64;
  int count_;
  float at_[kMost];
};

HWY_INLINE Place<Lanes> place_of(const IdentityCall& call, int64_t gene, int count) {
  Place<Lanes> p;
  for (int a = 0; a < 3; ++a) {
    const float* mu = call.places + a * call.genes + gene;
    p.mu[a] = a < call.axes ? Lanes::load(mu, count) : Lanes::zero();
    p.sigma[a] = a < call.axes ? Lanes::load(mu + call.axes * call.genes, count) : Lanes::zero();
  }
  return p;
}

/// The rows' sums, added: row(h) is one.
template <class Row>
HWY_INLINE Lanes over_rows(int height, const Row& row) {
  Lanes sum = Lanes::zero();
  for (int h = 0; h < height; ++h) sum = sum + row(h);
  return sum;
}

template <Profile profile>
void write_identities(const IdentityCall& call, const Channels& channels, int64_t gene, int count) {
  const Place<Lanes> p = place_of(call, gene, count);
  const int64_t genes = call.genes;
  float* x = call.x + gene;
  const Lanes sum = over_rows(call.height, [&](int h) {
    const Lanes of_row =
        with_axis<profile>(Lanes::zero(), Lanes(coordinate(h, call.height)) - p.mu[0], p.sigma[0]);
    Lanes row = Lanes::zero();
    for (int w = 0; w < call.width; ++w) {
      const Lanes of_pixel =
          with_axis<profile>(of_row, Lanes(coordinate(w, call.width)) - p.mu[1], p.sigma[1]);
      for (int c = 0; c < call.channels; ++c, x += genes) {
        const Lanes f =
            value<profile>(with_axis<profile>(of_pixel, Lanes(channels[c]) - p.mu[2], p.sigma[2]));
        f.store(x, count);
        row = row + f;
      }
    }
    return row;
  });
  if (!call.centred) return;
  const Lanes mean = sum * Lanes(call.share);
  x = call.x + gene;
  for (int64_t n = call.neurons(); n > 0; --n, x += genes) (Lanes::load(x, count) - mean).store(x, count);
}

/// Where a gradient goes.
HWY_INLINE void put(const Lanes& gradient, bool add, float* to, int count) {
  (add ? Lanes::load(to, count) + gradient : gradient).store(to, count);
}

HWY_INLINE Lanes mean_of_dx(const IdentityCall& call, int64_t gene, int count) {
  const float* dx = call.dx + gene;
  const int64_t line = static_cast<int64_t>(call.width) * call.channels;
  const Lanes sum = over_rows(call.height, [&](int) {
    Lanes row = Lanes::zero();
    for (int64_t n = 0; n < line; ++n, dx += call.genes) row = row + Lanes::load(dx, count);
    return row;
  });
  return sum * Lanes(call.share);
}

template <Profile profile>
void write_gradients(const IdentityCall& call, const Channels& channels, int64_t gene, int count) {
  const Place<Lanes> p = place_of(call, gene, count);
  const Lanes mean = call.centred ? mean_of_dx(call, gene, count) : Lanes::zero();
  Sums<profile, Lanes> sums;
  for (Lanes& sum : sums.of) sum = Lanes::zero();
  const float* dx = call.dx + gene;
  for (int h = 0; h < call.height; ++h) {
    const Lanes dh = Lanes(coordinate(h, call.height)) - p.mu[0];
    const Lanes of_row = with_axis<profile>(Lanes::zero(), dh, p.sigma[0]);
    Sums<profile, Lanes> row;
    for (Lanes& sum : row.of) sum = Lanes::zero();
    Lanes all = Lanes::zero();
    for (int w = 0; w < call.width; ++w) {
      const Lanes dw = Lanes(coordinate(w, call.width)) - p.mu[1];
      const Lanes of_pixel = with_axis<profile>(of_row, dw, p.sigma[1]);
      for (int c = 0; c < call.channels; ++c, dx += call.genes) {
        const Lanes dc = Lanes(channels[c]) - p.mu[2];
        const Lanes s = with_axis<profile>(of_pixel, dc, p.sigma[2]);
        collect(&row, &all, (Lanes::load(dx, count) - mean) * slope<profile>(s), dw, dc);
      }
    }
    close(&row, all, dh);
    for (int i = 0; i < sums.kCount; ++i) sums.of[i] = sums.of[i] + row.of[i];
  }
  for (int a = 0; a < call.axes; ++a) {
    float* mu = call.dplaces + a * call.genes + gene;
    put(mu_gradient(sums, a, p.sigma[a]), call.add, mu, count);
    put(sigma_gradient(sums, a, p.sigma[a]), call.add, mu + call.axes * call.genes, count);
  }
}

using Genes = void(const IdentityCall&, const Channels&, int64_t, int);

/// 16 genes after the other, by the function of the call's profile.
void each_genes(const IdentityCall& call, Genes* const (&of_profile)[3]) {
  const Channels channels(call.channels);
  Genes* work = of_profile[static_cast<int>(call.profile)];
  for (int64_t g = 0; g < call.genes; g += 16)
    work(call, channels, g, static_cast<int>(call.genes - g < 16 ? call.genes - g : 16));
}

void identities_one(const IdentityCall& call) {
  each_genes(call, {write_identities<Profile::ridge>, write_identities<Profile::bump>,
                    write_identities<Profile::gaussian>});
}

void identities_backward_one(const IdentityCall& call) {
  each_genes(call, {write_gradients<Profile::ridge>, write_gradients<Profile::bump>,
                    write_gradients<Profile::gaussian>});
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::expression
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::expression {

INNATE_EXPORT(identities_one);
INNATE_EXPORT(identities_backward_one);

namespace cpu {

void identities(const IdentityCall& call) { INNATE_DISPATCH(identities_one)(call); }
void identities_backward(const IdentityCall& call) { INNATE_DISPATCH(identities_backward_one)(call); }

void identities(Context& context, const IdentityCalls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { identities(calls(static_cast<int>(i))); });
}
void identities_backward(Context& context, const IdentityCalls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { identities_backward(calls(static_cast<int>(i))); });
}

}  // namespace cpu
}  // namespace innate::expression
#endif  // HWY_ONCE
