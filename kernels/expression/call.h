// What both backends and programs share (formulas: expression.h).
#pragma once

#include "innate/kernels/expression.h"
#include "kernels/core/operands.h"

namespace innate::expression {

/// One replica's call of any of the four entries, each of which uses some of the arrays.
struct Call {
  int height, width, channels;
  int64_t genes;
  const float* places;
  float *u, *v, *x;
  const float* dx;
  float *du, *dv, *dplaces;
  bool add;  // to du and dv, or to dplaces

  /// Of u, v and X: one for each gene in each channel.
  INNATE_HD int64_t columns() const { return channels * genes; }
};

/// What each entry reads and writes.
template <class Visit>
INNATE_HD void operands_of_profiles(Call& c, Visit&& visit) {
  visit.in(c.places, 3 * c.columns(), 10);
  visit.out(c.u, c.height * c.columns());
  visit.out(c.v, c.width * c.columns());
}
template <class Visit>
INNATE_HD void operands_of_expand(Call& c, Visit&& visit) {
  visit.in(c.u, c.height * c.columns(), c.width);
  visit.in(c.v, c.width * c.columns(), c.height);
  visit.out(c.x, static_cast<int64_t>(c.height) * c.width * c.columns());
}
template <class Visit>
INNATE_HD void operands_of_expand_backward(Call& c, Visit&& visit) {
  visit.in(c.u, c.height * c.columns(), c.width);
  visit.in(c.v, c.width * c.columns(), c.height);
  visit.in(c.dx, static_cast<int64_t>(c.height) * c.width * c.columns(), 2);
  if (c.add) {
    visit.both(c.du, c.height * c.columns());
    visit.both(c.dv, c.width * c.columns());
  } else {
    visit.out(c.du, c.height * c.columns());
    visit.out(c.dv, c.width * c.columns());
  }
}
template <class Visit>
INNATE_HD void operands_of_profiles_backward(Call& c, Visit&& visit) {
  visit.in(c.places, 3 * c.columns(), 1);
  visit.in(c.u, c.height * c.columns(), 1);
  visit.in(c.v, c.width * c.columns(), 1);
  visit.in(c.du, c.height * c.columns(), 1);
  visit.in(c.dv, c.width * c.columns(), 1);
  if (c.add)
    visit.both(c.dplaces, 3 * c.columns());
  else
    visit.out(c.dplaces, 3 * c.columns());
}
/// Of the two that work on profiles, and of the two that work on X.
INNATE_HD Cost cost_of_profiles(const Call& c) {
  const double count = static_cast<double>((c.height + c.width) * c.columns());
  return {20 * count, 4 * count};
}
INNATE_HD Cost cost_of_x(const Call& c) {
  const double count = static_cast<double>(c.height) * c.width * static_cast<double>(c.columns());
  return {2 * count, 4 * count};
}

/// Where the places of column c*G + g begin: my, mx and q follow each other at a distance of G.
INNATE_HD int64_t first_place(int64_t column, int64_t genes) { return column + column / genes * 2 * genes; }

/// Place i of `count` equal steps from -1 to 1.
INNATE_HD float coordinate(int i, int count) {
  return count == 1 ? 0.0f : static_cast<float>(2 * i - (count - 1)) / static_cast<float>(count - 1);
}

/// The calls of an entry's replicas, as they are handed to a backend; each entry sets what it uses.
struct Calls {
  Shape shape;
  Ragged<const float> places;
  Ragged<const float> u_in, v_in;
  Ragged<float> u, v;
  Ragged<float> x;
  Ragged<const float> dx;
  Ragged<const float> du_in, dv_in;
  Ragged<float> du, dv;
  Ragged<float> dplaces;

  INNATE_HD Call operator()(int i) const {
    const auto in_or_out = [i](const Ragged<const float>& in, const Ragged<float>& out) {
      return in ? const_cast<float*>(in[i]) : views::of(out, i, false);
    };
    return {shape.height,
            shape.width,
            shape.channels,
            shape.genes[i],
            views::of(places, i, false),
            in_or_out(u_in, u),
            in_or_out(v_in, v),
            views::of(x, i, false),
            views::of(dx, i, false),
            in_or_out(du_in, du),
            in_or_out(dv_in, dv),
            views::of(dplaces, i, false),
            false};
  }
};

namespace cpu {
void profiles(Context& context, const Calls& calls);
void profiles_backward(Context& context, const Calls& calls);
void expand(Context& context, const Calls& calls);
void expand_backward(Context& context, const Calls& calls);

// One replica on one core.
void profiles(const Call& call);
void profiles_backward(const Call& call);
void expand(const Call& call);
void expand_backward(const Call& call);
}  // namespace cpu
namespace cuda {
void profiles(Context& context, const Calls& calls);
void profiles_backward(Context& context, const Calls& calls);
void expand(Context& context, const Calls& calls);
void expand_backward(Context& context, const Calls& calls);
}  // namespace cuda

}  // namespace innate::expression
