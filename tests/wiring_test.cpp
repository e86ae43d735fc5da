// Wiring (innate/kernels/wiring.h).
#include "innate/kernels/wiring.h"

#include "tests/cases/wiring_cases.h"
#include "tests/reference/wiring.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

struct Problem {
  int inputs = 0, outputs = 0;
  std::vector<int64_t> genes;
  Sets<float> x, o, y, dw;
  std::vector<float> scale;  // empty: none
  bool shared = false;
  bool dx = true, d_o = true, dy = true;
  bool add = false;  // to gradients that hold old_gradient

  std::size_t replicas() const { return genes.size(); }
  const std::vector<float>& x_of(std::size_t r) const { return x[shared ? 0 : r]; }
  const std::vector<float>& y_of(std::size_t r) const { return y[shared ? 0 : r]; }
};

Problem problem(const cases::Wiring& c, bool whole_numbers) {
  Problem p;
  p.inputs = c.inputs, p.outputs = c.outputs, p.genes = c.genes, p.shared = c.shared;
  const auto draw = [&](uint64_t seed, int64_t count, int most) {
    return whole_numbers ? integers(seed, count, most) : normals(seed, count, 0.7);
  };
  for (std::size_t r = 0; r < c.genes.size(); ++r) {
    const int64_t g = c.genes[r];
    if (r == 0 || !c.shared) {
      p.x.push_back(draw(10 * r + 1, c.inputs * g, 2));
      p.y.push_back(draw(10 * r + 3, c.outputs * g, 2));
    }
    p.o.push_back(draw(10 * r + 2, g * g, 1));
    p.dw.push_back(draw(10 * r + 4, c.inputs * c.outputs, 2));
    if (g == 1) p.o[r][0] = whole_numbers ? 1.0f : 0.7f;  // not 0
    if (c.inputs * c.outputs == 1) p.x[r][0] = p.y[r][0] = p.dw[r][0] = p.o[r][0];
    if (c.scaled)
      p.scale.push_back(whole_numbers ? std::ldexp(1.0f, static_cast<int>(r) - 1)
                                      : 0.3f + 0.2f * static_cast<float>(r));
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  Problem one = p;
  one.genes = {p.genes[r]};
  one.x = {p.x_of(r)}, one.y = {p.y_of(r)}, one.o = {p.o[r]}, one.dw = {p.dw[r]};
  if (!p.scale.empty()) one.scale = {p.scale[r]};
  return one;
}

/// A problem's arrays on a context.
struct Call {
  Call(Context& context, const Problem& p)
      : genes(context, p.genes, all_equal(p.genes)),
        x(context, p.x, all_equal(p.genes)),
        o(context, p.o, all_equal(p.genes)),
        y(context, p.y),
        dw(context, p.dw, true),
        scale(context, p.scale),
        shape{static_cast<int>(p.replicas()), p.inputs, p.outputs, genes.view()},
        space(workspace(context, wiring::workspace_bytes(context, shape))) {}

  TestExtents genes;
  Arrays<float> x, o, y, dw;
  Buffer<float> scale;
  wiring::Shape shape;
  Buffer<unsigned char> space;
};

std::vector<int64_t> counts(const Problem& p, int64_t fixed, bool squared = false) {
  std::vector<int64_t> out;
  for (const int64_t g : p.genes) out.push_back(squared ? g * g : fixed * g);
  return out;
}

Results forward(Context& context, const Problem& p, wiring::Options options = {}) {
  const Call call(context, p);
  const auto w = Arrays<float>::blank(context, std::vector<int64_t>(p.replicas(), p.inputs * p.outputs));
  wiring::forward(context, call.shape, call.x.in(), call.o.in(), call.y.in(), call.scale.data(), w.view(),
                  call.space.data(), call.space.bytes(), options);
  return {{"w", w.download()}};
}

Results threshold(Context& context, const Problem& p) { return forward(context, p, {.threshold = true}); }

/// What a gradient holds before something is added to it: whole numbers.
std::vector<float> old_gradient(std::size_t which, std::size_t replica, int64_t size) {
  return integers(1000 + 10 * replica + which, size, 5);
}

Arrays<float> gradient_arrays(Context& context, const Problem& p, std::size_t which,
                              const std::vector<int64_t>& sizes) {
  if (!p.add) return Arrays<float>::blank(context, sizes);
  Sets<float> old;
  for (std::size_t r = 0; r < sizes.size(); ++r) old.push_back(old_gradient(which, r, sizes[r]));
  return Arrays<float>(context, old);
}

Results backward(Context& context, const Problem& p) {
  const Call call(context, p);
  const auto dx = gradient_arrays(context, p, 0, counts(p, p.inputs));
  const auto d_o = gradient_arrays(context, p, 1, counts(p, 0, true));
  const auto dy = gradient_arrays(context, p, 2, counts(p, p.outputs));
  const Ragged<float> none;
  wiring::backward(context, call.shape, call.x.in(), call.o.in(), call.y.in(), call.scale.data(),
                   call.dw.in(), p.dx ? dx.view() : none, p.d_o ? d_o.view() : none, p.dy ? dy.view() : none,
                   call.space.data(), call.space.bytes(), p.add);
  Results results;
  if (p.dx) results.push_back({"dx", dx.download()});
  if (p.d_o) results.push_back({"d_o", d_o.download()});
  if (p.dy) results.push_back({"dy", dy.download()});
  return results;
}

Results run(Context& context, const Problem& p) {
  Results results = forward(context, p);
  for (auto& result : backward(context, p)) results.push_back(std::move(result));
  return results;
}

template <class Real>
Exact reference_of(const Problem& p, bool threshold = false) {
  using namespace reference;
  Exact out = {{"w", {}}, {"dx", {}}, {"d_o", {}}, {"dy", {}}};
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    const int64_t g = p.genes[r];
    const Matrix<Real> x(p.inputs, g, as<Real>(p.x_of(r))), o(g, g, as<Real>(p.o[r])),
        y(p.outputs, g, as<Real>(p.y_of(r)));
    const Matrix<Real> dw(p.inputs, p.outputs, as<Real>(p.dw[r]));
    const Real s = p.scale.empty() ? Real(1) : static_cast<Real>(p.scale[r]);
    out[0].second.push_back(result(
        (threshold ? reference::wiring::threshold(x, o, y) : reference::wiring::forward(x, o, y, s)).data));
    out[1].second.push_back(result(reference::wiring::dx(dw, o, y, s).data));
    out[2].second.push_back(result(reference::wiring::d_o(dw, x, y, s).data));
    out[3].second.push_back(result(reference::wiring::dy(dw, x, o, s).data));
  }
  if (threshold) out.resize(1);
  return out;
}

