// Expression (innate/kernels/expression.h).
#include "innate/kernels/expression.h"

#include "tests/cases/expression_cases.h"
#include "tests/reference/expression.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

struct Problem {
  int height = 0, width = 0, channels = 1;
  std::vector<int64_t> genes;
  Sets<float> places;      // 3 C x G
  Sets<float> u, v;        // what the backward entries and `expand` read
  Sets<float> du, dv, dx;  // gradients that come in

  std::size_t replicas() const { return genes.size(); }
};

Problem problem(const cases::Expression& c, bool whole_numbers) {
  Problem p;
  p.height = c.height, p.width = c.width, p.channels = c.channels, p.genes = c.genes;
  const auto draw = [&](uint64_t seed, int64_t count, int most) {
    return whole_numbers ? integers(seed, count, most) : normals(seed, count, 0.7);
  };
  for (std::size_t r = 0; r < c.genes.size(); ++r) {
    const int64_t columns = c.channels * c.genes[r];
    p.places.push_back(normals(40 * r + 1, 3 * columns, 0.8));
    p.u.push_back(draw(40 * r + 2, c.height * columns, 3));
    p.v.push_back(draw(40 * r + 3, c.width * columns, 3));
    p.du.push_back(draw(40 * r + 4, c.height * columns, 3));
    p.dv.push_back(draw(40 * r + 5, c.width * columns, 3));
    p.dx.push_back(draw(40 * r + 6, c.height * c.width * columns, 3));
    if (c.height * c.width * columns == 1) p.u[r][0] = p.v[r][0] = p.dx[r][0] = whole_numbers ? 2.0f : 0.7f;
    if (!whole_numbers)
      for (auto* sets : {&p.u, &p.v})
        for (float& x : (*sets)[r]) x = std::exp(-x * x);  // as profiles are
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  Problem one{p.height, p.width,  p.channels, {p.genes[r]}, {p.places[r]},
              {p.u[r]}, {p.v[r]}, {p.du[r]},  {p.dv[r]},    {p.dx[r]}};
  return one;
}

struct Call {
  Call(Context& context, const Problem& p)
      : genes(context, p.genes, all_equal(p.genes)),
        places(context, p.places),
        u(context, p.u, all_equal(p.genes)),
        v(context, p.v),
        du(context, p.du),
        dv(context, p.dv, all_equal(p.genes)),
        dx(context, p.dx),
        shape{static_cast<int>(p.replicas()), p.height, p.width, p.channels, genes.view()} {}

  Arrays<float> blank(Context& context, const Problem& p, int rows) const {
    std::vector<int64_t> sizes;
    for (const int64_t g : p.genes) sizes.push_back(rows * p.channels * g);
    return Arrays<float>::blank(context, sizes);
  }

  TestExtents genes;
  Arrays<float> places, u, v, du, dv, dx;
  expression::Shape shape;
};

Results products(Context& context, const Problem& p) {
  const Call call(context, p);
  const auto x = call.blank(context, p, p.height * p.width);
  const auto du = call.blank(context, p, p.height), dv = call.blank(context, p, p.width);
  expression::expand(context, call.shape, call.u.in(), call.v.in(), x.view());
  expression::expand_backward(context, call.shape, call.u.in(), call.v.in(), call.dx.in(), du.view(),
                              dv.view());
  return {{"x", x.download()}, {"du", du.download()}, {"dv", dv.download()}};
}

Results gaussians(Context& context, const Problem& p) {
  const Call call(context, p);
  const auto u = call.blank(context, p, p.height), v = call.blank(context, p, p.width),
             dplaces = call.blank(context, p, 3);
  expression::profiles(context, call.shape, call.places.in(), u.view(), v.view());
  expression::profiles_backward(context, call.shape, call.places.in(), u.in(), v.in(), call.du.in(),
                                call.dv.in(), dplaces.view());
  return {{"u", u.download()}, {"v", v.download()}, {"dplaces", dplaces.download()}};
}

Results run(Context& context, const Problem& p) {
  Results results = products(context, p);
  for (auto& result : gaussians(context, p)) results.push_back(std::move(result));
  return results;
}

/// For each replica and channel: `compute` fills `parts`, arrays of rows x G, of one channel.
template <class Real, class Compute>
Exact each_channel(const Problem& p, const std::vector<const char*>& names, const Compute& compute) {
  Exact out;
  for (const char* name : names) out.push_back({name, {}});
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    std::vector<std::vector<Real>> whole(names.size());
    for (int64_t c = 0; c < p.channels; ++c) {
      const std::vector<reference::Matrix<Real>> parts = compute(r, c);
      for (std::size_t i = 0; i < parts.size(); ++i)
        reference::expression::put_channel(parts[i], p.channels, c, whole[i]);
    }
    for (std::size_t i = 0; i < names.size(); ++i) out[i].second.push_back(reference::result(whole[i]));
  }
  return out;
}

