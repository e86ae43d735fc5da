// Random numbers (innate/kernels/random.h).
#include "innate/kernels/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "tests/reference/batch.h"
#include "tests/reference/philox.h"

namespace innate::test {
namespace {

using random::EpochOrder;
using random::Key;
using random::Purpose;

constexpr Key kKey{0x123456789abcdef0u, Purpose::weights, 3};

TEST(Philox, ReferenceGivesThePublishedAnswers) {  // kat_vectors of the Random123 distribution, philox4x32 10
  using Four = std::array<uint32_t, 4>;
  EXPECT_EQ(reference::philox({0, 0, 0, 0}, {0, 0}), (Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(reference::philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(reference::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Uniform, HoldsTheFirstBitsOfThePublishedAnswer) {
  const Key zero{0, Purpose{}, 0};
  EXPECT_EQ(random::uniform(zero, 0), (static_cast<double>(0xe169c58d6627e8d5u >> 12) + 0.5) * 0x1p-52);
  EXPECT_EQ(random::uniform(zero, 1), (static_cast<double>(0x9b00dbd8bc57ac4cu >> 12) + 0.5) * 0x1p-52);
}

TEST(Uniform, IsPhiloxOfSeedPurposeStreamAndElement) {
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{0xa4093822299f31d0}, ~uint64_t{0}})
    for (const Purpose purpose : {Purpose::interaction, Purpose::places})
      for (const uint32_t stream : {0u, 7u, ~0u})
        for (const uint64_t i : {uint64_t{0}, uint64_t{1}, uint64_t{2}, uint64_t{12345},
                                 (uint64_t{1} << 33) + 1, ~uint64_t{0}}) {
          const uint64_t block = i / 2;
          const auto four =
              reference::philox({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                                 static_cast<uint32_t>(purpose), stream},
                                {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
          const uint64_t word = i % 2 ? uint64_t{four[3]} << 32 | four[2] : uint64_t{four[1]} << 32 | four[0];
          EXPECT_EQ(random::uniform({seed, purpose, stream}, i),
                    (static_cast<double>(word >> 12) + 0.5) * 0x1p-52);
        }
}

TEST(Uniform, HasTheMomentsOfTheUniformDistribution) {
  constexpr int kDraws = 100000;
  double sum = 0, squares = 0, pairs = 0, last = 0;
  std::vector<int> bins(100);
  for (int i = 0; i < kDraws; ++i) {
    const double x = random::uniform(kKey, static_cast<uint64_t>(i));
    ASSERT_GT(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
    squares += (x - 0.5) * (x - 0.5);
    if (i) pairs += (x - 0.5) * (last - 0.5);
    last = x;
    ++bins[static_cast<std::size_t>(x * 100)];
  }
  // bounds are 5 standard deviations of each statistic: sd(x) = sqrt(1/12), sd((x - 1/2)^2) = sqrt(1/180)
  const double root = std::sqrt(static_cast<double>(kDraws));
  EXPECT_NEAR(sum / kDraws, 0.5, 5 * std::sqrt(1.0 / 12) / root);
  EXPECT_NEAR(squares / kDraws, 1.0 / 12, 5 * std::sqrt(1.0 / 180) / root);
  EXPECT_NEAR(pairs / kDraws, 0.0, 5 * (1.0 / 12) / root);
  double chi = 0;  // 99 degrees of freedom: mean 99, sd sqrt(198)
  for (const int n : bins) chi += (n - kDraws / 100.0) * (n - kDraws / 100.0) / (kDraws / 100.0);
  EXPECT_NEAR(chi, 99, 5 * std::sqrt(198.0));
}

TEST(Normal, HasTheMomentsOfTheNormalDistribution) {
  constexpr int kDraws = 100000;
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
  int beyond_two = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random::normal(kKey, static_cast<uint64_t>(i));
    m1 += x, m2 += x * x, m3 += x * x * x, m4 += x * x * x * x;
    beyond_two += std::fabs(x) > 2;
  }
  // 5 standard deviations: var(x^k) = E x^2k - (E x^k)^2 = 1, 3 - 1, 15, 105 - 9
  const double root = std::sqrt(static_cast<double>(kDraws));
  EXPECT_NEAR(m1 / kDraws, 0, 5 * 1 / root);
  EXPECT_NEAR(m2 / kDraws, 1, 5 * std::sqrt(2.0) / root);
  EXPECT_NEAR(m3 / kDraws, 0, 5 * std::sqrt(15.0) / root);
  EXPECT_NEAR(m4 / kDraws, 3, 5 * std::sqrt(96.0) / root);
  const double p = std::erfc(2 / std::sqrt(2.0));
  EXPECT_NEAR(beyond_two, kDraws * p, 5 * std::sqrt(kDraws * p * (1 - p)));
}

/// Newton's method on the distribution function, in long double.
long double quantile(long double p) {
  long double x = 0;
  for (int i = 0; i < 200; ++i) {
    const long double tail =
        p < 0.5L ? std::erfc(-x / std::sqrt(2.0L)) / 2 - p : (1 - p) - std::erfc(x / std::sqrt(2.0L)) / 2;
    const long double density = std::exp(-x * x / 2) / std::sqrt(2 * 3.14159265358979323846264L);
    const long double step = tail / density;
    x -= std::fabs(step) > 0.5L ? std::copysign(0.5L, step) : step;
    if (std::fabs(step) < 1e-17L * (1 + std::fabs(x))) break;
  }
  return x;
}

TEST(Normal, IsTheQuantileOfTheUniform) {
  EXPECT_NEAR(static_cast<double>(quantile(0.975L)), 1.959963984540054, 1e-14);  // published quantiles
  EXPECT_NEAR(static_cast<double>(quantile(0.5L)), 0.0, 1e-15);
  EXPECT_NEAR(static_cast<double>(quantile(0.001L)), -3.090232306167813, 1e-14);
  // the draws nearest to the middle and farthest out, so that every branch of the formula is taken
  std::vector<std::pair<double, uint64_t>> draws;
  for (uint64_t i = 0; i < 200000; ++i) draws.push_back({random::uniform(kKey, i), i});
  std::sort(draws.begin(), draws.end());
  ASSERT_LT(draws.front().first, 1e-4);
  for (std::size_t k = 0; k < draws.size(); k += k < 200 || k + 200 >= draws.size() ? 1 : 997) {
    const double expected = static_cast<double>(quantile(draws[k].first));
    EXPECT_NEAR(random::normal(kKey, draws[k].second), expected, 1e-14 + 2e-14 * std::fabs(expected))
        << draws[k].first;
  }
}

/// A key and an element whose uniform number is (k + 1/2) 2^-52: found backwards through Philox.
std::pair<Key, uint64_t> draw_of(uint64_t k) {
  for (uint32_t other = 0;; ++other) {
    const uint64_t word = k << 12;
    const auto counter = reference::philox_inverse(
        {static_cast<uint32_t>(word), static_cast<uint32_t>(word >> 32), other, 99}, {5, 7});
    if (counter[1] >> 31) continue;  // the element's number is twice this
    const uint64_t block = uint64_t{counter[1]} << 32 | counter[0];
    return {Key{uint64_t{7} << 32 | 5, static_cast<Purpose>(counter[2]), counter[3]}, 2 * block};
  }
}

TEST(Normal, IsTheQuantileInBothTails) {  // where 1e11 draws would not lead: all branches of the formula, and
                                          // their seams
  constexpr uint64_t kAll = uint64_t{1} << 52;
  std::vector<uint64_t> places = {0,        1,        2,        3,          10, 1000, kAll / 2 - 1,
                                  kAll / 2, kAll - 1, kAll - 2, kAll - 1000};
  for (uint64_t k = 5; k < kAll; k += k / 3) places.insert(places.end(), {k, kAll - 1 - k});
  for (const double seam : {0.075, 0.925, std::exp(-25.0)})
    for (const int step : {-1, 0, 1})
      places.push_back(static_cast<uint64_t>(seam * 0x1p52) + static_cast<uint64_t>(step));
  for (const uint64_t k : places) {
    const auto [key, i] = draw_of(k);
    const double p = (static_cast<double>(k) + 0.5) * 0x1p-52;
    ASSERT_EQ(random::uniform(key, i), p);
    const double expected = static_cast<double>(quantile(p));
    EXPECT_NEAR(random::normal(key, i), expected, 1e-16 + 4e-15 * std::fabs(expected)) << "p = " << p;
    ASSERT_GT(p, 0);
    ASSERT_LT(p, 1);
  }
  const auto [key, i] = draw_of(0);
  EXPECT_NEAR(random::normal(key, i), -8.2095361516013856, 1e-12) << "the farthest draw of all";
}

TEST(Fill, ScalesAndShiftsElementByElement) {
  std::vector<float> normals(1001), uniforms(1001);
  random::fill_normal(kKey, 3.0, 0.25, normals.data(), 1000);
  random::fill_uniform(kKey, -2.0, 6.0, uniforms.data(), 1000);
  for (uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(normals[i], static_cast<float>(3.0 + 0.25 * random::normal(kKey, i)));
    EXPECT_EQ(uniforms[i], static_cast<float>(-2.0 + 8.0 * random::uniform(kKey, i)));
  }
  EXPECT_EQ(normals[1000], 0.0f) << "one too many was written";
  EXPECT_EQ(uniforms[1000], 0.0f) << "one too many was written";
}

TEST(Streams, ShareNoNumbers) {
  std::vector<Key> keys = {{1, Purpose::weights, 0},          {2, Purpose::weights, 0},
                           {1ull << 32, Purpose::weights, 0}, {1, Purpose::bias, 0},
                           {1, Purpose::weights, 1},          {1, Purpose::interaction, 0}};
  std::set<double> seen;
  for (const Key& key : keys)
    for (uint64_t i = 0; i < 1000; ++i) seen.insert(random::uniform(key, i));
  EXPECT_EQ(seen.size(), keys.size() * 1000);
}

TEST(Mix, IsSplitMix64) {  // its published stream from seed 0, and a bijection as far as 1e5 inputs show
  EXPECT_EQ(random::mix(0), 0xe220a8397b1dcdafu);
  EXPECT_EQ(random::mix(0x9e3779b97f4a7c15u), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(random::mix(2 * 0x9e3779b97f4a7c15u), 0x06c45d188009454fu);
  std::set<uint64_t> seen;
  for (uint64_t i = 0; i < 100000; ++i) seen.insert(random::mix(i));
  EXPECT_EQ(seen.size(), 100000u);
}

std::vector<uint32_t> order_of(uint64_t seed, uint32_t epoch, uint32_t count) {
  const EpochOrder order(seed, epoch, count);
  std::vector<uint32_t> all(count);
  for (uint32_t p = 0; p < count; ++p) all[p] = order(p);
  return all;
}

TEST(EpochOrderTest, IsABijectionForAnyCount) {
  for (const uint32_t count :
       {1u,   2u,   3u,    4u,    5u,    7u,     15u,    16u,    17u,    63u,    64u,    65u,    255u,
        256u, 257u, 1000u, 4096u, 4097u, 16384u, 16385u, 60000u, 65535u, 65536u, 65537u, 262145u})
    for (const uint64_t seed : {uint64_t{0}, ~uint64_t{0}}) {
      std::vector<uint32_t> samples = order_of(seed, 3, count);
      std::sort(samples.begin(), samples.end());
      for (uint32_t i = 0; i < count; ++i) ASSERT_EQ(samples[i], i) << count << " samples";
    }
}

TEST(EpochOrderTest, IsTheReferencesOrder) {
  for (const uint32_t count : {1u, 2u, 3u, 5u, 16u, 17u, 1000u, 65537u})
    for (const uint32_t epoch : {0u, 1u, 99999u})
      EXPECT_EQ(order_of(0xfeedbeef12345678u, epoch, count),
                reference::batch::order(0xfeedbeef12345678u, epoch, count))
          << count;
}

TEST(EpochOrderTest, ReachesTheLastOfTheLargestCount) {
  const EpochOrder order(5, 6, ~0u);  // 2^32 - 1 samples, 16 bits a half
  EXPECT_EQ(order.half_bits, 16u);
  std::set<uint32_t> seen;
  for (uint32_t p = 0; p < 1000; ++p) seen.insert(order(~0u - 1 - p));
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(EpochOrderTest, DiffersBySeedAndEpoch) {
  const auto base = order_of(1, 0, 1000);
  const auto same = [&](const std::vector<uint32_t>& other) {
    int equal = 0;
    for (std::size_t i = 0; i < base.size(); ++i) equal += base[i] == other[i];
    return equal;
  };
  // the number of equal places of two random orders has mean 1 and sd 1
  EXPECT_LE(same(order_of(2, 0, 1000)), 6);
  EXPECT_LE(same(order_of(1, 1, 1000)), 6);
  EXPECT_LE(same(order_of(1, 2, 1000)), 6);
  EXPECT_LE(same(order_of(1ull << 63 | 1, 0, 1000)), 6);
  EXPECT_EQ(same(order_of(1, 0, 1000)), 1000);
}

TEST(EpochOrderTest, PutsEverySampleAnywhereAboutAsOften) {
  constexpr uint32_t kCount = 10;
  constexpr int kEpochs = 20000;
  std::vector<int> at(kCount * kCount), follows(kCount * kCount);
  for (uint32_t epoch = 0; epoch < kEpochs; ++epoch) {
    const auto samples = order_of(42, epoch, kCount);
    for (uint32_t p = 0; p < kCount; ++p) ++at[p * kCount + samples[p]];
    for (uint32_t p = 1; p < kCount; ++p) ++follows[samples[p - 1] * kCount + samples[p]];
  }
  // chi squared of the 10 x 10 table of places and samples: rows and columns are fixed, so 81 degrees of
  // freedom, scaled by 10 / 9 for draws without replacement; 5 standard deviations
  double chi = 0;
  for (const int n : at) chi += (n - kEpochs / 10.0) * (n - kEpochs / 10.0) / (kEpochs / 10.0);
  EXPECT_NEAR(chi * 9 / 10, 81, 5 * std::sqrt(2 * 81.0));
  for (uint32_t a = 0; a < kCount; ++a)
    for (uint32_t b = 0; b < kCount; ++b) {
      const double expected = a == b ? 0 : kEpochs / 10.0;  // 9 neighbouring places of 90 ordered pairs
      EXPECT_NEAR(follows[a * kCount + b], expected, 5 * std::sqrt(expected)) << a << " then " << b;
    }
}

}  // namespace
}  // namespace innate::test
