// Apply (innate/kernels/apply.h).
#include "innate/kernels/apply.h"

#include <set>

#include "kernels/apply/call.h"
#include "tests/cases/apply_cases.h"
#include "tests/reference/apply.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

constexpr int kGradients = 5;
constexpr const char* kGradientNames[kGradients] = {"dx", "d_o", "dy", "dbias", "dinputs"};

struct Problem {
  int rows = 0, inputs = 0, outputs = 0;
  double density = 1.0;
  std::vector<int64_t> genes;
  Sets<float> values;    // floats, or ...
  Sets<uint8_t> pixels;  // ... pixels; one set where shared
  float pixel_scale = 1.0f;
  Sets<float> x, o, y, dy;
  std::vector<float> scale;  // empty: none
  Sets<float> bias;          // empty: none
  bool shared = false;
  int asked = (1 << kGradients) - 1;  // bits of gradients
  bool training = true;
  bool add = false;  // to gradients that hold old_gradient

  std::size_t replicas() const { return genes.size(); }
};

Problem problem(const cases::Apply& c, bool whole_numbers) {
  Problem p;
  p.rows = c.rows, p.inputs = c.inputs, p.outputs = c.outputs, p.density = c.density, p.genes = c.genes,
  p.shared = c.shared;
  p.pixel_scale = whole_numbers ? 0.5f : 1.0f / 255;
  const auto draw = [&](uint64_t seed, int64_t count, int most) {
    return whole_numbers ? integers(seed, count, most) : normals(seed, count, 0.7);
  };
  for (std::size_t r = 0; r < c.genes.size(); ++r) {
    const int64_t g = c.genes[r];
    if (r == 0 || !c.shared) {
      if (c.pixels)
        p.pixels.push_back(pixels(20 * r + 1, c.rows * c.inputs, 1 - c.density, whole_numbers ? 3 : 255));
      else
        p.values.push_back(draw(20 * r + 2, c.rows * c.inputs, 1));
    }
    p.x.push_back(draw(20 * r + 3, c.inputs * g, 1));
    p.o.push_back(draw(20 * r + 4, g * g, 1));
    p.y.push_back(draw(20 * r + 5, c.outputs * g, 2));
    p.dy.push_back(draw(20 * r + 6, c.rows * c.outputs, 1));
    if (c.scaled)
      p.scale.push_back(whole_numbers ? std::ldexp(1.0f, static_cast<int>(r) - 1)
                                      : 0.3f + 0.2f * static_cast<float>(r));
    if (c.biased) p.bias.push_back(draw(20 * r + 7, c.outputs, 9));
    if (g == 1) p.o[r][0] = whole_numbers ? 1.0f : 0.7f;  // not 0
    if (p.rows * p.inputs * p.outputs * g == 1)
      p.values[0][0] = p.x[0][0] = p.y[0][0] = p.dy[0][0] = p.o[0][0];
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  Problem one = p;
  one.genes = {p.genes[r]};
  if (!p.values.empty()) one.values = {p.values[p.shared ? 0 : r]};
  if (!p.pixels.empty()) one.pixels = {p.pixels[p.shared ? 0 : r]};
  one.x = {p.x[r]}, one.o = {p.o[r]}, one.y = {p.y[r]}, one.dy = {p.dy[r]};
  if (!p.scale.empty()) one.scale = {p.scale[r]};
  if (!p.bias.empty()) one.bias = {p.bias[r]};
  return one;
}

/// Arrays that may be absent.
template <class T>
Ragged<const T> view_or_none(const Arrays<T>& arrays, bool present) {
  return present ? arrays.in() : Ragged<const T>{};
}

/// A problem's arrays on a context.
struct Call {
  Call(Context& context, const Problem& p)
      : genes(context, p.genes, all_equal(p.genes)),
        values(context, p.values.empty() ? Sets<float>{{0}} : p.values, true),
        pixels(context, p.pixels.empty() ? Sets<uint8_t>{{0}} : p.pixels),
        x(context, p.x),
        o(context, p.o, all_equal(p.genes)),
        y(context, p.y),
        dy(context, p.dy),
        bias(context, p.bias.empty() ? Sets<float>{{0}} : p.bias, true),
        scale(context, p.scale),
        shape{static_cast<int>(p.replicas()), p.rows, p.inputs, p.outputs, genes.view(), p.density},
        inputs{view_or_none(values, !p.values.empty()),
               view_or_none(pixels, !p.pixels.empty()),
               p.pixel_scale,
               {},
               {}},
        factors{x.in(), o.in(), y.in(), scale.data(), view_or_none(bias, !p.bias.empty())},
        space(workspace(context, apply::workspace_bytes(context, shape, p.training))) {}

  TestExtents genes;
  Arrays<float> values;
  Arrays<uint8_t> pixels;
  Arrays<float> x, o, y, dy, bias;
  Buffer<float> scale;
  apply::Shape shape;
  Inputs inputs;
  apply::Factors factors;
  Buffer<unsigned char> space;
};

/// What a gradient holds before something is added to it: whole numbers.
std::vector<float> old_gradient(std::size_t which, std::size_t replica, int64_t size) {
  return integers(1000 + 10 * replica + which, size, 5);
}

/// Where all gradients of a problem go.
struct GradientArrays {
  GradientArrays(Context& context, const Problem& p) {
    for (std::size_t i = 0; i < kGradients; ++i) {
      Sets<float> old;
      std::vector<int64_t> sizes;
      for (std::size_t r = 0; r < p.replicas(); ++r) {
        const int64_t g = p.genes[r];
        const int64_t each[kGradients] = {p.inputs * g, g * g, p.outputs * g, p.outputs,
                                          static_cast<int64_t>(p.rows) * p.inputs};
        sizes.push_back(each[i]);
        old.push_back(old_gradient(i, r, each[i]));
      }
      arrays.push_back(p.add ? Arrays<float>(context, old) : Arrays<float>::blank(context, sizes));
    }
  }
  apply::Gradients view(int asked) const {
    const auto at = [&](int i) {
      return asked & (1 << i) ? arrays[static_cast<std::size_t>(i)].view() : Ragged<float>{};
    };
    return {at(0), at(1), at(2), at(3), at(4), false};
  }
  std::vector<Arrays<float>> arrays;
};

/// Forward, and backward if training.
Results run(Context& context, const Problem& p) {
  const Call call(context, p);
  const auto out = Arrays<float>::blank(context, std::vector<int64_t>(p.replicas(), p.rows * p.outputs));
  apply::forward(context, call.shape, call.inputs, call.factors, out.view(), p.training, call.space.data(),
                 call.space.bytes());
  Results results = {{"y", out.download()}};
  if (!p.training) return results;
  const GradientArrays gradients(context, p);
  apply::Gradients asked = gradients.view(p.asked);
  asked.add = p.add;
  apply::backward(context, call.shape, call.inputs, call.factors, call.dy.in(), asked, call.space.data(),
                  call.space.bytes());
  for (std::size_t i = 0; i < kGradients; ++i)
    if (p.asked & (1 << i))
      results.push_back({kGradientNames[i], gradients.arrays[i].download()});
    else
      gradients.arrays[i].expect_blank(kGradientNames[i]);
  return results;
}

template <class Real>
Exact reference_of(const Problem& p) {
  using namespace reference;
  Exact out = {{"y", {}}};
  for (const char* name : kGradientNames) out.push_back({name, {}});
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    const int64_t g = p.genes[r];
    const std::size_t data = p.shared ? 0 : r;
    const Matrix<Real> a =
        p.pixels.empty() ? Matrix<Real>(p.rows, p.inputs, as<Real>(p.values[data]))
                         : reference::dense::values<Real>(p.rows, p.inputs, p.pixels[data], p.pixel_scale);
    const Matrix<Real> x(p.inputs, g, as<Real>(p.x[r])), o(g, g, as<Real>(p.o[r])),
        y(p.outputs, g, as<Real>(p.y[r]));
    const Matrix<Real> dy(p.rows, p.outputs, as<Real>(p.dy[r]));
    const Real s = p.scale.empty() ? Real(1) : static_cast<Real>(p.scale[r]);
    const std::vector<Real> bias = p.bias.empty() ? std::vector<Real>() : as<Real>(p.bias[r]);
    const std::vector<Real> all[] = {reference::apply::forward(a, x, o, y, s, bias).data,
                                     reference::apply::d_x(a, o, y, s, dy).data,
                                     reference::apply::d_o(a, x, y, s, dy).data,
                                     reference::apply::d_y(a, x, o, s, dy).data,
                                     reference::dense::d_bias(dy),
                                     reference::apply::d_inputs(x, o, y, s, dy).data};
    for (std::size_t i = 0; i < 6; ++i) out[i].second.push_back(result(all[i]));
  }
  if (!p.training) out.resize(1);
  return out;
}

