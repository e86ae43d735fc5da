// Fields (innate/kernels/field.h).
#include "innate/kernels/field.h"

#include "tests/cases/field_cases.h"
#include "tests/reference/field.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

struct Problem {
  field::Geometry geometry;
  int64_t columns;
  bool shared, add, each_bias;
  Sets<float> t, u, m, bias;
  std::vector<float> scale;  // empty: none

  std::size_t replicas() const { return t.size(); }
};

Problem problem(const cases::Field& c, bool shared, bool add, bool each_bias, bool scaled = true) {
  const field::Geometry& g = c.geometry;
  Problem p{g, c.columns, shared, add, each_bias, {}, {}, {}, {}, {}};
  for (int r = 0; r < c.replicas; ++r) {
    const auto seed = static_cast<uint64_t>(10 * r);
    p.t.push_back(normals(seed + 1, g.in_neurons() * c.columns));
    p.u.push_back(normals(seed + 2, g.out_neurons() * c.columns));
    p.m.push_back(normals(seed + 3, (shared ? 1 : g.places()) * g.weights() * g.outputs));
    p.bias.push_back(normals(seed + 4, each_bias ? g.out_neurons() : g.outputs));
    if (scaled) p.scale.push_back(0.5f + static_cast<float>(r));
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  Problem q = p;
  q.t = {p.t[r]}, q.u = {p.u[r]}, q.m = {p.m[r]}, q.bias = {p.bias[r]};
  if (!p.scale.empty()) q.scale = {p.scale[r]};
  return q;
}

/// What the entries add to.
Sets<float> ones(const Sets<float>& like) {
  Sets<float> sets = like;
  for (auto& set : sets) std::fill(set.begin(), set.end(), 1.0f);
  return sets;
}

Results run(Context& context, const Problem& p) {
  const Arrays<float> t(context, p.t), u(context, p.u), m(context, p.m), bias(context, p.bias);
  const Buffer<float> scales(context, p.scale);
  const Ragged<const float> scale{p.scale.empty() ? nullptr : scales.data(), 1, nullptr};
  field::Shape shape{static_cast<int>(p.replicas()), p.geometry, p.columns, p.shared, false, p.each_bias};
  shape.add = p.add;
  const auto begun = [&](const Sets<float>& like) {
    return p.add ? Arrays<float>(context, ones(like)) : Arrays<float>::blank(context, sizes_of(like));
  };
  const Arrays<float> to_u = begun(p.u), to_t = begun(p.t), to_m = begun(p.m);
  field::outputs(context, shape, m.in(), t.in(), scale, bias.in(), to_u.view());
  field::inputs(context, shape, m.in(), u.in(), scale, to_t.view());
  Results results = {{"outputs", to_u.download()}, {"inputs", to_t.download()}};
  if (p.shared) return results;
  const std::vector<int64_t> neurons(p.replicas(), p.geometry.out_neurons());
  const Arrays<float> sums = Arrays<float>::blank(context, neurons);
  field::weights(context, shape, t.in(), u.in(), scale, to_m.view(), sums.view());
  results.emplace_back("weights", to_m.download());
  results.emplace_back("sums", sums.download());
  return results;
}

template <class Real>
Exact reference_of(const Problem& p) {
  const field::Geometry& g = p.geometry;
  const reference::field::Shape s{g.height,  g.width,   g.channels, g.size,   g.stride,
                                  g.padding, g.outputs, p.columns,  p.shared, p.each_bias};
  Exact out = {{"outputs", {}}, {"inputs", {}}};
  if (!p.shared) out.push_back({"weights", {}}), out.push_back({"sums", {}});
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    const std::vector<Real> t = reference::as<Real>(p.t[r]), u = reference::as<Real>(p.u[r]),
                            m = reference::as<Real>(p.m[r]);
    const Real scale = p.scale.empty() ? Real(1) : static_cast<Real>(p.scale[r]);
    const auto added = [&](std::vector<Real> x) {
      for (Real& value : x) value += p.add ? Real(1) : Real(0);
      return reference::result(x);
    };
    out[0].second.push_back(added(reference::field::outputs(s, m, t, scale, reference::as<Real>(p.bias[r]))));
    out[1].second.push_back(added(reference::field::inputs(s, m, u, scale)));
    if (p.shared) continue;
    out[2].second.push_back(added(reference::field::weights(s, t, u, scale)));
    std::vector<Real> sums(static_cast<std::size_t>(g.out_neurons()));
    for (std::size_t e = 0; e < u.size(); ++e) sums[e / static_cast<std::size_t>(p.columns)] += u[e];
    out[3].second.push_back(reference::result(sums));
  }
  return out;
}

class Field : public testing::TestWithParam<On<cases::Field>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
  const cases::Field& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Field, testing::ValuesIn(on_backends(cases::field())), OnName());

TEST_P(Field, IsExactInWholeNumbers) {
  TestContext context(backend());
  for (const bool shared : {false, true}) {
    Problem p = problem(shape(), shared, true, true, false);
    uint64_t seed = 7;
    for (auto* sets : {&p.t, &p.u, &p.m, &p.bias})
      for (auto& set : *sets) set = integers(seed++, static_cast<int64_t>(set.size()), 8), set[0] = 3.0f;
    expect_exact(run(context, p), reference_of<double>(p));
  }
}