class Wiring : public testing::TestWithParam<On<cases::Wiring>> {
 protected:
  const cases::Wiring& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Wiring, testing::ValuesIn(on_backends(cases::wiring())), OnName());

TEST_P(Wiring, IsExactInWholeNumbers) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  const Problem p = problem(shape(), true);
  expect_exact(run(context, p), reference_of<double>(p));
}

TEST_P(Wiring, ThresholdsAboveZero) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  const Problem p = problem(shape(), true);
  const Exact expected = reference_of<double>(p, true);
  expect_exact(threshold(context, p), expected);
  double zeros = 0, elements = 0;
  for (const auto& set : expected[0].second) {
    for (const double v : set) zeros += v == 0;
    elements += static_cast<double>(set.size());
  }
  EXPECT_TRUE(zeros > 0 || elements == 1) << "the case proves nothing";
}

TEST_P(Wiring, IsAsCloseAsTheNaiveLoop) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  expect_close(backend(), p, run, reference_of<reference::Measure>(p), reference_of<reference::Naive>(p));
  expect_one_result(backend(), p, threshold);
}

TEST_P(Wiring, GivesAReplicaTheSameBitsInAnyCompany) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  expect_same_bits(backend(), p, p.replicas(), run, alone);
}

TEST_P(Wiring, ComputesOnlyTheGradientsAskedFor) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  Problem p = problem(shape(), false);
  const Results all = backward(context, p);
  for (int asked = 0; asked < 7; ++asked) {
    p.dx = asked & 1, p.d_o = asked & 2, p.dy = asked & 4;
    Results expected;
    for (int i = 0; i < 3; ++i)
      if (asked & (1 << i)) expected.push_back(all[static_cast<std::size_t>(i)]);
    expect_bits_equal(backward(context, p), expected, "gradients " + std::to_string(asked) + " of 7");
  }
}

