// What tests of whole networks do with a float64 reference. A test file has a Problem (genome, network, seed,
// set, draw, layout) and a Reference<Real>(problem, learned numbers) with its `loss` and `gradient()`.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "innate/engine/grown.h"
#include "tests/reference/naive.h"
#include "tests/support/backends.h"
#include "tests/support/compare.h"
#include "tests/support/genomes.h"

namespace innate::test {

/// Another problem's learned numbers, array by array.
template <class Number, class Named>
void add_numbers(const engine::Layout& layout, const std::vector<Number>& numbers, Named* all) {
  auto at = numbers.begin();
  if (all->empty())
    for (const engine::Tensor& t : layout.learned) all->push_back({t.name, {}});
  for (std::size_t i = 0; i < layout.learned.size(); ++i) {
    (*all)[i].second.emplace_back(at, at + layout.learned[i].size());
    at += layout.learned[i].size();
  }
}

/// The reference's gradient beside finite differences of its loss.
template <template <class> class Reference, class Problem>
void expect_right_reference(const Problem& p) {
  std::vector<double> at = reference::as<double>(p.draw.learned);
  const std::vector<double> gradient = Reference<double>(p, at).gradient();
  ASSERT_EQ(gradient.size(), at.size());
  double size = 0;
  for (const double g : gradient) size += g * g;
  ASSERT_GT(size, 1e-6) << "the case proves nothing";
  int kinks = 0;  // of relu and of the largest, between the two losses
  for (std::size_t e = 0; e < at.size(); ++e) {
    const double h = 1e-6, kept = at[e];
    at[e] = kept + h;
    const double above = Reference<double>(p, at).loss;
    at[e] = kept - h;
    const double below = Reference<double>(p, at).loss;
    at[e] = kept;
    kinks += std::fabs(gradient[e] - (above - below) / (2 * h)) > 1e-7 * (1 + std::fabs(gradient[e]));
  }
  EXPECT_LE(kinks, static_cast<int>(at.size() / 200));
}

/// Losses, and gradients by the error ratio, of made(seed) for seeds 1 to `draws` together: the last bits of
/// one chain through all layers are luck.
template <template <class> class Reference, class Made>
void expect_gradient_of(Context& context, const Made& made, std::uint64_t draws, const std::string& what) {
  using reference::Measure;
  using reference::Naive;
  Results gradient;
  Exact exact, naive;
  for (std::uint64_t seed = 1; seed <= draws; ++seed) {
    const auto p = made(seed);
    const engine::DeviceImages set(context, p.set);
    const engine::Grown grown(context, engine::genome_of(p.genome), p.network, p.seed, p.draw, set.density());
    const Reference<Measure> right(p, reference::as<Measure>(p.draw.learned));
    const Reference<Naive> loops(p, reference::as<Naive>(p.draw.learned));
    add_numbers(p.layout, grown.gradient(set), &gradient);
    add_numbers(p.layout, reference::result(right.gradient()), &exact);
    add_numbers(p.layout, reference::result(loops.gradient()), &naive);
    EXPECT_NEAR(grown.test(set).loss, right.loss, 2e-6 * (1 + std::fabs(right.loss)));
  }
  expect_error_ratio(gradient, exact, naive, what);
}

}  // namespace innate::test
