// The batch as in the contract (innate/kernels/batch.h), through a table: the whole order of the epoch is
// written out, by our own Feistel network and its cycle walking.
#pragma once

#include <cstdint>
#include <vector>

namespace innate::reference::batch {

inline uint64_t mix(uint64_t x) {  // SplitMix64's output function
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// order[position] = sample, of `count` samples.
inline std::vector<uint32_t> order(uint64_t seed, uint32_t epoch, uint32_t count) {
  constexpr uint64_t kEpochOrder = 6;  // the purpose's number, part of the results
  int bits = 2;                        // of the domain: the least even power of two that holds `count`
  while ((uint64_t(1) << bits) < count) bits += 2;
  const uint64_t half = uint64_t(1) << (bits / 2);
  const uint64_t base = mix(seed ^ mix(kEpochOrder * 0x100000000u + epoch));
  std::vector<uint32_t> samples;
  for (uint32_t position = 0; position < count; ++position) {
    uint64_t x = position;
    do {
      uint64_t left = x / half, right = x % half;
      for (uint64_t round = 0; round < 6; ++round) {
        const uint64_t key = mix(base + round) / 0x100000000u;
        uint64_t f = (right ^ key) * 0x85ebca6bu % 0x100000000u;
        f = (f ^ (f >> 13)) * 0xc2b2ae35u % 0x100000000u;
        f ^= f >> 16;
        const uint64_t swapped = left ^ (f % half);
        left = right;
        right = swapped;
      }
      x = left * half + right;
    } while (x >= count);
    samples.push_back(static_cast<uint32_t>(x));
  }
  return samples;
}

/// The samples of step t's batch of `rows`.
inline std::vector<uint32_t> samples(uint64_t seed, int64_t step, uint32_t rows, uint32_t count) {
  const int64_t batches = count / rows;
  const auto all = order(seed, static_cast<uint32_t>(step / batches), count);
  const auto first = all.begin() + step % batches * rows;
  return {first, first + rows};
}

}  // namespace innate::reference::batch
