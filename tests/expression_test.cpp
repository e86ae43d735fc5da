// Expression (innate/kernels/expression.h).
#include "innate/kernels/expression.h"

#include "tests/cases/expression_cases.h"
#include "tests/reference/expression.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

struct Problem {
  int height = 0, width = 0;
  std::vector<int64_t> genes;
  Sets<float> places;      // 3 x G
  Sets<float> u, v;        // what the backward entries and `expand` read
  Sets<float> du, dv, dx;  // gradients that come in

  std::size_t replicas() const { return genes.size(); }
};

Problem problem(const cases::Expression& c, bool whole_numbers) {
  Problem p;
  p.height = c.height, p.width = c.width, p.genes = c.genes;
  const auto draw = [&](uint64_t seed, int64_t count, int most) {
    return whole_numbers ? integers(seed, count, most) : normals(seed, count, 0.7);
  };
  for (std::size_t r = 0; r < c.genes.size(); ++r) {
    const int64_t g = c.genes[r];
    p.places.push_back(normals(40 * r + 1, 3 * g, 0.8));
    p.u.push_back(draw(40 * r + 2, c.height * g, 3));
    p.v.push_back(draw(40 * r + 3, c.width * g, 3));
    p.du.push_back(draw(40 * r + 4, c.height * g, 3));
    p.dv.push_back(draw(40 * r + 5, c.width * g, 3));
    p.dx.push_back(draw(40 * r + 6, c.height * c.width * g, 3));
    if (c.height * c.width * g == 1) p.u[r][0] = p.v[r][0] = p.dx[r][0] = whole_numbers ? 2.0f : 0.7f;
    if (!whole_numbers)
      for (auto* sets : {&p.u, &p.v})
        for (float& x : (*sets)[r]) x = std::exp(-x * x);  // as profiles are
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  Problem one{p.height, p.width,   {p.genes[r]}, {p.places[r]}, {p.u[r]},
              {p.v[r]}, {p.du[r]}, {p.dv[r]},    {p.dx[r]}};
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
        shape{static_cast<int>(p.replicas()), p.height, p.width, genes.view()} {}

  Arrays<float> blank(Context& context, const Problem& p, int rows) const {
    std::vector<int64_t> sizes;
    for (const int64_t g : p.genes) sizes.push_back(rows * g);
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

template <class Real>
Exact products_of(const Problem& p) {
  using namespace reference;
  Exact out = {{"x", {}}, {"du", {}}, {"dv", {}}};
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    const int64_t g = p.genes[r];
    const Matrix<Real> u(p.height, g, as<Real>(p.u[r])), v(p.width, g, as<Real>(p.v[r]));
    Matrix<Real> du(p.height, g), dv(p.width, g);
    reference::expression::expand_backward(u, v, Matrix<Real>(p.height * p.width, g, as<Real>(p.dx[r])), du,
                                           dv);
    out[0].second.push_back(result(reference::expression::expand(u, v).data));
    out[1].second.push_back(result(du.data));
    out[2].second.push_back(result(dv.data));
  }
  return out;
}

template <class Real>
Exact gaussians_of(const Problem& p) {
  using namespace reference;
  Exact out = {{"u", {}}, {"v", {}}, {"dplaces", {}}};
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    const int64_t g = p.genes[r];
    const std::vector<Real> places = as<Real>(p.places[r]);
    const auto row = [&](int64_t i) {
      return std::vector<Real>(places.begin() + i * g, places.begin() + (i + 1) * g);
    };
    const auto u = reference::expression::profile(p.height, row(0), row(2)),
               v = reference::expression::profile(p.width, row(1), row(2));
    std::vector<Real> dmy(static_cast<std::size_t>(g)), dmx = dmy, dq = dmy;
    reference::expression::profile_backward(row(0), row(2), u, Matrix<Real>(p.height, g, as<Real>(p.du[r])),
                                            dmy, dq);
    reference::expression::profile_backward(row(1), row(2), v, Matrix<Real>(p.width, g, as<Real>(p.dv[r])),
                                            dmx, dq);
    dmy.insert(dmy.end(), dmx.begin(), dmx.end());
    dmy.insert(dmy.end(), dq.begin(), dq.end());
    out[0].second.push_back(result(u.data));
    out[1].second.push_back(result(v.data));
    out[2].second.push_back(result(dmy));
  }
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
  if (p.replicas() < 2) return;  // no neighbours
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
  Problem p = problem({"", true, 3, 5, {5}}, false);
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

TEST_P(ExpressionExtremes, AreZeroBelowEToTheMinus40) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend);
  Problem p = problem({"", true, 3, 1, {2}}, false);
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
  const Problem p = problem({"", true, 3, 4, {2, 3}}, false);
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
  refuse([](auto& s) { s.genes.most = 0; }, "genes is 0, must be at least 1");
  refuse([](auto& s) { s.genes.most = 2; },
         "genes of replica 1 is 3, must be 1 to 2 (the largest, as given)");
  refuse([](auto& s) { s.genes.each = nullptr; }, "genes: host and each must both be given or both be null");

  for (int gone = 0; gone < 3; ++gone) {
    EXPECT_EQ(error_of([&] {
                expression::profiles(context, call.shape, gone == 0 ? View{} : places.in(),
                                     gone == 1 ? Out{} : u.view(), gone == 2 ? Out{} : v.view());
              }),
              "expression/profiles: places, u or v is null");
    EXPECT_EQ(error_of([&] {
                expression::expand(context, call.shape, gone == 0 ? View{} : in_u.in(),
                                   gone == 1 ? View{} : in_v.in(), gone == 2 ? Out{} : x.view());
              }),
              "expression/expand: u, v or x is null");
  }
  for (int gone = 0; gone < 5; ++gone)
    EXPECT_EQ(error_of([&] {
                expression::expand_backward(context, call.shape, gone == 0 ? View{} : in_u.in(),
                                            gone == 1 ? View{} : in_v.in(), gone == 2 ? View{} : in_dx.in(),
                                            gone == 3 ? Out{} : u.view(), gone == 4 ? Out{} : v.view());
              }),
              "expression/expand_backward: a pointer is null");
  for (int gone = 0; gone < 6; ++gone)
    EXPECT_EQ(error_of([&] {
                expression::profiles_backward(context, call.shape, gone == 0 ? View{} : places.in(),
                                              gone == 1 ? View{} : in_u.in(), gone == 2 ? View{} : in_v.in(),
                                              gone == 3 ? View{} : in_du.in(),
                                              gone == 4 ? View{} : in_dv.in(), gone == 5 ? Out{} : d.view());
              }),
              "expression/profiles_backward: a pointer is null");
  u.expect_blank("u");
  v.expect_blank("v");
  x.expect_blank("x");
  d.expect_blank("dplaces");
}

}  // namespace
}  // namespace innate::test
