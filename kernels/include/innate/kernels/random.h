// Random numbers that depend on a key and a position alone (Philox 4x32-10; Salmon et al. 2011), never on how
// many were drawn before, by whom, or on which thread. Draws are made on the host. Devices too compute the
// epoch order and dropout, for which a few well-mixed bits of a counter (`mix`) are enough.
#pragma once

#include <cstddef>
#include <cstdint>

#include "innate/kernels/api.h"
#include "innate/kernels/view.h"

namespace innate::random {

/// What a stream of numbers is for. Different purposes of one seed never share numbers. Values are part of
/// the results: they may be added to, not changed.
enum class Purpose : uint32_t {
  interaction = 1,
  expression = 2,
  output_identity = 3,
  bias = 4,
  weights = 5,
  epoch_order = 6,
  test_subset = 7,
  places = 8,
  basis = 9,
  dropout = 10
};

struct Key {
  uint64_t seed = 0;  // the replica's
  Purpose purpose{};
  uint32_t stream = 0;  // layer, step or generation
};

/// Element i of the key's stream, uniform on the open interval (0, 1), 52 bits.
INNATE_API double uniform(Key key, uint64_t i);
/// Element i of the key's stream, standard normal (inverse of the normal distribution, Wichura 1988, AS 241).
INNATE_API double normal(Key key, uint64_t i);

/// out[i] = mean + sd * normal(key, i).
INNATE_API void fill_normal(Key key, double mean, double sd, float* out, std::size_t count);
/// out[i] = low + (high - low) * uniform(key, i).
INNATE_API void fill_uniform(Key key, double low, double high, float* out, std::size_t count);

/// 64 well-mixed bits (finaliser of SplitMix64).
INNATE_HD uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

/// The order in which one epoch visits `count` samples: a keyed bijection on [0, count), by a Feistel network
/// on the next even power of two and cycle walking (Black & Rogaway 2002). No table, the same on host and
/// device.
struct EpochOrder {
  static constexpr int kRounds = 6;
  uint32_t key[kRounds];
  uint32_t half_bits;
  uint32_t count;

  INNATE_HD EpochOrder(uint64_t seed, uint32_t epoch, uint32_t samples) : half_bits(1), count(samples) {
    while (half_bits < 16 && (uint64_t(1) << (2 * half_bits)) < samples) ++half_bits;
    const uint64_t base = mix(seed ^ mix((uint64_t(Purpose::epoch_order) << 32) | epoch));
    for (int i = 0; i < kRounds; ++i)
      key[i] = static_cast<uint32_t>(mix(base + static_cast<uint64_t>(i)) >> 32);
  }

  /// The sample at `position` < count.
  INNATE_HD uint32_t operator()(uint32_t position) const {
    uint32_t x = position;
    do x = permute(x);
    while (x >= count);
    return x;
  }

 private:
  INNATE_HD uint32_t permute(uint32_t x) const {
    const uint32_t mask = (uint32_t(1) << half_bits) - 1;
    uint32_t left = x >> half_bits, right = x & mask;
    for (int i = 0; i < kRounds; ++i) {
      uint32_t f = (right ^ key[i]) * 0x85ebca6bu;  // the finaliser of MurmurHash3
      f = (f ^ (f >> 13)) * 0xc2b2ae35u;
      const uint32_t next = left ^ ((f ^ (f >> 16)) & mask);
      left = right;
      right = next;
    }
    return (left << half_bits) | right;
  }
};

}  // namespace innate::random
