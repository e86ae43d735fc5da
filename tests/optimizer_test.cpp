// Optimizer (innate/kernels/optimizer.h).
#include "innate/kernels/optimizer.h"

#include "tests/cases/optimizer_cases.h"
#include "tests/reference/optimizer.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

constexpr optimizer::Adam kAdam;

struct Problem {
  Sets<float> parameters, m, v;
  std::vector<Sets<float>> gradients;  // one set of arrays a step; the last is used again
  std::vector<float> rate;
  int64_t first_step = 1;
  int steps = 1;
  double momentum = 0.9;

  std::size_t replicas() const { return parameters.size(); }
  const Sets<float>& gradient(int step) const {
    return gradients[std::min(static_cast<std::size_t>(step), gradients.size() - 1)];
  }
};

/// A state in the middle of learning, or (fresh) at its beginning.
Problem problem(const cases::Optimizer& c, bool fresh, int steps = 1) {
  Problem p;
  p.steps = steps;
  for (std::size_t r = 0; r < c.parameters.size(); ++r) {
    const int64_t n = c.parameters[r];
    p.parameters.push_back(normals(60 * r + 1, n));
    p.m.push_back(fresh ? std::vector<float>(static_cast<std::size_t>(n)) : normals(60 * r + 2, n, 0.1));
    p.v.push_back(fresh ? std::vector<float>(static_cast<std::size_t>(n)) : normals(60 * r + 3, n, 0.1));
    for (float& v : p.v[r]) v = v * v;
    p.rate.push_back(0.001f * static_cast<float>(3 * r + 1));
  }
  for (int s = 0; s < steps; ++s) {
    p.gradients.emplace_back();
    for (std::size_t r = 0; r < c.parameters.size(); ++r)
      p.gradients.back().push_back(
          normals(60 * r + 10 + 1000 * static_cast<uint64_t>(s), c.parameters[r], 0.3));
  }
  if (!fresh) p.first_step = 37;
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  Problem one = p;
  one.parameters = {p.parameters[r]}, one.m = {p.m[r]}, one.v = {p.v[r]}, one.rate = {p.rate[r]};
  for (auto& gradient : one.gradients) gradient = {gradient[r]};
  return one;
}

struct Call {
  Call(Context& context, const Problem& p)
      : sizes(context, sizes_of(p.parameters), all_equal(sizes_of(p.parameters))),
        parameters(context, p.parameters, all_equal(sizes_of(p.parameters))),
        m(context, p.m),
        v(context, p.v),
        rate(context, p.rate),
        shape{static_cast<int>(p.replicas()), sizes.view()} {}
  TestExtents sizes;
  Arrays<float> parameters, m, v;
  Buffer<float> rate;
  optimizer::Shape shape;
};

Results adam(Context& context, const Problem& p) {
  const Call call(context, p);
  for (int s = 0; s < p.steps; ++s) {
    const Arrays<float> gradient(context, p.gradient(s));
    optimizer::adam(context, call.shape, kAdam, call.rate.data(), p.first_step + s, gradient.in(),
                    call.m.view(), call.v.view(), call.parameters.view());
    expect_bits_equal(gradient.download(), p.gradient(s), "the gradient, which is only read");
  }
  return {{"parameters", call.parameters.download()}, {"m", call.m.download()}, {"v", call.v.download()}};
}

Results sgd(Context& context, const Problem& p) {
  const Call call(context, p);
  for (int s = 0; s < p.steps; ++s) {
    const Arrays<float> gradient(context, p.gradient(s));
    optimizer::sgd(context, call.shape, {p.momentum}, call.rate.data(), gradient.in(), call.m.view(),
                   call.parameters.view());
  }
  return {{"parameters", call.parameters.download()}, {"velocity", call.m.download()}};
}

template <class Real>
Exact adam_of(const Problem& p) {
  using namespace reference;
  Exact out = {{"parameters", {}}, {"m", {}}, {"v", {}}};
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    std::vector<Real> parameters = as<Real>(p.parameters[r]), m = as<Real>(p.m[r]), v = as<Real>(p.v[r]);
    for (int s = 0; s < p.steps; ++s)
      reference::optimizer::adam(0.9, 0.999, 1e-8, static_cast<Real>(p.rate[r]), p.first_step + s,
                                 as<Real>(p.gradient(s)[r]), m, v, parameters);
    out[0].second.push_back(result(parameters));
    out[1].second.push_back(result(m));
    out[2].second.push_back(result(v));
  }
  return out;
}