class Apply : public testing::TestWithParam<On<cases::Apply>> {
 protected:
  const cases::Apply& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
  /// The case, to train and to predict only (where it may take another order).
  std::vector<Problem> both(bool whole_numbers) const {
    std::vector<Problem> problems(2, problem(shape(), whole_numbers));
    problems[1].training = false;
    return problems;
  }
};
INSTANTIATE_TEST_SUITE_P(, Apply, testing::ValuesIn(on_backends(cases::apply())), OnName());

TEST_P(Apply, IsExactInWholeNumbers) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  for (const Problem& p : both(true)) expect_exact(run(context, p), reference_of<double>(p));
}

TEST_P(Apply, IsAsCloseAsTheNaiveLoop) {
  INNATE_SKIP_WITHOUT(backend());
  for (const Problem& p : both(false))
    expect_close(backend(), p, run, reference_of<reference::Measure>(p), reference_of<reference::Naive>(p));
}

TEST_P(Apply, GivesAReplicaTheSameBitsInAnyCompany) {
  INNATE_SKIP_WITHOUT(backend());
  for (const Problem& p : both(false)) expect_same_bits(backend(), p, p.replicas(), run, alone);
}

TEST_P(Apply, ComputesOnlyTheGradientsAskedFor) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  Problem p = problem(shape(), false);
  const Results all = run(context, p);
  for (int asked = 0; asked < 31; ++asked) {
    const int count = __builtin_popcount(static_cast<unsigned>(asked));
    if (count > 1 && count < 4 && (backend() == Backend::cuda || !shape().small))
      continue;  // none, each alone, all but one
    p.asked = asked;
    Results expected = {all[0]};
    for (std::size_t i = 0; i < kGradients; ++i)
      if (asked & (1 << i)) expected.push_back(all[i + 1]);
    expect_bits_equal(run(context, p), expected,
                      "gradients " + std::to_string(asked) + ", " + std::to_string(count) + " of 5");
  }
}

