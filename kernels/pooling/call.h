// What both backends and programs share (formulas: pooling.h).
#pragma once

#include "innate/kernels/pooling.h"
#include "kernels/core/operands.h"

namespace innate::pooling {

/// Numbers of a window: floats count them exactly.
constexpr int kMostOfWindow = 1 << 24;

/// One replica's call; forward has in and out, backward dout, din and, for max, in.
struct Call {
  int height, width, channels;
  int64_t columns;
  Window window;
  bool add;  // to din
  const float* in;
  float* out;
  const float* dout;
  float* din;

  /// A pixel's numbers, which follow each other: one for each column in each channel.
  INNATE_HD int64_t line() const { return channels * columns; }
  /// Of a window.
  INNATE_HD float numbers() const { return static_cast<float>(window.height * window.width); }
  INNATE_HD int down() const { return height / window.height; }
  INNATE_HD int across() const { return width / window.width; }
  INNATE_HD int64_t read() const { return static_cast<int64_t>(height) * width * line(); }
  INNATE_HD int64_t written() const { return static_cast<int64_t>(down()) * across() * line(); }
};

template <class Visit>
INNATE_HD void operands(Call& c, Visit&& visit) {
  visit.in(c.in, c.read(), 1);
  visit.out(c.out, c.written());
}
template <class Visit>
INNATE_HD void operands_of_backward(Call& c, Visit&& visit) {
  visit.in(c.in, c.read(), 1);
  visit.in(c.dout, c.written(), 1);
  if (c.add)
    visit.both(c.din, c.read());
  else
    visit.out(c.din, c.read());
}
INNATE_HD Cost cost(const Call& c) {
  const auto read = static_cast<double>(c.read()), written = static_cast<double>(c.written());
  return {read, 4 * ((c.in && c.din ? 2 : 1) * read + written)};
}

/// The calls of an entry's replicas, as they are handed to a backend; each entry sets what it uses.
struct Calls {
  Shape shape;
  bool add;
  Ragged<const float> in;
  Ragged<float> out;
  Ragged<const float> dout;
  Ragged<float> din;

  INNATE_HD Call operator()(int i) const {
    return {shape.height,
            shape.width,
            shape.channels,
            shape.columns[i],
            shape.window,
            add,
            views::of(in, i, false),
            views::of(out, i, false),
            views::of(dout, i, false),
            views::of(din, i, false)};
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

}  // namespace innate::pooling
