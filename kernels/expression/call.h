// What both backends share (formulas: expression.h).
#pragma once

#include "innate/kernels/expression.h"

namespace innate::expression {

struct Call {
  Shape shape;
  Ragged<const float> places;
  Ragged<const float> u_in, v_in;
  Ragged<float> u, v;
  Ragged<float> x;
  Ragged<const float> dx;
  Ragged<const float> du_in, dv_in;
  Ragged<float> du, dv;
  Ragged<float> dplaces;
};

/// Of u, v and X: one for each gene in each channel.
INNATE_HD int64_t columns(const Shape& shape, int replica) { return shape.channels * shape.genes[replica]; }

/// Where the places of column c*G + g begin: my, mx and q follow each other at a distance of G.
INNATE_HD int64_t first_place(int64_t column, int64_t genes) { return column + column / genes * 2 * genes; }

/// Place i of `count` equal steps from -1 to 1.
INNATE_HD float coordinate(int i, int count) {
  return count == 1 ? 0.0f : static_cast<float>(2 * i - (count - 1)) / static_cast<float>(count - 1);
}

namespace cpu {
void profiles(Context& context, const Call& call);
void profiles_backward(Context& context, const Call& call);
void expand(Context& context, const Call& call);
void expand_backward(Context& context, const Call& call);
}  // namespace cpu
namespace cuda {
void profiles(Context& context, const Call& call);
void profiles_backward(Context& context, const Call& call);
void expand(Context& context, const Call& call);
void expand_backward(Context& context, const Call& call);
}  // namespace cuda

}  // namespace innate::expression