TEST_P(Wiring, AddsToWhatTheGradientsHold) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  for (const bool whole_numbers : {true, false}) {
    Problem p = problem(shape(), whole_numbers);
    Results expected = backward(context, p);
    for (std::size_t i = 0; i < expected.size(); ++i)
      for (std::size_t r = 0; r < p.replicas(); ++r) {
        auto& gradient = expected[i].second[r];
        const auto old = old_gradient(i, r, static_cast<int64_t>(gradient.size()));
        for (std::size_t e = 0; e < gradient.size(); ++e) gradient[e] = old[e] + gradient[e];
      }
    p.add = true;
    expect_bits_equal(backward(context, p), expected, whole_numbers ? "whole numbers" : "floats");
  }
}

TEST_P(Wiring, KeepsNansToTheirReplica) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  if (p.shared || p.replicas() < 2) GTEST_SKIP() << "there are no neighbours";
  for (const float bad : {std::nanf(""), INFINITY})
    expect_neighbours_unharmed(backend(), p, p.replicas(), 1, run, [bad](Problem& q, std::size_t r) {
      for (auto* sets : {&q.x, &q.o, &q.y, &q.dw})
        for (float& v : (*sets)[r]) v = bad - v;  // infinities of both kinds meet in the sums
      q.o[r][0] = std::nanf("");
      q.dw[r][0] = std::nanf("");
    });
}

class WiringErrors : public testing::TestWithParam<On<NoCase>> {};
INSTANTIATE_TEST_SUITE_P(, WiringErrors, testing::ValuesIn(each_backend()), OnName());

TEST_P(WiringErrors, SayWhatIsWrongAndWriteNothing) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  Problem p = problem({"", true, 5, 3, {2, 4}, true}, false);
  const Call call(context, p);
  const auto w = Arrays<float>::blank(context, {15, 15});
  const auto dx = Arrays<float>::blank(context, counts(p, 5)),
             dy = Arrays<float>::blank(context, counts(p, 3));
  const auto d_o = Arrays<float>::blank(context, counts(p, 0, true));
  const Ragged<const float> none;
  const std::size_t bytes = call.space.bytes();
  unsigned char* space = call.space.data();

  const auto forward = [&](wiring::Shape shape, Ragged<const float> x, Ragged<const float> o,
                           Ragged<const float> y, Ragged<float> out, unsigned char* workspace,
                           std::size_t size) {
    return error_of([&] { wiring::forward(context, shape, x, o, y, nullptr, out, workspace, size); });
  };
  const auto backward = [&](wiring::Shape shape, Ragged<const float> x, Ragged<const float> o,
                            Ragged<const float> y, Ragged<const float> dw, unsigned char* workspace,
                            std::size_t size) {
    return error_of([&] {
      wiring::backward(context, shape, x, o, y, nullptr, dw, dx.view(), d_o.view(), dy.view(), workspace,
                       size);
    });
  };
  const auto both = [&](const wiring::Shape& shape, const std::string& message) {
    EXPECT_EQ(forward(shape, call.x.in(), call.o.in(), call.y.in(), w.view(), space, bytes),
              "wiring/forward: " + message);
    EXPECT_EQ(backward(shape, call.x.in(), call.o.in(), call.y.in(), call.dw.in(), space, bytes),
              "wiring/backward: " + message);
  };

  wiring::Shape shape = call.shape;
  shape.replicas = 0;
  both(shape, "replicas is 0, must be at least 1");
  shape = call.shape, shape.inputs = -3;
  both(shape, "inputs is -3, must be at least 1");
  shape = call.shape, shape.outputs = 0;
  both(shape, "outputs is 0, must be at least 1");
  shape = call.shape, shape.genes.most = 0;
  both(shape, "genes is 0, must be at least 1");
  shape = call.shape, shape.genes.host = nullptr;
  both(shape, "genes: host and each must both be given or both be null");
  const std::vector<int64_t> too_many = {2, 5}, too_few = {2, 0};
  shape = call.shape, shape.genes.host = too_many.data();
  both(shape, "genes of replica 1 is 5, must be 1 to 4 (the largest, as given)");
  shape.genes.host = too_few.data();
  both(shape, "genes of replica 1 is 0, must be 1 to 4 (the largest, as given)");

  shape = call.shape;
  const Ragged<const float> x = call.x.in(), o = call.o.in(), y = call.y.in(), dw = call.dw.in();
  EXPECT_EQ(forward(shape, none, o, y, w.view(), space, bytes), "wiring/forward: x is null");
  EXPECT_EQ(forward(shape, x, none, y, w.view(), space, bytes), "wiring/forward: o is null");
  EXPECT_EQ(forward(shape, x, o, none, w.view(), space, bytes), "wiring/forward: y is null");
  EXPECT_EQ(forward(shape, x, o, y, {}, space, bytes), "wiring/forward: w is null");
  EXPECT_EQ(backward(shape, none, o, y, dw, space, bytes), "wiring/backward: x is null");
  EXPECT_EQ(backward(shape, x, none, y, dw, space, bytes), "wiring/backward: o is null");
  EXPECT_EQ(backward(shape, x, o, none, dw, space, bytes), "wiring/backward: y is null");
  EXPECT_EQ(backward(shape, x, o, y, none, space, bytes), "wiring/backward: dw is null");

  const std::string needs = std::to_string(bytes), less = std::to_string(bytes - 1);
  EXPECT_EQ(forward(shape, x, o, y, w.view(), space, bytes - 1),
            "wiring/forward: workspace has " + less + " bytes, needs " + needs);
  EXPECT_EQ(backward(shape, x, o, y, dw, space, bytes - 1),
            "wiring/backward: workspace has " + less + " bytes, needs " + needs);
  EXPECT_EQ(forward(shape, x, o, y, w.view(), nullptr, bytes),
            "wiring/forward: workspace is null, needs " + needs + " bytes");
  EXPECT_EQ(backward(shape, x, o, y, dw, nullptr, bytes),
            "wiring/backward: workspace is null, needs " + needs + " bytes");
  EXPECT_EQ(forward(shape, x, o, y, w.view(), space + 4, bytes),
            "wiring/forward: workspace is not aligned to 256 bytes");

  w.expect_blank("w");
  dx.expect_blank("dx");
  d_o.expect_blank("d_o");
  dy.expect_blank("dy");
}