TEST_P(Apply, AddsToWhatTheGradientsHold) {
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

TEST_P(Apply, KeepsNansToTheirReplica) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), false);
  if (p.replicas() < 2) GTEST_SKIP() << "there are no neighbours";
  expect_neighbours_unharmed(backend(), p, p.replicas(), 1, run, [](Problem& q, std::size_t r) {
    for (auto* sets : {&q.x, &q.o, &q.y, &q.dy})
      for (float& v : (*sets)[r]) v = std::nanf("");
    if (!q.shared && !q.values.empty())
      for (float& v : q.values[r]) v = INFINITY;
  });
}

TEST_P(
    Apply,
    TakesARowOfABatchAsARowAlone) {  // rows do not share sums; the order is held by the shape that is given
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  Problem p = problem(shape(), false);
  p.asked = 0;
  const Results all = run(context, p);
  Problem last = p;  // the same rows, the other way round
  const auto turn = [](auto& set, int columns) {
    auto turned = set;
    const std::size_t width = static_cast<std::size_t>(columns), rows = set.size() / width;
    for (std::size_t i = 0; i < rows; ++i)
      std::copy_n(set.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                  turned.begin() + static_cast<std::ptrdiff_t>((rows - 1 - i) * width));
    set = turned;
  };
  for (auto& set : last.values) turn(set, p.inputs);
  for (auto& set : last.pixels) turn(set, p.inputs);
  Results turned = run(context, last);
  for (auto& set : turned[0].second) turn(set, p.outputs);
  expect_bits_equal(turned, all, "rows in reverse");
}

TEST(ApplyCases, ReachEveryOrderWithPixelsAndFloatsAndInOneCall) {
  for (const bool small_only : {true, false})
    for (const bool pixels : {true, false})
      for (const bool training : {true, false}) {
        std::set<apply::Order> reached;
        std::size_t most_in_one = 0;
        for (const auto& c : cases::apply()) {
          if (c.pixels != pixels || (small_only && !c.small)) continue;
          const apply::Shape shape{1, c.rows, c.inputs, c.outputs, {}, c.density};
          std::set<apply::Order> here;
          for (const int64_t g : c.genes) here.insert(apply::order(shape, g, training));
          reached.insert(here.begin(), here.end());
          most_in_one = std::max(most_in_one, here.size());
        }
        EXPECT_EQ(reached.size(), 3u)
            << "pixels " << pixels << ", training " << training << ", small only " << small_only;
        EXPECT_GE(most_in_one, 2u) << "pixels " << pixels << ", training " << training << ", small only "
                                   << small_only;
      }
}

