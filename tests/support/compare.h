// Comparisons: to the bit, and by error against float64.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/arrays.h"
#include "tests/support/digests.h"
#include "tests/support/messages.h"

namespace innate::test {

/// The arrays that an entry wrote, by name; counts and pixels are exact as floats.
using Results = std::vector<std::pair<std::string, Sets<float>>>;
/// The same from the float64 reference.
using Exact = std::vector<std::pair<std::string, Sets<double>>>;

template <class T>
Sets<float> as_floats(const Sets<T>& sets) {
  Sets<float> out;
  for (const auto& set : sets) out.emplace_back(set.begin(), set.end());
  return out;
}

/// One replica's part.
inline Results only(const Results& results, std::size_t replica) {
  Results out;
  for (const auto& [name, sets] : results) out.push_back({name, {sets[replica]}});
  return out;
}

/// A digest of them.
inline void note(const Results& results) {
  if (!Digest::wanted()) return;
  Digest digest;
  for (const auto& [name, sets] : results) {
    digest.add(name);
    for (const auto& set : sets) digest.add(set);
  }
  digest.note();
}

inline bool same_bits(float a, float b) {
  return std::memcmp(&a, &b, sizeof a) == 0 ||
         (std::isnan(a) && std::isnan(b));  // which NaN is nobody's promise
}

template <class T>
double norm(const std::vector<T>& v) {
  double squares = 0;
  for (const T x : v) squares += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(squares);
}

inline void expect_bits_equal(const Sets<float>& got, const Sets<float>& expected, const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what << ": replicas";
  for (std::size_t r = 0; r < got.size(); ++r) {
    ASSERT_EQ(got[r].size(), expected[r].size()) << what << " of replica " << r << ": elements";
    std::size_t wrong = 0, first = 0;
    for (std::size_t e = 0; e < got[r].size(); ++e)
      if (!same_bits(got[r][e], expected[r][e]) && wrong++ == 0) first = e;
    if (wrong)
      ADD_FAILURE() << what << " of replica " << r << ": " << wrong << " of " << got[r].size()
                    << " elements differ, first " << first << ": " << testing::PrintToString(got[r][first])
                    << " instead of " << testing::PrintToString(expected[r][first]);
  }
}

/// `got` leaves a digest.
inline void expect_bits_equal(const Results& got, const Results& expected, const std::string& what) {
  note(got);
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].first, expected[i].first) << what;
    expect_bits_equal(got[i].second, expected[i].second, what + ": " + got[i].first);
  }
}

/// For whole numbers: every element is the reference's, and no array is all zeros.
inline void expect_exact(const Results& got, const Exact& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].first, expected[i].first);
    double size = 0;
    Sets<float> rounded;
    for (const auto& set : expected[i].second) {
      size += norm(set);
      rounded.emplace_back(set.begin(), set.end());
      for (std::size_t e = 0; e < set.size(); ++e)
        ASSERT_EQ(static_cast<double>(rounded.back()[e]), set[e])
            << got[i].first << ": the case is not exact in float";
    }
    EXPECT_GT(size, 0) << got[i].first << " is all zeros: the case proves nothing";
    // -0 and 0 are the same whole number
    Sets<float> plain = got[i].second;
    for (auto* sets : {&plain, &rounded})
      for (auto& set : *sets)
        for (float& x : set) x += 0.0f;
    expect_bits_equal(plain, rounded, got[i].first);
  }
}

/// The distance from one float of this size to the next.
inline double ulp(double size) {
  const float x = static_cast<float>(std::fabs(size));
  return static_cast<double>(std::nextafter(x, std::numeric_limits<float>::infinity())) - x;
}

/// The rule: |got - exact| <= 2 |naive - exact|, or 4 ulp of the largest element. Norms are taken over the
/// replicas' arrays together, each in units of its own size: a few elements alone leave too much to luck.
inline void expect_error_ratio(const Results& got, const Exact& exact, const Exact& naive,
                               const std::string& what = "") {
  ASSERT_EQ(got.size(), exact.size());
  ASSERT_EQ(naive.size(), exact.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].first, exact[i].first);
    ASSERT_EQ(naive[i].first, exact[i].first);
    ASSERT_EQ(got[i].second.size(), exact[i].second.size());
    double ours = 0, theirs = 0, floor = 0;
    for (std::size_t r = 0; r < got[i].second.size(); ++r) {
      const auto& g = got[i].second[r];
      const auto &e = exact[i].second[r], &n = naive[i].second[r];
      ASSERT_EQ(g.size(), e.size()) << got[i].first;
      ASSERT_EQ(n.size(), e.size()) << got[i].first;
      const double size = norm(e);
      ASSERT_GT(size, 0) << got[i].first << " of replica " << r << " is all zeros: the case proves nothing";
      double largest = 0;
      for (std::size_t k = 0; k < e.size(); ++k) {
        ours += (g[k] - e[k]) / size * ((g[k] - e[k]) / size);
        theirs += (n[k] - e[k]) / size * ((n[k] - e[k]) / size);
        largest = std::max(largest, std::fabs(e[k]));
      }
      floor += 4 * ulp(largest) / size * (4 * ulp(largest) / size);
    }
    EXPECT_LE(std::sqrt(ours), std::max(2 * std::sqrt(theirs), std::sqrt(floor)))
        << what << got[i].first << ": the error is " << std::sqrt(ours)
        << " of the norm; the naive loop's is " << std::sqrt(theirs);
  }
}

/// Which of an entry's arguments a loop is at.
inline std::string nth(std::initializer_list<const char*> names, int at) { return names.begin()[at]; }

}  // namespace innate::test
