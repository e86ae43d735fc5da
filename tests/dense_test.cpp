// Dense (innate/kernels/dense.h).
#include "innate/kernels/dense.h"

#include "tests/cases/dense_cases.h"
#include "tests/reference/dense.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

constexpr int kGradients = 3;
constexpr const char* kGradientNames[kGradients] = {"dweights", "dbias", "dinputs"};

struct Problem {
  int rows = 0, inputs = 0, outputs = 0;
  Sets<float> values;    // floats, or ...
  Sets<uint8_t> pixels;  // ... pixels; one set where shared
  float pixel_scale = 1.0f;
  Sets<float> weights, dy;
  Sets<float> bias;  // empty: none
  bool shared = false;
  int asked = (1 << kGradients) - 1;
  bool add = false;  // to gradients that hold old_gradient

  std::size_t replicas() const { return weights.size(); }
};

Problem problem(const cases::Dense& c, bool whole_numbers) {
  Problem p;
  p.rows = c.rows, p.inputs = c.inputs, p.outputs = c.outputs, p.shared = c.shared;
  p.pixel_scale = whole_numbers ? 0.25f : 1.0f / 255;
  const auto draw = [&](uint64_t seed, int64_t count, int most) {
    return whole_numbers ? integers(seed, count, most) : normals(seed, count, 0.7);
  };
  for (std::size_t r = 0; r < static_cast<std::size_t>(c.replicas); ++r) {
    if (r == 0 || !c.shared) {
      if (c.pixels)
        p.pixels.push_back(pixels(30 * r + 1, c.rows * c.inputs));
      else
        p.values.push_back(draw(30 * r + 2, c.rows * c.inputs, 3));
    }
    p.weights.push_back(draw(30 * r + 3, c.inputs * c.outputs, 3));
    p.dy.push_back(draw(30 * r + 4, c.rows * c.outputs, 3));
    if (c.biased) p.bias.push_back(draw(30 * r + 5, c.outputs, 9));
    if (c.rows * c.inputs * c.outputs == 1)
      p.values[0][0] = p.weights[0][0] = p.dy[0][0] = whole_numbers ? 2.0f : 0.7f;
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  Problem one = p;
  if (!p.values.empty()) one.values = {p.values[p.shared ? 0 : r]};
  if (!p.pixels.empty()) one.pixels = {p.pixels[p.shared ? 0 : r]};
  one.weights = {p.weights[r]}, one.dy = {p.dy[r]};
  if (!p.bias.empty()) one.bias = {p.bias[r]};
  return one;
}

template <class T>
Ragged<const T> view_or_none(const Arrays<T>& arrays, bool present) {
  return present ? arrays.in() : Ragged<const T>{};
}

/// What a gradient holds before something is added to it: whole numbers.
std::vector<float> old_gradient(std::size_t which, std::size_t replica, int64_t size) {
  return integers(1000 + 10 * replica + which, size, 5);
}

struct Call {
  Call(Context& context, const Problem& p)
      : values(context, p.values.empty() ? Sets<float>{{0}} : p.values, true),
        pixels(context, p.pixels.empty() ? Sets<uint8_t>{{0}} : p.pixels),
        weights(context, p.weights),
        dy(context, p.dy, true),
        bias(context, p.bias.empty() ? Sets<float>{{0}} : p.bias),
        shape{static_cast<int>(p.replicas()), p.rows, p.inputs, p.outputs},
        inputs{view_or_none(values, !p.values.empty()),
               view_or_none(pixels, !p.pixels.empty()),
               p.pixel_scale,
               {},
               {}},
        bias_view(view_or_none(bias, !p.bias.empty())),
        space(workspace(context, dense::workspace_bytes(context, shape))) {
    for (const int64_t size : {p.inputs * p.outputs, p.outputs, p.rows * p.inputs}) {
      Sets<float> old;
      for (std::size_t r = 0; r < p.replicas(); ++r) old.push_back(old_gradient(gradients.size(), r, size));
      gradients.push_back(p.add ? Arrays<float>(context, old)
                                : Arrays<float>::blank(context, std::vector<int64_t>(p.replicas(), size)));
    }
  }
  dense::Gradients asked(int which) const {
    const auto at = [&](int i) {
      return which & (1 << i) ? gradients[static_cast<std::size_t>(i)].view() : Ragged<float>{};
    };
    return {at(0), at(1), at(2), false};
  }

  Arrays<float> values;
  Arrays<uint8_t> pixels;
  Arrays<float> weights, dy, bias;
  dense::Shape shape;
  Inputs inputs;
  Ragged<const float> bias_view;
  Buffer<unsigned char> space;
  std::vector<Arrays<float>> gradients;
};

Results run(Context& context, const Problem& p) {
  const Call call(context, p);
  const auto y = Arrays<float>::blank(context, std::vector<int64_t>(p.replicas(), p.rows * p.outputs));
  dense::forward(context, call.shape, call.inputs, call.weights.in(), call.bias_view, y.view());
  dense::Gradients asked = call.asked(p.asked);
  asked.add = p.add;
  dense::backward(context, call.shape, call.inputs, call.weights.in(), call.dy.in(), asked, call.space.data(),
                  call.space.bytes());
  Results results = {{"y", y.download()}};
  for (std::size_t i = 0; i < kGradients; ++i)
    if (p.asked & (1 << i))
      results.push_back({kGradientNames[i], call.gradients[i].download()});
    else
      call.gradients[i].expect_blank(kGradientNames[i]);
  return results;
}

template <class Real>
Exact reference_of(const Problem& p) {
  using namespace reference;
  Exact out = {{"y", {}}, {"dweights", {}}, {"dbias", {}}, {"dinputs", {}}};
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    const std::size_t data = p.shared ? 0 : r;
    const Matrix<Real> a =
        p.pixels.empty() ? Matrix<Real>(p.rows, p.inputs, as<Real>(p.values[data]))
                         : reference::dense::values<Real>(p.rows, p.inputs, p.pixels[data], p.pixel_scale);
    const Matrix<Real> w(p.inputs, p.outputs, as<Real>(p.weights[r])),
        dy(p.rows, p.outputs, as<Real>(p.dy[r]));
    const std::vector<Real> bias = p.bias.empty() ? std::vector<Real>() : as<Real>(p.bias[r]);
    out[0].second.push_back(result(reference::dense::forward(a, w, bias).data));
    out[1].second.push_back(result(reference::dense::d_weights(a, dy).data));
    out[2].second.push_back(result(reference::dense::d_bias(dy)));
    out[3].second.push_back(result(reference::dense::d_inputs(dy, w).data));
  }
  return out;
}