TEST(ApplyOrder, IsTheCheapestAndDoesNotDependOnOtherReplicas) {
  // counted by hand for rows 2, inputs 3, outputs 5, 1 gene: forward 6 + 2 + 10 = 18 | 6 + 5 + 10 = 21 | 5 +
  // 15 + 30 = 50
  apply::Shape shape{1, 2, 3, 5, {}, 1.0};
  EXPECT_EQ(apply::order(shape, 1, false), apply::Order::genes);
  // rows 7, inputs 2, outputs 3, 1 gene: 14 + 7 + 21 | 14 + 3 + 21 | 3 + 6 + 42
  shape = {1, 7, 2, 3, {}, 1.0};
  EXPECT_EQ(apply::order(shape, 1, false), apply::Order::interaction);
  // rows 100, inputs 4, outputs 1, 9 genes: 3600 + ... | 3600 + 81 + 900 | 81 + 36 + 400
  shape = {1, 100, 4, 1, {}, 1.0};
  EXPECT_EQ(apply::order(shape, 9, false), apply::Order::weights);
  // rows 10, inputs 100, outputs 10, 11 genes: 11000 + 1210 + 1100 | ... | 1210 + 11000 + 10000: dense data
  // favours ...
  shape = {1, 10, 100, 10, {}, 1.0};
  EXPECT_EQ(apply::order(shape, 11, false), apply::Order::interaction);
  shape.density = 0.001;  // data nearly free: 11 + 1210 + 1100 | 11 + 1210 + 1100 | 1210 + 11000 + 10
  EXPECT_NE(apply::order(shape, 11, false), apply::Order::weights);
  for (const int replicas : {1, 2, 100000}) {
    shape.replicas = replicas;
    shape.genes.most = replicas;
    EXPECT_EQ(apply::order(shape, 11, true), apply::order({1, 10, 100, 10, {}, 0.001}, 11, true));
  }
  EXPECT_STREQ(apply::name(apply::Order::genes), "((A X) O) Y^T");
  EXPECT_STREQ(apply::name(apply::Order::interaction), "(A X) (O Y^T)");
  EXPECT_STREQ(apply::name(apply::Order::weights), "A (X (O Y^T))");
}

/// Floats that a replica needs on the CPU with just these rows, worked out by hand from apply.h: what lies
/// between the products, each array in whole lines of 16, and beside it the largest that one product needs: a
/// transposed right operand, or the sums of listed pixels, of at most 64 columns at a time.
int64_t floats_of(const apply::Shape& s, int64_t g, bool training) {
  const int64_t rows = s.rows, in = s.inputs, out = s.outputs;
  const auto lines = [](int64_t count) { return (count + 15) / 16 * 16; };
  const auto sums = [&](int64_t columns) { return in * (columns < 64 ? lines(columns) : 64); };
  switch (apply::order(s, g, training)) {
    case apply::Order::genes:  // t, u, du | Y^T | O^T, the sums of dX, X^T
      return (training ? 3 : 2) * lines(rows * g) +
             std::max(g * out, training ? std::max({g * g, sums(g), g * in}) : 0);
    case apply::Order::interaction:  // t, v, dv | Y^T | v^T, the sums of dX, X^T
      return lines(rows * g) + (training ? 2 : 1) * lines(g * out) +
             std::max(g * out, training ? std::max(sums(g), g * in) : 0);
    case apply::Order::weights:  // v, w, dv, dw | Y^T | the sums of dW, v^T, W^T
      return (training ? 2 : 1) * (lines(g * out) + lines(in * out)) +
             std::max(g * out, training ? std::max(sums(out), out * in) : 0);
  }
  return 0;
}

/// The last images of a set make a shorter call, which may take another order.
TEST(ApplyWorkspace, IsEnoughForFewerRows) {
  Context context = Context::cpu(1);
  int jumps = 0;  // shapes where fewer rows need more than all of them
  for (const bool training : {false, true})
    for (const int inputs : {5, 63, 784})
      for (const int outputs : {1, 10, 31})
        for (const int64_t genes : {1, 9, 26, 40, 257})
          for (const double density : {0.1, 1.0}) {
            apply::Shape part{1, 300, inputs, outputs, {genes, nullptr, nullptr}, density};
            const std::size_t bytes = apply::workspace_bytes(context, part, training);
            int64_t most = 0, last = 0;
            for (part.rows = 1; part.rows <= 300; ++part.rows)
              most = std::max(most, last = floats_of(part, genes, training));
            EXPECT_EQ(bytes, static_cast<std::size_t>((most + 63) / 64 * 64 * 4))
                << inputs << " " << outputs << " " << genes << " " << density << " " << training;
            jumps += most > last;
          }
  EXPECT_GT(jumps, 10);
}

class ApplyErrors : public testing::TestWithParam<On<NoCase>> {};
INSTANTIATE_TEST_SUITE_P(, ApplyErrors, testing::ValuesIn(each_backend()), OnName());