template <class Real>
Exact products_of(const Problem& p) {
  using namespace reference;
  return each_channel<Real>(p, {"x", "du", "dv"}, [&](std::size_t r, int64_t c) {
    const int64_t g = p.genes[r];
    const auto channel = [&](const std::vector<float>& all, int64_t rows) {
      return reference::expression::channel(as<Real>(all), rows, p.channels, g, c);
    };
    const Matrix<Real> u = channel(p.u[r], p.height), v = channel(p.v[r], p.width);
    Matrix<Real> du(p.height, g), dv(p.width, g);
    reference::expression::expand_backward(u, v, channel(p.dx[r], p.height * p.width), du, dv);
    return std::vector{reference::expression::expand(u, v), du, dv};
  });
}

/// Row `i` of the places of channel c, which lie behind those of the channels before it.
template <class Real>
std::vector<Real> places_row(const Problem& p, std::size_t r, int64_t c, int64_t i) {
  const std::vector<Real> places = reference::as<Real>(p.places[r]);
  const auto first = places.begin() + (3 * c + i) * p.genes[r];
  return std::vector<Real>(first, first + p.genes[r]);
}

template <class Real>
Exact profiles_of(const Problem& p) {
  return each_channel<Real>(p, {"u", "v"}, [&](std::size_t r, int64_t c) {
    const auto row = [&](int64_t i) { return places_row<Real>(p, r, c, i); };
    return std::vector{reference::expression::profile(p.height, row(0), row(2)),
                       reference::expression::profile(p.width, row(1), row(2))};
  });
}

template <class Real>
std::vector<Real> dplaces_of(const Problem& p, std::size_t r) {
  using namespace reference;
  const int64_t g = p.genes[r];
  std::vector<Real> all;
  for (int64_t c = 0; c < p.channels; ++c) {
    const auto row = [&](int64_t i) { return places_row<Real>(p, r, c, i); };
    const auto channel = [&](const std::vector<float>& of, int64_t rows) {
      return reference::expression::channel(as<Real>(of), rows, p.channels, g, c);
    };
    const auto u = reference::expression::profile(p.height, row(0), row(2)),
               v = reference::expression::profile(p.width, row(1), row(2));
    std::vector<Real> dmy(static_cast<std::size_t>(g)), dmx = dmy, dq = dmy;
    reference::expression::profile_backward(row(0), row(2), u, channel(p.du[r], p.height), dmy, dq);
    reference::expression::profile_backward(row(1), row(2), v, channel(p.dv[r], p.width), dmx, dq);
    for (const auto* part : {&dmy, &dmx, &dq}) all.insert(all.end(), part->begin(), part->end());
  }
  return all;
}

template <class Real>
Exact gaussians_of(const Problem& p) {
  Exact out = profiles_of<Real>(p);
  out.push_back({"dplaces", {}});
  for (std::size_t r = 0; r < p.replicas(); ++r)
    out.back().second.push_back(reference::result(dplaces_of<Real>(p, r)));
  return out;
}

class Expression : public testing::TestWithParam<On<cases::Expression>> {
 protected:
  const cases::Expression& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Expression, testing::ValuesIn(on_backends(cases::expression())), OnName());

TEST_P(Expression, ExpandsExactlyInWholeNumbers) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  const Problem p = problem(shape(), true);
  expect_exact(products(context, p), products_of<double>(p));
}

TEST_P(Expression, ExpandsAsCloseAsTheNaiveLoop) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  expect_close(backend(), p, products, products_of<reference::Measure>(p), products_of<reference::Naive>(p));
}

TEST_P(Expression, DrawsGaussiansAsCloseAsTheNaiveLoop) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  expect_close(backend(), p, gaussians, gaussians_of<reference::Measure>(p),
               gaussians_of<reference::Naive>(p));
}

TEST_P(Expression, GivesAReplicaTheSameBitsInAnyCompany) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  expect_same_bits(backend(), p, p.replicas(), run, alone);
}

TEST_P(Expression, KeepsNansToTheirReplica) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  if (p.replicas() < 2) GTEST_SKIP() << "there are no neighbours";
  expect_neighbours_unharmed(backend(), p, p.replicas(), 1, run, [](Problem& q, std::size_t r) {
    for (auto* sets : {&q.places, &q.u, &q.v, &q.du, &q.dv, &q.dx})
      for (float& v : (*sets)[r]) v = std::nanf("");
  });
}

class ExpressionExtremes : public testing::TestWithParam<On<NoCase>> {};
INSTANTIATE_TEST_SUITE_P(, ExpressionExtremes, testing::ValuesIn(each_backend()), OnName());

