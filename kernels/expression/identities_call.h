// What both backends and programs share (formulas: identities.h).
#pragma once

#include "innate/kernels/identities.h"
#include "kernels/core/operands.h"
#include "kernels/expression/call.h"

namespace innate::expression {

/// One replica's call; forward has places and x, backward places, dx and dplaces.
struct IdentityCall {
  int height, width, channels, axes;
  int64_t genes;
  Profile profile;
  bool centred;
  bool add;     // to dplaces
  float share;  // 1 / neurons
  const float* places;
  float* x;
  const float* dx;
  float* dplaces;

  INNATE_HD int64_t neurons() const { return static_cast<int64_t>(height) * width * channels; }
};

inline float share_of_one(int64_t neurons) { return static_cast<float>(1.0 / static_cast<double>(neurons)); }

template <class Visit>
INNATE_HD void operands_of_identities(IdentityCall& c, Visit&& visit) {
  visit.in(c.places, 2 * c.axes * c.genes, 1);
  visit.out(c.x, c.neurons() * c.genes);
}
template <class Visit>
INNATE_HD void operands_of_identities_backward(IdentityCall& c, Visit&& visit) {
  visit.in(c.places, 2 * c.axes * c.genes, 1);
  visit.in(c.dx, c.neurons() * c.genes, c.centred ? 2 : 1);
  if (c.add)
    visit.both(c.dplaces, 2 * c.axes * c.genes);
  else
    visit.out(c.dplaces, 2 * c.axes * c.genes);
}
INNATE_HD Cost cost(const IdentityCall& c) {
  const double count = static_cast<double>(c.neurons() * c.genes);
  return {((c.profile == Profile::gaussian ? 24 : 8) + (c.dplaces ? 10 : 0)) * count, 4 * count};
}

/// The calls of an entry's replicas, as they are handed to a backend; each entry sets what it uses.
struct IdentityCalls {
  IdentityShape shape;
  bool add;
  float share;
  Ragged<const float> places;
  Ragged<float> x;
  Ragged<const float> dx;
  Ragged<float> dplaces;

  INNATE_HD IdentityCall operator()(int i) const {
    return {shape.height,
            shape.width,
            shape.channels,
            shape.axes,
            shape.genes[i],
            shape.profile,
            shape.centred,
            add,
            share,
            places[i],
            views::of(x, i, false),
            views::of(dx, i, false),
            views::of(dplaces, i, false)};
  }
};

namespace cpu {
void identities(Context& context, const IdentityCalls& calls);
void identities_backward(Context& context, const IdentityCalls& calls);

// One replica on one core.
void identities(const IdentityCall& call);
void identities_backward(const IdentityCall& call);
}  // namespace cpu
namespace cuda {
void identities(Context& context, const IdentityCalls& calls);
void identities_backward(Context& context, const IdentityCalls& calls);
}  // namespace cuda

}  // namespace innate::expression
