// Activation (innate/kernels/activation.h).
#include "innate/kernels/activation.h"

#include "tests/cases/activation_cases.h"
#include "tests/reference/activation.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

using activation::Function;

constexpr Function kFunctions[] = {Function::none, Function::relu, Function::tanh, Function::sigmoid};

struct Problem {
  Function function;
  Sets<float> x, dy;  // backward: x holds y

  std::size_t replicas() const { return x.size(); }
};

Problem problem(const cases::Activation& c, Function function) {
  Problem p{function, {}, {}};
  for (std::size_t r = 0; r < c.elements.size(); ++r) {
    p.x.push_back(normals(20 * r + 1, c.elements[r], 3.0));
    p.dy.push_back(normals(20 * r + 2, c.elements[r]));
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) { return {p.function, {p.x[r]}, {p.dy[r]}}; }

Results run(Context& context, const Problem& p) {
  const TestExtents sizes(context, sizes_of(p.x), all_equal(sizes_of(p.x)));
  const Arrays<float> y(context, p.x, all_equal(sizes_of(p.x))), dy(context, p.dy);
  const activation::Shape shape{static_cast<int>(p.replicas()), sizes.view(), p.function};
  activation::forward(context, shape, y.view());
  activation::backward(context, shape, y.in(), dy.view());
  return {{"y", y.download()}, {"dy", dy.download()}};
}

template <class Real>
Exact reference_of(const Problem& p) {
  Exact out = {{"y", {}}, {"dy", {}}};
  const std::string function = activation::name(p.function);
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    std::vector<Real> y = reference::as<Real>(p.x[r]), dy = reference::as<Real>(p.dy[r]);
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = reference::activation::value(function, y[i]);
      dy[i] *= reference::activation::slope(function, y[i]);
    }
    out[0].second.push_back(reference::result(y));
    out[1].second.push_back(reference::result(dy));
  }
  return out;
}

class Activation : public testing::TestWithParam<On<cases::Activation>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
  const cases::Activation& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Activation, testing::ValuesIn(on_backends(cases::activation())), OnName());

TEST_P(Activation, IsExactInWholeNumbers) {
  TestContext context(backend());
  for (const Function function : {Function::none, Function::relu}) {
    Problem p = problem(shape(), function);
    uint64_t seed = 7;
    for (auto* sets : {&p.x, &p.dy})
      for (auto& set : *sets) set = integers(seed++, static_cast<int64_t>(set.size()), 8), set[0] = 3.0f;
    expect_exact(run(context, p), reference_of<double>(p));
  }
}

TEST_P(Activation, IsAsCloseAsTheNaiveLoop) {
  for (const Function function : kFunctions) {
    const Problem p = problem(shape(), function);
    expect_close(backend(), p, run, reference_of<reference::Measure>(p), reference_of<reference::Naive>(p));
  }
}

TEST_P(Activation, GivesAReplicaTheSameBitsInAnyCompany) {
  for (const Function function : kFunctions) {
    const Problem p = problem(shape(), function);
    expect_same_bits(backend(), p, p.replicas(), run, alone);
  }
}

TEST_P(Activation, KeepsNansToTheirReplica) {
  const auto spoil = [](Problem& q, std::size_t r) {
    for (auto* sets : {&q.x, &q.dy})
      for (float& x : (*sets)[r]) x = std::nanf("");
  };
  for (const Function function : {Function::none, Function::tanh, Function::sigmoid}) {
    const Problem p = problem(shape(), function);
    if (p.replicas() < 2) GTEST_SKIP() << "there are no neighbours";
    expect_neighbours_unharmed(backend(), p, p.replicas(), 1, run, spoil);
  }
}

class ActivationErrors : public testing::TestWithParam<On<NoCase>> {
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, ActivationErrors, testing::ValuesIn(each_backend()), OnName());

TEST_P(ActivationErrors, KnowsTheEndsOfTheScale) {
  TestContext context(GetParam().backend);
  const auto of = [&](Function function, std::vector<float> x) {
    return run(context, {function, {x}, {std::vector<float>(x.size(), 1.0f)}});
  };
  const float inf = INFINITY;
  EXPECT_EQ(of(Function::relu, {-inf, -1, 0, 2, inf})[0].second[0], (std::vector<float>{0, 0, 0, 2, inf}));
  EXPECT_EQ(of(Function::relu, {-1, 0, 2})[1].second[0], (std::vector<float>{0, 0, 1}));
  EXPECT_TRUE(std::isnan(of(Function::relu, {NAN})[0].second[0][0]));
  EXPECT_EQ(of(Function::tanh, {-100, 0, 100})[0].second[0], (std::vector<float>{-1, 0, 1}));
  EXPECT_EQ(of(Function::tanh, {-100, 0, 100})[1].second[0], (std::vector<float>{0, 1, 0}));
  EXPECT_EQ(of(Function::sigmoid, {0, 100})[0].second[0], (std::vector<float>{0.5f, 1}));
  EXPECT_EQ(of(Function::sigmoid, {0, 100})[1].second[0], (std::vector<float>{0.25f, 0}));
  EXPECT_LT(of(Function::sigmoid, {-80})[0].second[0][0], 1e-30f);
}

TEST_P(ActivationErrors, SayWhatIsWrongAndWriteNothing) {
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Problem p = problem({"", true, {5, 9}}, Function::relu);
  const TestExtents sizes(context, {5, 9}, false);
  const Arrays<float> y(context, p.x), dy(context, p.dy);
  const activation::Shape shape{2, sizes.view(), Function::relu};
  const auto refuse = [&](auto change, const std::string& message) {
    activation::Shape s = shape;
    change(s);
    EXPECT_EQ(error_of([&] { activation::forward(context, s, y.view()); }), "activation/forward: " + message);
    EXPECT_EQ(error_of([&] { activation::backward(context, s, y.in(), dy.view()); }),
              "activation/backward: " + message);
  };
  refuse([](auto& s) { s.replicas = 0; }, "replicas is 0, must be at least 1");
  refuse([](auto& s) { s.elements.most = -1; }, "elements is -1, must be at least 1");
  refuse([](auto& s) { s.function = static_cast<Function>(9); },
         "there is no function 9; use one of enum Function");
  EXPECT_EQ(error_of([&] { activation::forward(context, shape, {}); }), "activation/forward: y is null");
  EXPECT_EQ(error_of([&] { activation::backward(context, shape, {}, dy.view()); }),
            "activation/backward: y is null");
  EXPECT_EQ(error_of([&] { activation::backward(context, shape, y.in(), {}); }),
            "activation/backward: dy is null");
  expect_bits_equal(y.download(), p.x, "y");
  expect_bits_equal(dy.download(), p.dy, "dy");
}

}  // namespace
}  // namespace innate::test