TEST_P(ExpressionExtremes, StayFiniteOnTheGridAndPeakAtTheCentre) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend);
  // genes: centred and flat; centred and very narrow; at either border; wide beyond the borders; 3 x 5 grid
  Problem p = problem({"", true, 3, 5, 1, {5}}, false);
  p.places = {{0, 0, 40, -40, 0,    // my
               0, 0, -40, 40, 0,    // mx
               -50, 20, 0, 0, 0}};  // q
  const Results results = gaussians(context, p);
  const auto u = [&](std::size_t h, std::size_t g) { return results[0].second[0][h * 5 + g]; };
  const auto v = [&](std::size_t w, std::size_t g) { return results[1].second[0][w * 5 + g]; };
  for (std::size_t h = 0; h < 3; ++h) EXPECT_EQ(u(h, 0), 1.0f) << "a flat gene";
  EXPECT_EQ(u(1, 1), 1.0f);
  EXPECT_EQ(u(0, 1), 0.0f);
  EXPECT_EQ(v(2, 1), 1.0f);
  EXPECT_EQ(v(1, 1), 0.0f);
  EXPECT_EQ(u(2, 2), 1.0f) << "tanh 40 = 1: the last row";
  EXPECT_EQ(u(0, 3), 1.0f) << "the first row";
  EXPECT_EQ(v(0, 2), 1.0f);
  EXPECT_EQ(v(4, 3), 1.0f);
  EXPECT_NEAR(u(0, 4), std::exp(-1.0), 1e-7);
  EXPECT_EQ(u(0, 4), u(2, 4)) << "symmetric";
  EXPECT_NEAR(v(1, 4), std::exp(-0.25), 1e-7);
  for (const float d : results[2].second[0]) EXPECT_TRUE(std::isfinite(d));
}

/// dplaces is my, my, ...; mx, ...; q, ... of three genes each: on a neuron, between two, beyond the border.
TEST_P(ExpressionExtremes, HaveFiniteGradientsHoweverSteepOrFlat) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  constexpr float inf = std::numeric_limits<float>::infinity();
  for (const float q : {40.0f, 50.0f, 1e30f, inf, -50.0f, -1e30f, -inf}) {
    SCOPED_TRACE(q);
    TestContext context(GetParam().backend), host(Backend::cpu);
    Problem p = problem({"", true, 3, 5, 1, {3}}, false);
    p.places = {{0, 0.3f, 40, 0, 0.3f, 40, q, q, q}};
    const Results results = gaussians(context, p);
    const std::vector<float>&u = results[0].second[0], &d = results[2].second[0];
    for (const float gradient : d) EXPECT_TRUE(std::isfinite(gradient)) << gradient;
    EXPECT_EQ(u[3], 1.0f) << "the gene on the middle row";
    EXPECT_EQ(u[0], q > 0 ? 0.0f : 1.0f);
    EXPECT_EQ(u[4], q > 0 ? 0.0f : 1.0f) << "the gene between two rows";
    if (q > 0) {
      EXPECT_EQ(d, std::vector<float>(9, 0.0f)) << "so steep that nothing changes";
    }
    expect_bits_equal(results, gaussians(host, p), "the CPU's");
  }
}

/// 40 counts, and what is above counts as 40: the centre is so near to a neuron that its profile still falls.
TEST_P(ExpressionExtremes, CountAQAbove40As40) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  const auto of = [&](float q) {
    TestContext context(GetParam().backend);
    Problem p = problem({"", true, 3, 1, 1, {1}}, false);
    p.places = {{4e-18f, 0, q}};
    return gaussians(context, p);
  };
  const Results at = of(40.0f), above = of(41.0f), below = of(39.0f);
  EXPECT_NEAR(at[0].second[0][1], std::exp(-std::pow(4e-18 * std::exp(40.0), 2)), 1e-6);
  EXPECT_GT(std::abs(at[2].second[0][0]), 1e15f);
  EXPECT_EQ(at, above);
  EXPECT_NE(at[0].second, below[0].second);
}

TEST_P(ExpressionExtremes, KeepANanInQ) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend);
  Problem p = problem({"", true, 3, 1, 1, {1}}, false);
  p.places = {{0, 0, std::nanf("")}};
  const Results results = gaussians(context, p);
  EXPECT_TRUE(std::isnan(results[0].second[0][0]));
  EXPECT_TRUE(std::isnan(results[2].second[0][2]));
}

TEST_P(ExpressionExtremes, AreZeroBelowEToTheMinus40) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend);
  Problem p = problem({"", true, 3, 1, 1, {2}}, false);
  p.places = {{0, 0, 0, 0, 0.5f * std::log(39.9f), 0.5f * std::log(40.1f)}};
  const std::vector<float> u = gaussians(context, p)[0].second[0];  // rows at -1, 0, 1
  EXPECT_NEAR(u[0] / std::exp(-39.9), 1.0, 1e-4);
  EXPECT_EQ(u[0], u[4]);
  EXPECT_EQ(u[1], 0.0f);
  EXPECT_EQ(u[5], 0.0f);
  EXPECT_EQ(u[3], 1.0f);
}