template <class Real>
Exact sgd_of(const Problem& p) {
  using namespace reference;
  Exact out = {{"parameters", {}}, {"velocity", {}}};
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    std::vector<Real> parameters = as<Real>(p.parameters[r]), velocity = as<Real>(p.m[r]);
    for (int s = 0; s < p.steps; ++s)
      reference::optimizer::sgd(p.momentum, static_cast<Real>(p.rate[r]), as<Real>(p.gradient(s)[r]),
                                velocity, parameters);
    out[0].second.push_back(result(parameters));
    out[1].second.push_back(result(velocity));
  }
  return out;
}

/// What the step added, which is small beside the parameter itself.
template <class Sets>
std::vector<std::pair<std::string, Sets>> steps_only(std::vector<std::pair<std::string, Sets>> results,
                                                     const Problem& p) {
  for (std::size_t r = 0; r < p.replicas(); ++r)
    for (std::size_t e = 0; e < p.parameters[r].size(); ++e) results[0].second[r][e] -= p.parameters[r][e];
  results.resize(1);
  return results;
}

class Optimizer : public testing::TestWithParam<On<cases::Optimizer>> {
 protected:
  const cases::Optimizer& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Optimizer, testing::ValuesIn(on_backends(cases::optimizer())), OnName());

TEST_P(Optimizer, IsExactInWholeNumbers) {  // momentum 1/2 and rate 1/4 leave no rounding
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  Problem p = problem(shape(), false, 3);
  p.momentum = 0.5;
  const auto whole = [](Sets<float>& sets, uint64_t seed) {
    for (auto& set : sets) set = integers(seed++, static_cast<int64_t>(set.size()), 8), set[0] = 3.0f;
  };
  whole(p.parameters, 100), whole(p.m, 200);
  for (auto& gradient : p.gradients) whole(gradient, 300);
  for (float& rate : p.rate) rate = 0.25f;
  expect_exact(sgd(context, p), sgd_of<double>(p));
}

TEST_P(Optimizer, StepsOnceAsCloseAsTheNaiveLoop) {
  INNATE_SKIP_WITHOUT(backend());
  for (const bool fresh : {true, false}) {
    const Problem p = problem(shape(), fresh);
    expect_close(backend(), p, adam, adam_of<reference::Measure>(p), adam_of<reference::Naive>(p));
    expect_close(backend(), p, sgd, sgd_of<reference::Measure>(p), sgd_of<reference::Naive>(p));
  }
}

#if defined(INNATE_SIMT)
constexpr int kSteps = 20;
#else
constexpr int kSteps = 100;
#endif

TEST_P(Optimizer, StaysAsCloseAsTheNaiveLoopOverManySteps) {
  INNATE_SKIP_WITHOUT(backend());
  if (shape().parameters[0] > 5000) GTEST_SKIP() << "the smaller cases walk";
  if (shape().parameters[0] == 1) GTEST_SKIP() << "one number's walk is luck";
  const Problem p = problem(shape(), true, kSteps);
  const NoDigests of_a_walk_that_is_shorter_on_the_executor;
  expect_close(backend(), p, adam, adam_of<reference::Measure>(p), adam_of<reference::Naive>(p));
  expect_close(backend(), p, sgd, sgd_of<reference::Measure>(p), sgd_of<reference::Naive>(p));
}

TEST_P(Optimizer, TakesLateSteps) {  // by 1e6 both corrections are 1
  INNATE_SKIP_WITHOUT(backend());
  if (shape().parameters[0] > 5000) GTEST_SKIP() << "the smaller cases take them";
  TestContext context(backend());
  for (const int64_t step : {int64_t{2}, int64_t{1000}, int64_t{1000000}, int64_t{1} << 40}) {
    Problem p = problem(shape(), false);
    p.first_step = step;
    const Exact exact = adam_of<reference::Measure>(p);
    expect_error_ratio(adam(context, p), exact, adam_of<reference::Naive>(p),
                       "step " + std::to_string(step) + ": ");
    // and the step itself, to a few ulp of the parameters
    const Results moved = steps_only(adam(context, p), p);
    const Exact expected = steps_only(exact, p);
    for (std::size_t r = 0; r < p.replicas(); ++r)
      for (std::size_t e = 0; e < expected[0].second[r].size(); ++e)
        ASSERT_NEAR(moved[0].second[r][e], expected[0].second[r][e],
                    1e-6 * (std::fabs(p.parameters[r][e]) + std::fabs(expected[0].second[r][e])))
            << "step " << step << ", parameter " << e;
  }
}

TEST_P(Optimizer, GivesAReplicaTheSameBitsInAnyCompany) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false, 2);
  expect_same_bits(backend(), p, p.replicas(), adam, alone);
  expect_same_bits(backend(), p, p.replicas(), sgd, alone);
}

