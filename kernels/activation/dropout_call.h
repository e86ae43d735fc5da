// What both backends and programs share (formulas: dropout.h).
#pragma once

#include "innate/kernels/dropout.h"
#include "innate/kernels/random.h"
#include "kernels/core/operands.h"

namespace innate::dropout {

constexpr int kBits = 16;  // of a number's chance
constexpr int kTogether = 64 / kBits;

/// Of a rate: how many in 2^kBits are dropped.
inline uint32_t dropped(double rate) { return static_cast<uint32_t>(rate * (1 << kBits) + 0.5); }
constexpr double kMostRate = 1 - 1.0 / (1 << kBits);
constexpr bool possible(double rate) { return rate >= 0 && rate <= kMostRate; }

/// One replica's call.
struct Call {
  int64_t count;
  uint32_t dropped, stream;
  bool add;
  const uint64_t* seed;
  const int64_t* step;
  const float* in;
  float* out;

  INNATE_HD float factor() const {
    return static_cast<float>(1 << kBits) / static_cast<float>((1 << kBits) - dropped);
  }
  INNATE_HD int64_t groups() const { return (count + kTogether - 1) / kTogether; }
  /// From which the chances of all numbers follow.
  INNATE_HD uint64_t base() const {
    const uint64_t own = (static_cast<uint64_t>(random::Purpose::dropout) << 32) | stream;
    return random::mix(random::mix(*seed ^ random::mix(own)) + static_cast<uint64_t>(*step));
  }
  /// Numbers kTogether * group to kTogether * (group + 1) - 1.
  INNATE_HD void run(uint64_t base, float factor, int64_t group) const {
    const uint64_t chances = random::mix(base + static_cast<uint64_t>(group));
    const int64_t first = group * kTogether;
    for (int i = 0; i < kTogether && first + i < count; ++i) {
      const auto chance = static_cast<uint32_t>(chances >> (kBits * i)) & ((1u << kBits) - 1);
      const float number = chance < dropped ? 0.0f : in[first + i] * factor;
      float& to = out[first + i];
      to = add ? to + number : number;
    }
  }
};

template <class Visit>
INNATE_HD void operands(Call& c, Visit&& visit) {
  visit.in(c.seed, 1, 1);
  visit.in(c.step, 1, 1);
  visit.in(c.in, c.count, 1);
  if (c.add)
    visit.both(c.out, c.count);
  else
    visit.out(c.out, c.count);
}
INNATE_HD Cost cost(const Call& c) {
  const double count = static_cast<double>(c.count);
  return {4 * count, 8 * count};
}

/// The calls of an entry's replicas, as they are handed to a backend.
struct Calls {
  Shape shape;
  uint32_t dropped;
  const uint64_t* seeds;
  const int64_t* steps;
  Ragged<const float> in;
  Ragged<float> out;

  INNATE_HD Call operator()(int i) const {
    return {shape.elements[i], dropped, shape.stream, shape.add, seeds + i, steps + i, in[i], out[i]};
  }
};

namespace cpu {
void apply(Context& context, const Calls& calls);
// One replica on one core: groups of kTogether numbers, `first` to end - 1.
void apply(const Call& call, int64_t first, int64_t end);
}  // namespace cpu
namespace cuda {
void apply(Context& context, const Calls& calls);
}  // namespace cuda

}  // namespace innate::dropout