TEST_P(ExpressionExtremes, SayWhatIsWrongAndWriteNothing) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Problem p = problem({"", true, 3, 4, 1, {2, 3}}, false);
  const Call call(context, p);
  const auto u = call.blank(context, p, 3), v = call.blank(context, p, 4), x = call.blank(context, p, 12),
             d = call.blank(context, p, 3);
  const auto &places = call.places, &in_u = call.u, &in_v = call.v, &in_du = call.du, &in_dv = call.dv,
             &in_dx = call.dx;
  using View = Ragged<const float>;
  using Out = Ragged<float>;
  const auto all = [&](const expression::Shape& s, const std::string& message) {
    EXPECT_EQ(error_of([&] { expression::profiles(context, s, places.in(), u.view(), v.view()); }),
              "expression/profiles: " + message);
    EXPECT_EQ(error_of([&] {
                expression::profiles_backward(context, s, places.in(), in_u.in(), in_v.in(), in_du.in(),
                                              in_dv.in(), d.view());
              }),
              "expression/profiles_backward: " + message);
    EXPECT_EQ(error_of([&] { expression::expand(context, s, in_u.in(), in_v.in(), x.view()); }),
              "expression/expand: " + message);
    EXPECT_EQ(error_of([&] {
                expression::expand_backward(context, s, in_u.in(), in_v.in(), in_dx.in(), u.view(), v.view());
              }),
              "expression/expand_backward: " + message);
  };
  const auto refuse = [&](auto change, const std::string& message) {
    expression::Shape s = call.shape;
    change(s);
    all(s, message);
  };
  refuse([](auto& s) { s.replicas = 0; }, "replicas is 0, must be at least 1");
  refuse([](auto& s) { s.height = -3; }, "height is -3, must be at least 1");
  refuse([](auto& s) { s.width = 0; }, "width is 0, must be at least 1");
  refuse([](auto& s) { s.channels = 0; }, "channels is 0, must be at least 1");
  refuse([](auto& s) { s.height = 1 << 15, s.channels = 1 << 14; },
         "X of 32768 x 4 x 16384 x 3 is larger than 2^31 - 1");
  refuse([](auto& s) { s.genes.most = 0; }, "genes is 0, must be at least 1");
  refuse([](auto& s) { s.genes.most = 2; },
         "genes of replica 1 is 3, must be 1 to 2 (the largest, as given)");
  refuse([](auto& s) { s.genes.host = nullptr; }, "genes: host and each must both be given or both be null");

  for (int gone = 0; gone < 3; ++gone) {
    EXPECT_EQ(error_of([&] {
                expression::profiles(context, call.shape, gone == 0 ? View{} : places.in(),
                                     gone == 1 ? Out{} : u.view(), gone == 2 ? Out{} : v.view());
              }),
              "expression/profiles: " + nth({"places", "u", "v"}, gone) + " is null");
    EXPECT_EQ(error_of([&] {
                expression::expand(context, call.shape, gone == 0 ? View{} : in_u.in(),
                                   gone == 1 ? View{} : in_v.in(), gone == 2 ? Out{} : x.view());
              }),
              "expression/expand: " + nth({"u", "v", "x"}, gone) + " is null");
  }
  for (int gone = 0; gone < 5; ++gone)
    EXPECT_EQ(error_of([&] {
                expression::expand_backward(context, call.shape, gone == 0 ? View{} : in_u.in(),
                                            gone == 1 ? View{} : in_v.in(), gone == 2 ? View{} : in_dx.in(),
                                            gone == 3 ? Out{} : u.view(), gone == 4 ? Out{} : v.view());
              }),
              "expression/expand_backward: " + nth({"u", "v", "dx", "du", "dv"}, gone) + " is null");
  for (int gone = 0; gone < 6; ++gone)
    EXPECT_EQ(error_of([&] {
                expression::profiles_backward(context, call.shape, gone == 0 ? View{} : places.in(),
                                              gone == 1 ? View{} : in_u.in(), gone == 2 ? View{} : in_v.in(),
                                              gone == 3 ? View{} : in_du.in(),
                                              gone == 4 ? View{} : in_dv.in(), gone == 5 ? Out{} : d.view());
              }),
              "expression/profiles_backward: " + nth({"places", "u", "v", "du", "dv", "dplaces"}, gone) +
                  " is null");
  u.expect_blank("u");
  v.expect_blank("v");
  x.expect_blank("x");
  d.expect_blank("dplaces");
}

}  // namespace
}  // namespace innate::test