TEST_P(ApplyErrors, SayWhatIsWrongAndWriteNothing) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Problem p = problem({"", true, 4, 5, 3, {2, 4}, false, true, true}, false);
  const Call call(context, p);
  const auto out = Arrays<float>::blank(context, {12, 12});
  const GradientArrays gradients(context, p);
  const std::size_t bytes = call.space.bytes();
  unsigned char* space = call.space.data();

  const auto forward = [&](const apply::Shape& shape, const Inputs& inputs, const apply::Factors& factors,
                           Ragged<float> y, unsigned char* workspace, std::size_t size) {
    return error_of([&] { apply::forward(context, shape, inputs, factors, y, true, workspace, size); });
  };
  const auto backward = [&](const apply::Shape& shape, const Inputs& inputs, const apply::Factors& factors,
                            Ragged<const float> dy, unsigned char* workspace, std::size_t size) {
    return error_of(
        [&] { apply::backward(context, shape, inputs, factors, dy, gradients.view(31), workspace, size); });
  };
  const auto both = [&](const apply::Shape& shape, const Inputs& inputs, const apply::Factors& factors,
                        const std::string& message, unsigned char* workspace, std::size_t size) {
    EXPECT_EQ(forward(shape, inputs, factors, out.view(), workspace, size), "apply/forward: " + message);
    EXPECT_EQ(backward(shape, inputs, factors, call.dy.in(), workspace, size), "apply/backward: " + message);
  };
  const auto refuse = [&](auto change, const std::string& message) {
    apply::Shape shape = call.shape;
    Inputs inputs = call.inputs;
    apply::Factors factors = call.factors;
    change(shape, inputs, factors);
    both(shape, inputs, factors, message, space, bytes);
  };
  using S = apply::Shape;
  using F = apply::Factors;
  refuse([](S& s, Inputs&, F&) { s.replicas = -1; }, "replicas is -1, must be at least 1");
  refuse([](S& s, Inputs&, F&) { s.rows = 0; }, "rows is 0, must be at least 1");
  refuse([](S& s, Inputs&, F&) { s.inputs = 0; }, "inputs is 0, must be at least 1");
  refuse([](S& s, Inputs&, F&) { s.outputs = -7; }, "outputs is -7, must be at least 1");
  refuse([](S& s, Inputs&, F&) { s.genes.most = 0; }, "genes is 0, must be at least 1");
  refuse([](S& s, Inputs&, F&) { s.genes.host = nullptr; },
         "genes: host and each must both be given or both be null");
  refuse([](S& s, Inputs&, F&) { s.genes.most = 3; },
         "genes of replica 1 is 4, must be 1 to 3 (the largest, as given)");
  refuse([](S& s, Inputs&, F&) { s.density = 0; }, "density is 0.000000, must be above 0 and at most 1");
  refuse([](S& s, Inputs&, F&) { s.density = 1.5; }, "density is 1.500000, must be above 0 and at most 1");
  refuse([](S& s, Inputs&, F&) { s.density = std::nan(""); },
         "density is nan, must be above 0 and at most 1");
  const std::string one_of =
      "inputs must be either float values or pixels or rows of a set, exactly one of them";
  refuse([](S&, Inputs& i, F&) { i.values = {}; }, one_of);
  refuse([&](S&, Inputs& i, F&) { i.pixels = call.pixels.in(); }, one_of);
  refuse([](S&, Inputs&, F& f) { f.x = {}; }, "x is null");
  refuse([](S&, Inputs&, F& f) { f.o = {}; }, "o is null");
  refuse([](S&, Inputs&, F& f) { f.y = {}; }, "y is null");
  const std::string needs = std::to_string(bytes), less = std::to_string(bytes - 1);
  both(call.shape, call.inputs, call.factors, "workspace has " + less + " bytes, needs " + needs, space,
       bytes - 1);
  both(call.shape, call.inputs, call.factors, "workspace is null, needs " + needs + " bytes", nullptr, bytes);
  both(call.shape, call.inputs, call.factors, "workspace is not aligned to 256 bytes", space + 128, bytes);
  EXPECT_EQ(forward(call.shape, call.inputs, call.factors, {}, space, bytes),
            "apply/forward: outputs is null");
  EXPECT_EQ(backward(call.shape, call.inputs, call.factors, {}, space, bytes), "apply/backward: dy is null");

  out.expect_blank("y");
  for (std::size_t i = 0; i < kGradients; ++i) gradients.arrays[i].expect_blank(kGradientNames[i]);
  EXPECT_EQ(forward(call.shape, call.inputs, call.factors, out.view(), space, bytes), "no error");
  EXPECT_EQ(bytes % 256, 0u);
}

}  // namespace
}  // namespace innate::test
