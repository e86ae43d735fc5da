// Identities (innate/kernels/identities.h).
#include "innate/kernels/identities.h"

#include "tests/cases/identities_cases.h"
#include "tests/reference/identities.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

using expression::Profile;

constexpr Profile kProfiles[] = {Profile::ridge, Profile::bump, Profile::gaussian};

struct Problem {
  reference::identities::Grid grid;
  Profile profile = Profile::ridge;
  bool centred = true, add = false;
  std::vector<int64_t> genes;
  Sets<float> places, dx, dplaces;  // dplaces: what is there before

  std::size_t replicas() const { return genes.size(); }
};

Problem problem(const cases::Identities& c, Profile profile, bool centred, bool add = false) {
  Problem p{{c.height, c.width, c.channels, c.axes}, profile, centred, add, c.genes, {}, {}, {}};
  for (std::size_t r = 0; r < c.genes.size(); ++r) {
    const int64_t g = c.genes[r];
    p.places.push_back(normals(30 * r + 1, 2 * c.axes * g, 0.9));
    p.dx.push_back(normals(30 * r + 2, p.grid.neurons() * g));
    p.dplaces.push_back(normals(30 * r + 3, 2 * c.axes * g));
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  return {p.grid, p.profile, p.centred, p.add, {p.genes[r]}, {p.places[r]}, {p.dx[r]}, {p.dplaces[r]}};
}

expression::IdentityShape shape_of(const Problem& p, const TestExtents& genes) {
  const auto& g = p.grid;
  return {static_cast<int>(p.replicas()),
          static_cast<int>(g.height),
          static_cast<int>(g.width),
          static_cast<int>(g.channels),
          static_cast<int>(g.axes),
          genes.view(),
          p.profile,
          p.centred};
}

Results run(Context& context, const Problem& p) {
  const bool equal = all_equal(p.genes);
  const TestExtents genes(context, p.genes, equal);
  const Arrays<float> places(context, p.places, equal), dx(context, p.dx);
  const auto x = Arrays<float>::blank(context, sizes_of(p.dx), equal);
  const auto dplaces =
      p.add ? Arrays<float>(context, p.dplaces) : Arrays<float>::blank(context, sizes_of(p.places));
  const auto shape = shape_of(p, genes);
  expression::identities(context, shape, places.in(), x.view());
  expression::identities_backward(context, shape, places.in(), dx.in(), dplaces.view(), p.add);
  return {{"x", x.download()}, {"dplaces", dplaces.download()}};
}

template <class Real>
Exact reference_of(const Problem& p) {
  using reference::as, reference::Matrix, reference::result;
  Exact out = {{"x", {}}, {"dplaces", {}}};
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    const std::string profile = expression::name(p.profile);
    const Matrix<Real> places(2 * p.grid.axes, p.genes[r], as<Real>(p.places[r])),
        dx(p.grid.neurons(), p.genes[r], as<Real>(p.dx[r]));
    out[0].second.push_back(result(reference::identities::forward(profile, p.centred, p.grid, places).data));
    auto d = reference::identities::d_places(profile, p.centred, p.grid, places, dx).data;
    if (p.add)
      for (std::size_t i = 0; i < d.size(); ++i) d[i] += static_cast<Real>(p.dplaces[r][i]);
    out[1].second.push_back(result(d));
  }
  return out;
}

class Identities : public testing::TestWithParam<On<cases::Identities>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
  const cases::Identities& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
  /// One neuron is its own mean: all is 0.
  bool can_be_centred() const { return shape().height * shape().width * shape().channels > 1; }

  /// each(problem) of every profile, centred and not.
  template <class Each>
  void each_problem(const Each& each) const {
    for (const Profile profile : kProfiles)
      for (const bool centred : {false, true}) {
        if (centred && !can_be_centred()) continue;
        SCOPED_TRACE(std::string(expression::name(profile)) + (centred ? ", centred" : ""));
        each(problem(shape(), profile, centred, centred == (profile == Profile::bump)));
      }
  }
};
INSTANTIATE_TEST_SUITE_P(, Identities, testing::ValuesIn(on_backends(cases::identities())), OnName());

