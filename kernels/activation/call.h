// What both backends and programs share (formulas: activation.h).
#pragma once

#include "innate/kernels/activation.h"
#include "kernels/core/operands.h"

namespace innate::activation {

/// One replica's call; forward writes y and has no dy.
struct Call {
  int64_t count;
  Function function;
  float *y, *dy;
};

template <class Visit>
INNATE_HD void operands(Call& c, Visit&& visit) {
  visit.both(c.y, c.count);
}
template <class Visit>
INNATE_HD void operands_of_backward(Call& c, Visit&& visit) {
  visit.in(c.y, c.count, 1);
  visit.both(c.dy, c.count);
}
INNATE_HD Cost cost(const Call& c) {
  const double count = static_cast<double>(c.count);
  return {(c.function == Function::relu ? 1 : 20) * count, (c.dy ? 12 : 8) * count};
}

/// Elements `first` to first + count - 1.
INNATE_HD Call part_of(Call c, int64_t first, int64_t count) {
  c.count = count;
  c.y += first;
  if (c.dy) c.dy += first;
  return c;
}

/// The calls of an entry's replicas, as they are handed to a backend.
struct Calls {
  Shape shape;
  Ragged<float> y, dy;

  INNATE_HD Call operator()(int i) const {
    return {shape.elements[i], shape.function, y[i], views::of(dy, i, false)};
  }
};

namespace cpu {
void forward(Context& context, const Calls& calls);
void backward(Context& context, const Calls& calls);

// One replica on one core.
void forward(const Call& call);
void backward(const Call& call);
}  // namespace cpu
namespace cuda {
void forward(Context& context, const Calls& calls);
void backward(Context& context, const Calls& calls);
}  // namespace cuda

}  // namespace innate::activation