class Dense : public testing::TestWithParam<On<cases::Dense>> {
 protected:
  const cases::Dense& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Dense, testing::ValuesIn(on_backends(cases::dense())), OnName());

TEST_P(Dense, IsExactInWholeNumbers) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  const Problem p = problem(shape(), true);
  expect_exact(run(context, p), reference_of<double>(p));
}

TEST_P(Dense, IsAsCloseAsTheNaiveLoop) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  expect_close(backend(), p, run, reference_of<reference::Measure>(p), reference_of<reference::Naive>(p));
}

TEST_P(Dense, SumsInOneChainOfFusedMultiplyAdds) {  // the contract's order, to the bit
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  const Problem p = problem(shape(), false);
  const Results results = run(context, p);
  Sets<float> y;
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    y.emplace_back();
    for (int i = 0; i < p.rows; ++i)
      for (int j = 0; j < p.outputs; ++j) {
        float sum = 0;
        for (int k = 0; k < p.inputs; ++k) {
          const std::size_t at = static_cast<std::size_t>(i * p.inputs + k), data = p.shared ? 0 : r;
          const float a =
              p.pixels.empty() ? p.values[data][at] : static_cast<float>(p.pixels[data][at]) * p.pixel_scale;
          sum = std::fma(a, p.weights[r][static_cast<std::size_t>(k * p.outputs + j)], sum);
        }
        y[r].push_back(p.bias.empty() ? sum : sum + p.bias[r][static_cast<std::size_t>(j)]);
      }
  }
  if (backend() == Backend::cpu && !fuses(cpu_targets().front()))
    GTEST_SKIP() << "this machine has no fused multiply-add";
  expect_bits_equal(results[0].second, y, "y");
}

TEST_P(Dense, GivesAReplicaTheSameBitsInAnyCompany) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  expect_same_bits(backend(), p, p.replicas(), run, alone);
}

TEST_P(Dense, ComputesOnlyTheGradientsAskedFor) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  Problem p = problem(shape(), false);
  const Results all = run(context, p);
  for (int asked = 0; asked < 7; ++asked) {
    p.asked = asked;
    Results expected = {all[0]};
    for (std::size_t i = 0; i < kGradients; ++i)
      if (asked & (1 << i)) expected.push_back(all[i + 1]);
    expect_bits_equal(run(context, p), expected, "gradients " + std::to_string(asked) + " of 7");
  }
}