TEST_P(Optimizer, KeepsNansToTheirReplica) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  if (p.replicas() < 2) GTEST_SKIP() << "there are no neighbours";
  const auto spoil = [](Problem& q, std::size_t r) {
    for (float& g : q.gradients[0][r]) g = std::nanf("");
  };
  expect_neighbours_unharmed(backend(), p, p.replicas(), 1, adam, spoil);
  expect_neighbours_unharmed(backend(), p, p.replicas(), 1, sgd, spoil);
}

class OptimizerErrors : public testing::TestWithParam<On<NoCase>> {};
INSTANTIATE_TEST_SUITE_P(, OptimizerErrors, testing::ValuesIn(each_backend()), OnName());

TEST_P(OptimizerErrors, ZeroGradientsMoveNothingFromZeroMoments) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend);
  Problem p = problem({"", true, {17}}, true);
  for (float& g : p.gradients[0][0]) g = 0.0f;
  expect_bits_equal(adam(context, p)[0].second, p.parameters, "parameters");  // 0 / (0 + epsilon)
  expect_bits_equal(sgd(context, p)[0].second, p.parameters, "parameters");
}

TEST_P(OptimizerErrors, FirstStepOfAdamIsTheRate) {  // m / (1 - b1) = g, sqrt(v / (1 - b2)) = |g|
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend);
  Problem p = problem({"", true, {5}}, true);
  p.parameters = {{0, 0, 0, 0, 0}};
  p.gradients = {{{3, -3, 1e-3f, -1e4f, 1e10f}}};
  p.rate = {0.125f};
  const auto moved = adam(context, p)[0].second[0];
  const float expected[] = {-0.125f, 0.125f, -0.125f, 0.125f, -0.125f};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(moved[i], expected[i], 0.125 * 2e-5) << i;
}

TEST_P(OptimizerErrors, SayWhatIsWrongAndWriteNothing) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Problem p = problem({"", true, {5, 9}}, false);
  const Call call(context, p);
  const Arrays<float> gradient(context, p.gradients[0]);
  using View = Ragged<const float>;
  using Out = Ragged<float>;
  const auto adam = [&](const optimizer::Shape& s, const float* rate, int64_t step, View g, Out m, Out v,
                        Out q) {
    return error_of([&] { optimizer::adam(context, s, {}, rate, step, g, m, v, q); });
  };
  const auto sgd = [&](const optimizer::Shape& s, const float* rate, View g, Out m, Out q) {
    return error_of([&] { optimizer::sgd(context, s, {}, rate, g, m, q); });
  };
  const Out m = call.m.view(), v = call.v.view(), q = call.parameters.view();
  const View g = gradient.in();
  const float* rate = call.rate.data();
  const auto refuse = [&](auto change, const std::string& message) {
    optimizer::Shape s = call.shape;
    change(s);
    EXPECT_EQ(adam(s, rate, 1, g, m, v, q), "optimizer/adam: " + message);
    EXPECT_EQ(sgd(s, rate, g, m, q), "optimizer/sgd: " + message);
  };
  refuse([](auto& s) { s.replicas = 0; }, "replicas is 0, must be at least 1");
  refuse([](auto& s) { s.parameters.most = -1; }, "parameters is -1, must be at least 1");
  refuse([](auto& s) { s.parameters.most = 8; },
         "parameters of replica 1 is 9, must be 1 to 8 (the largest, as given)");
  refuse([](auto& s) { s.parameters.host = nullptr; },
         "parameters: host and each must both be given or both be null");
  EXPECT_EQ(adam(call.shape, rate, 0, g, m, v, q), "optimizer/adam: step is 0, must be at least 1");
  EXPECT_EQ(adam(call.shape, rate, -5, g, m, v, q), "optimizer/adam: step is -5, must be at least 1");
  for (int gone = 0; gone < 5; ++gone) {
    EXPECT_EQ(adam(call.shape, gone == 0 ? nullptr : rate, 1, gone == 1 ? View{} : g, gone == 2 ? Out{} : m,
                   gone == 3 ? Out{} : v, gone == 4 ? Out{} : q),
              "optimizer/adam: " + nth({"rate", "gradient", "m", "v", "parameters"}, gone) + " is null");
    if (gone == 3) continue;
    EXPECT_EQ(
        sgd(call.shape, gone == 0 ? nullptr : rate, gone == 1 ? View{} : g, gone == 2 ? Out{} : m,
            gone == 4 ? Out{} : q),
        "optimizer/sgd: " + nth({"rate", "gradient", "velocity", "v", "parameters"}, gone) + " is null");
  }
  expect_bits_equal(call.m.download(), p.m, "m");
  expect_bits_equal(call.v.download(), p.v, "v");
  expect_bits_equal(call.parameters.download(), p.parameters, "parameters");
}

}  // namespace
}  // namespace innate::test