TEST_P(Identities, AreAsCloseAsTheNaiveLoop) {
  each_problem([&](const Problem& p) {
    expect_close(backend(), p, run, reference_of<reference::Measure>(p), reference_of<reference::Naive>(p));
  });
}

TEST_P(Identities, GiveAReplicaTheSameBitsInAnyCompany) {
  each_problem([&](const Problem& p) { expect_same_bits(backend(), p, p.replicas(), run, alone); });
}

TEST_P(Identities, KeepNansToTheirReplica) {
  if (shape().genes.size() < 2) GTEST_SKIP() << "there are no neighbours";
  each_problem([&](const Problem& p) {
    expect_neighbours_unharmed(backend(), p, p.replicas(), 1, run, [](Problem& q, std::size_t r) {
      for (auto* sets : {&q.places, &q.dx})
        for (float& x : (*sets)[r]) x = std::nanf("");
    });
  });
}

/// The third axis of one channel says nothing: its coordinate is 0, and a gene at 0 does not feel it.
TEST_P(Identities, NeedNoThirdAxisWhereThereIsOneChannel) {
  if (shape().axes != 2) GTEST_SKIP() << "there are three axes";
  each_problem([&](const Problem& p) {
    Problem three = p;
    three.grid.axes = 3;
    for (std::size_t r = 0; r < p.replicas(); ++r) {
      const std::size_t g = static_cast<std::size_t>(p.genes[r]);
      for (auto* sets : {&three.places, &three.dplaces}) {
        auto& rows = (*sets)[r];
        rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(2 * g), g, 0.0f);
        rows.resize(6 * g);
      }
    }
    TestContext context(backend());
    const Results two = run(context, p), all = run(context, three);
    expect_bits_equal(all[0].second, two[0].second, "x");
    for (std::size_t r = 0; r < p.replicas(); ++r)
      for (std::size_t row = 0, g = static_cast<std::size_t>(p.genes[r]); row < 4; ++row)
        for (std::size_t i = 0; i < g; ++i)
          EXPECT_EQ(two[1].second[r][row * g + i], all[1].second[r][(row + row / 2) * g + i])
              << "row " << row;
  });
}

class IdentitiesExtremes : public testing::TestWithParam<On<NoCase>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, IdentitiesExtremes, testing::ValuesIn(each_backend()), OnName());

/// One gene on a 3 x 2 x 2 grid, coordinates -1, 0, 1 and -1, 1 and -1, 1.
TEST_P(IdentitiesExtremes, AreWhatTheFormulaSays) {
  TestContext context(GetParam().backend);
  const auto of = [&](Profile profile, std::vector<float> places) {
    Problem p = problem({"", true, 3, 2, 2, 3, {1}}, profile, false);
    p.places = {std::move(places)};
    return run(context, p)[0].second[0];
  };
  const std::vector<float> ridge = of(Profile::ridge, {0, 0, 0, 1, 1, 0});  // z = y + x
  EXPECT_EQ(ridge, (std::vector<float>{0.2f, 0.2f, 1, 1, 0.5f, 0.5f, 0.5f, 0.5f, 1, 1, 0.2f, 0.2f}));
  const std::vector<float> bump = of(Profile::bump, {0, 1, 0, 1, 1, 0});  // r = y^2 + (x - 1)^2
  const float sixth = 1.0f / 6.0f;
  EXPECT_EQ(bump, (std::vector<float>{sixth, sixth, 0.5f, 0.5f, 0.2f, 0.2f, 1, 1, sixth, sixth, 0.5f, 0.5f}));
  const std::vector<float> gaussian = of(Profile::gaussian, {0, 0, 1, 0, 0, 3.2f});  // r = (3.2 (c - 1))^2
  for (std::size_t n = 0; n < 12; ++n) EXPECT_EQ(gaussian[n], n % 2 ? 1.0f : 0.0f) << "e^-40.96 is 0";
}