TEST_P(Dense, AddsToWhatTheGradientsHold) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  for (const bool whole_numbers : {true, false}) {
    Problem p = problem(shape(), whole_numbers);
    Results expected = run(context, p);
    for (std::size_t i = 0; i < kGradients; ++i)
      for (std::size_t r = 0; r < p.replicas(); ++r) {
        auto& gradient = expected[i + 1].second[r];
        const auto old = old_gradient(i, r, static_cast<int64_t>(gradient.size()));
        for (std::size_t e = 0; e < gradient.size(); ++e) gradient[e] = old[e] + gradient[e];
      }
    p.add = true;
    expect_bits_equal(run(context, p), expected, whole_numbers ? "whole numbers" : "floats");
  }
}

TEST_P(Dense, KeepsNansToTheirReplica) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  if (p.replicas() < 2) GTEST_SKIP() << "there are no neighbours";
  expect_neighbours_unharmed(backend(), p, p.replicas(), 1, run, [](Problem& q, std::size_t r) {
    for (auto* sets : {&q.weights, &q.dy})
      for (float& v : (*sets)[r]) v = std::nanf("");
    if (!q.shared && !q.values.empty())
      for (float& v : q.values[r]) v = -INFINITY;
  });
}

class DenseErrors : public testing::TestWithParam<On<NoCase>> {};
INSTANTIATE_TEST_SUITE_P(, DenseErrors, testing::ValuesIn(each_backend()), OnName());

TEST_P(DenseErrors, SayWhatIsWrongAndWriteNothing) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Problem p = problem({"", true, 2, 4, 5, 3, false, true}, false);
  const Call call(context, p);
  const auto y = Arrays<float>::blank(context, {12, 12});

  const auto forward = [&](const dense::Shape& shape, const Inputs& inputs, Ragged<const float> weights,
                           Ragged<float> out) {
    return error_of([&] { dense::forward(context, shape, inputs, weights, call.bias_view, out); });
  };
  const auto backward = [&](const dense::Shape& shape, const Inputs& inputs, Ragged<const float> weights,
                            Ragged<const float> dy, void* space, std::size_t bytes) {
    return error_of(
        [&] { dense::backward(context, shape, inputs, weights, dy, call.asked(7), space, bytes); });
  };
  const auto both = [&](const dense::Shape& shape, const Inputs& inputs, Ragged<const float> weights,
                        const std::string& message) {
    EXPECT_EQ(forward(shape, inputs, weights, y.view()), "dense/forward: " + message);
    EXPECT_EQ(backward(shape, inputs, weights, call.dy.in(), call.space.data(), call.space.bytes()),
              "dense/backward: " + message);
  };
  const Ragged<const float> weights = call.weights.in();
  both({0, 4, 5, 3}, call.inputs, weights, "replicas is 0, must be at least 1");
  both({2, 0, 5, 3}, call.inputs, weights, "rows is 0, must be at least 1");
  both({2, 4, -5, 3}, call.inputs, weights, "inputs is -5, must be at least 1");
  both({2, 4, 5, 0}, call.inputs, weights, "outputs is 0, must be at least 1");
  both(call.shape, {}, weights,
       "inputs must be either float values or pixels or rows of a set, exactly one of them");
  both(call.shape, {call.values.in(), call.pixels.in(), 1.0f, {}, {}}, weights,
       "inputs must be either float values or pixels or rows of a set, exactly one of them");
  both(call.shape, call.inputs, {}, "weights is null");
  EXPECT_EQ(forward(call.shape, call.inputs, weights, {}), "dense/forward: outputs is null");
  EXPECT_EQ(backward(call.shape, call.inputs, weights, {}, call.space.data(), call.space.bytes()),
            "dense/backward: dy is null");
  if (GetParam().backend == Backend::cpu) {
    // Two replicas, 5 rows of 16 floats each for the sums of dW, in pieces of 64 floats.
    const std::string needs = std::to_string(2 * 128 * 4);
    EXPECT_EQ(call.space.bytes(), 2u * 128 * 4);
    EXPECT_EQ(backward(call.shape, call.inputs, weights, call.dy.in(), call.space.data(), 119),
              "dense/backward: workspace has 119 bytes, needs " + needs);
    EXPECT_EQ(backward(call.shape, call.inputs, weights, call.dy.in(), nullptr, 1024),
              "dense/backward: workspace is null, needs " + needs + " bytes");
    EXPECT_EQ(backward(call.shape, call.inputs, weights, call.dy.in(), call.space.data() + 4, 1024),
              "dense/backward: workspace is not aligned to 256 bytes");
  } else {
    EXPECT_EQ(call.space.bytes(), 0u);
  }
  y.expect_blank("y");
  for (std::size_t i = 0; i < kGradients; ++i) call.gradients[i].expect_blank(kGradientNames[i]);
}

}  // namespace
}  // namespace innate::test
