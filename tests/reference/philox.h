// Philox 4x32-10 (Salmon et al. 2011, section 3.3), from the paper.
#pragma once

#include <array>
#include <cstdint>

namespace innate::reference {

inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t(0xd2511f53u) * counter[0], b = uint64_t(0xcd9e8d57u) * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9e3779b9u;
    key[1] += 0xbb67ae85u;
  }
  return counter;
}

/// The counter that gives these words: for a key, Philox is a bijection.
inline std::array<uint32_t, 4> philox_inverse(std::array<uint32_t, 4> words, std::array<uint32_t, 2> key) {
  const auto reciprocal = [](uint32_t odd) {  // modulo 2^32, by Newton's method
    uint32_t x = odd;
    for (int i = 0; i < 5; ++i) x *= 2 - odd * x;
    return x;
  };
  constexpr uint32_t kA = 0xd2511f53u, kB = 0xcd9e8d57u;
  for (uint32_t round = 10; round-- > 0;) {
    const uint32_t k0 = key[0] + round * 0x9e3779b9u, k1 = key[1] + round * 0xbb67ae85u;
    const uint32_t c0 = words[3] * reciprocal(kA), c2 = words[1] * reciprocal(kB);
    const uint32_t high_a = static_cast<uint32_t>(uint64_t(kA) * c0 >> 32);
    const uint32_t high_b = static_cast<uint32_t>(uint64_t(kB) * c2 >> 32);
    words = {c0, words[0] ^ high_b ^ k0, c2, words[2] ^ high_a ^ k1};
  }
  return words;
}

}  // namespace innate::reference