TEST_P(WiringErrors, LeaveAWorkingContextAndATrace) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend);
  std::vector<std::string> said;
  context.context.set_trace([&](const std::string& line) { said.push_back(line); });
  run(context, problem({"", true, 5, 3, {2, 4}, true}, false));
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0].rfind(std::string("wiring/forward: ") + name(GetParam().backend), 0), 0u) << said[0];
  EXPECT_EQ(said[1].rfind(std::string("wiring/backward: ") + name(GetParam().backend), 0), 0u) << said[1];
  EXPECT_NE(said[0].find("inputs 5, outputs 3, genes up to 4"), std::string::npos) << said[0];
}

TEST(WiringDeviation, IsTheSampleDeviationOfTheProduct) {
  for (const auto& c : cases::wiring()) {
    const Problem p = problem(c, false);
    const int64_t g = p.genes[0];
    const reference::Matrix<double> x(c.inputs, g, widen(p.x[0])), o(g, g, widen(p.o[0])),
        y(c.outputs, g, widen(p.y[0]));
    const double expected = reference::wiring::deviation(reference::wiring::forward(x, o, y, 1.0));
    EXPECT_NEAR(wiring::deviation(c.inputs, c.outputs, g, p.x[0].data(), p.o[0].data(), p.y[0].data()),
                expected, 1e-11 * expected)
        << c.name;
  }
  // far from zero: 1000 + {1, 2, 3, 4} deviates by sqrt(5/3)
  const std::vector<float> x = {1001, 1002, 1003, 1004}, one = {1};
  EXPECT_NEAR(wiring::deviation(4, 1, 1, x.data(), one.data(), one.data()), std::sqrt(5.0 / 3), 1e-6);
  EXPECT_EQ(wiring::deviation(1, 1, 1, one.data(), one.data(), one.data()), 0.0);
}

#if !defined(INNATE_SIMT)
TEST(WiringTargets, AreReallySwitched) {  // or the comparisons between instruction sets would prove nothing
  const auto targets = cpu_targets();
  ASSERT_FALSE(targets.empty());
  if (targets.size() < 2 || !fuses(targets.front()) || fuses(targets.back()))
    GTEST_SKIP() << "this machine has one kind of target";
  TestContext context(Backend::cpu);
  const Problem p = problem({"", false, 65, 33, {17}}, false);
  const Results fused = run(context, p);
  const OnlyTarget baseline(targets.back());
  EXPECT_NE(run(context, p)[0].second, fused[0].second)
      << hwy::TargetName(targets.back()) << " gives the bits of fused multiply-adds";
}
#endif

}  // namespace
}  // namespace innate::test