TEST_P(IdentitiesExtremes, StayFiniteHoweverSteepOrFar) {
  TestContext context(GetParam().backend);
  for (const Profile profile : kProfiles)
    for (const float sigma : {0.0f, 1e-30f, 1e10f, -1e18f}) {
      Problem p = problem({"", true, 3, 5, 2, 3, {4}}, profile, true);
      for (std::size_t i = 12; i < 24; ++i) p.places[0][i] = sigma;
      for (const auto& [name, sets] : run(context, p))
        for (const float x : sets[0])
          EXPECT_TRUE(std::isfinite(x)) << expression::name(profile) << " " << sigma;
    }
}

TEST_P(IdentitiesExtremes, SayWhatIsWrongAndWriteNothing) {
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Problem p = problem({"", true, 3, 4, 2, 3, {2, 5}}, Profile::ridge, true);
  const TestExtents genes(context, p.genes, false);
  const Arrays<float> places(context, p.places), dx(context, p.dx);
  const auto x = Arrays<float>::blank(context, sizes_of(p.dx)),
             d = Arrays<float>::blank(context, sizes_of(p.places));
  const auto shape = shape_of(p, genes);
  const auto refuse = [&](auto change, const std::string& message) {
    expression::IdentityShape s = shape;
    change(s);
    EXPECT_EQ(error_of([&] { expression::identities(context, s, places.in(), x.view()); }),
              "expression/identities: " + message);
    EXPECT_EQ(error_of([&] { expression::identities_backward(context, s, places.in(), dx.in(), d.view()); }),
              "expression/identities_backward: " + message);
  };
  refuse([](auto& s) { s.replicas = 0; }, "replicas is 0, must be at least 1");
  refuse([](auto& s) { s.height = -3; }, "height is -3, must be at least 1");
  refuse([](auto& s) { s.width = 0; }, "width is 0, must be at least 1");
  refuse([](auto& s) { s.channels = 0; }, "channels is 0, must be at least 1");
  refuse([](auto& s) { s.genes.most = 0; }, "genes is 0, must be at least 1");
  refuse([](auto& s) { s.genes.most = 4; },
         "genes of replica 1 is 5, must be 1 to 4 (the largest, as given)");
  refuse([](auto& s) { s.axes = 2; }, "axes is 2 of a grid of 3 x 4 x 2, must be 3");
  refuse([](auto& s) { s.axes = 4, s.channels = 1; }, "axes is 4 of a grid of 3 x 4 x 1, must be 3 or 2");
  refuse([](auto& s) { s.profile = static_cast<Profile>(7); },
         "there is no profile 7; use one of enum Profile");
  refuse([](auto& s) { s.height = 1 << 15, s.channels = 1 << 14; },
         "X of 32768 x 4 x 16384 x 5 is larger than 2^31 - 1");
  EXPECT_EQ(error_of([&] { expression::identities(context, shape, {}, x.view()); }),
            "expression/identities: places is null");
  EXPECT_EQ(error_of([&] { expression::identities(context, shape, places.in(), {}); }),
            "expression/identities: x is null");
  for (int gone = 0; gone < 3; ++gone)
    EXPECT_EQ(error_of([&] {
                expression::identities_backward(
                    context, shape, gone == 0 ? Ragged<const float>{} : places.in(),
                    gone == 1 ? Ragged<const float>{} : dx.in(), gone == 2 ? Ragged<float>{} : d.view());
              }),
              "expression/identities_backward: " + nth({"places", "dx", "dplaces"}, gone) + " is null");
  x.expect_blank("x");
  d.expect_blank("dplaces");
}

}  // namespace
}  // namespace innate::test