TEST_P(Field, IsAsCloseAsTheNaiveLoop) {
  for (const auto& [shared, add, each] :
       {std::tuple(false, false, false), std::tuple(false, true, true), std::tuple(true, false, false)}) {
    const Problem p = problem(shape(), shared, add, each);
    expect_close(backend(), p, run, reference_of<reference::Measure>(p), reference_of<reference::Naive>(p));
  }
}

TEST_P(Field, GivesAReplicaTheSameBitsInAnyCompany) {
  for (const bool add : {false, true}) {
    const Problem p = problem(shape(), false, add, add);
    expect_same_bits(backend(), p, p.replicas(), run, alone);
  }
}

/// <dU, outputs(M, T)> = <dM(dU, T), M> = <dT(M, dU), T>: each is the way back of the others.
TEST(FieldReference, EachIsTheWayBackOfTheOthers) {
  for (const cases::Field& c : cases::field()) {
    if (!c.small) continue;
    const field::Geometry& g = c.geometry;
    const reference::field::Shape s{g.height,  g.width,   g.channels, g.size, g.stride,
                                    g.padding, g.outputs, c.columns,  false,  false};
    const Problem p = problem(c, false, false, false);
    const auto t = reference::as<double>(p.t[0]), u = reference::as<double>(p.u[0]),
               m = reference::as<double>(p.m[0]);
    const auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
      double sum = 0;
      for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
      return sum;
    };
    const double seen = product(u, reference::field::outputs(s, m, t, 0.5, {}));
    EXPECT_NEAR(seen, product(m, reference::field::weights(s, t, u, 0.5)), 1e-9 * (1 + std::abs(seen)))
        << c.name;
    EXPECT_NEAR(seen, product(t, reference::field::inputs(s, m, u, 0.5)), 1e-9 * (1 + std::abs(seen)))
        << c.name;
    // And it is linear: a step of M moves the outputs as M's own way says.
    std::vector<double> more = m;
    for (double& value : more) value += 1e-3;
    const double moved = product(u, reference::field::outputs(s, more, t, 0.5, {}));
    double slope = 0;
    for (const double value : reference::field::weights(s, t, u, 0.5)) slope += value;
    EXPECT_NEAR((moved - seen) / 1e-3, slope, 1e-6 * (1 + std::abs(slope))) << c.name;
  }
}

TEST_P(Field, KeepsNansToTheirReplica) {
  const Problem p = problem(shape(), false, false, false);
  if (p.replicas() < 2) GTEST_SKIP() << "there are no neighbours";
  expect_neighbours_unharmed(backend(), p, p.replicas(), 1, run, [](Problem& q, std::size_t r) {
    for (auto* sets : {&q.t, &q.u, &q.m})
      for (float& x : (*sets)[r]) x = std::nanf("");
  });
}

class FieldErrors : public testing::TestWithParam<On<NoCase>> {
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, FieldErrors, testing::ValuesIn(each_backend()), OnName());

TEST_P(FieldErrors, SayWhatIsWrongAndWriteNothing) {
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Problem p = problem({"", true, 1, {4, 4, 1, 3, 1, 0, 2}, 3}, false, false, false);
  const Arrays<float> t(context, p.t), u(context, p.u), m(context, p.m);
  const field::Shape shape{1, p.geometry, p.columns};
  const auto refuse = [&](auto change, const std::string& message) {
    field::Shape s = shape;
    change(s);
    EXPECT_EQ(error_of([&] { field::weights(context, s, t.in(), u.in(), {}, m.view(), {}); }),
              "field/weights: " + message);
    EXPECT_EQ(error_of([&] { field::outputs(context, s, m.in(), t.in(), {}, {}, u.view()); }),
              "field/outputs: " + message);
    EXPECT_EQ(error_of([&] { field::inputs(context, s, m.in(), u.in(), {}, t.view()); }),
              "field/inputs: " + message);
  };
  refuse([](auto& s) { s.replicas = 0; }, "replicas is 0, must be at least 1");
  refuse([](auto& s) { s.columns = 0; }, "columns is 0, must be at least 1");
  refuse([](auto& s) { s.geometry.stride = 0; }, "stride is 0, must be at least 1");
  refuse([](auto& s) { s.geometry.padding = -1; }, "padding is -1, must be at least 0");
  refuse([](auto& s) { s.geometry.size = 5; },
         "fields of 5 x 5 are larger than the map of 4 x 4 with its padding of 0");
  field::Shape shared = shape;
  shared.shared = true;
  EXPECT_EQ(error_of([&] { field::weights(context, shared, t.in(), u.in(), {}, m.view(), {}); }),
            "field/weights: weights that places share are the sum of each place's; sum them");
  EXPECT_EQ(error_of([&] { field::weights(context, shape, {}, u.in(), {}, m.view(), {}); }),
            "field/weights: t is null");
  EXPECT_EQ(error_of([&] { field::outputs(context, shape, m.in(), t.in(), {}, {}, {}); }),
            "field/outputs: u is null");
  expect_bits_equal(t.download(), p.t, "t");
  expect_bits_equal(u.download(), p.u, "u");
  expect_bits_equal(m.download(), p.m, "m");
}

}  // namespace
}  // namespace innate::test
