// Basis (innate/kernels/basis.h).
#include "innate/kernels/basis.h"

#include <algorithm>

#include "tests/cases/basis_cases.h"
#include "tests/reference/basis.h"
#include "tests/reference/dense.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

using reference::Matrix;

constexpr uint64_t kSeed = 0x123456789abcdefull;

/// R of a replica, as the CPU makes it.
std::vector<float> numbers(uint64_t seed, int64_t lines, int64_t columns) {
  Context cpu = Context::cpu(1);
  std::vector<float> r(static_cast<std::size_t>(lines * columns));
  basis::fill(cpu, 1, {lines, nullptr, nullptr}, {columns, nullptr, nullptr}, &seed, {r.data(), 0, nullptr});
  return r;
}

/// Arrays of R, or none where it is to be made.
struct HeldNumbers {
  HeldNumbers(Context& context, const Sets<float>& r, const std::vector<uint64_t>& seed_of, bool stored)
      : arrays(context, stored ? r : Sets<float>{{0}}),
        seeds(context, seed_of),
        view{stored ? arrays.in() : Ragged<const float>{}, stored ? nullptr : seeds.data()} {}
  Arrays<float> arrays;
  Buffer<uint64_t> seeds;
  basis::Numbers view;
};

// ---- R itself

class BasisFill : public testing::TestWithParam<On<NoCase>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, BasisFill, testing::ValuesIn(each_backend()), OnName());

TEST_P(BasisFill, GivesTheNumbersOfTheContract) {
  TestContext context(GetParam().backend);
  const std::vector<int64_t> lines = {3, 7}, columns = {67, 10};
  const TestExtents many(context, lines), wide(context, columns);
  const Buffer<uint64_t> seeds(context, std::vector<uint64_t>{kSeed, 5});
  const auto r = Arrays<float>::blank(context, {3 * 67, 7 * 10});
  basis::fill(context, 2, many.view(), wide.view(), seeds.data(), r.view());
  const Sets<float> got = r.download();
  for (std::size_t replica = 0; replica < 2; ++replica)
    for (int64_t i = 0; i < lines[replica]; ++i)
      for (int64_t j = 0; j < columns[replica]; ++j) {
        const double exact = reference::basis::quantile(reference::basis::probability(
            replica == 0 ? kSeed : 5, static_cast<uint32_t>(i), static_cast<uint32_t>(j)));
        EXPECT_NEAR(got[replica][static_cast<std::size_t>(i * columns[replica] + j)], exact,
                    4e-7 * std::max(1.0, std::fabs(exact)));
      }
  EXPECT_EQ(got, (Sets<float>{numbers(kSeed, 3, 67), numbers(5, 7, 10)}));
}

#if !defined(INNATE_SIMT)
TEST(Basis, QuantileIsRightFromEndToEnd) {
  // The smallest and the largest p, those around both changes of formula, and many between.
  double worst = 0, sum = 0, squares = 0, fourth = 0;
  const std::vector<float> r = numbers(3, 500, 400);
  for (std::size_t e = 0; e < r.size(); ++e) {
    const double x = r[e];
    const double exact = reference::basis::quantile(
        reference::basis::probability(3, static_cast<uint32_t>(e / 400), static_cast<uint32_t>(e % 400)));
    worst = std::max(worst, std::fabs(x - exact) / std::max(1.0, std::fabs(exact)));
    sum += x, squares += x * x, fourth += x * x * x * x;
  }
  const double count = static_cast<double>(r.size());
  EXPECT_LT(worst, 5e-7);
  EXPECT_NEAR(sum / count, 0, 4 / std::sqrt(count));
  EXPECT_NEAR(squares / count, 1, 4 * std::sqrt(2 / count));
  EXPECT_NEAR(fourth / count, 3, 4 * std::sqrt(96 / count));
}

TEST(Basis, ASmallerRIsTheCornerOfALarger) {
  const std::vector<float> large = numbers(9, 5, 21), small = numbers(9, 3, 6);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 6; ++j) EXPECT_EQ(small[i * 6 + j], large[i * 21 + j]);
  EXPECT_NE(numbers(10, 3, 6), small);
}
#endif

// ---- product

struct Product {
  int rows = 0, inputs = 0, outputs = 0;
  double density = 1;
  std::vector<int64_t> vectors;
  Sets<float> values;  // floats, or ...
  Sets<uint8_t> pixels;
  float pixel_scale = 1.0f;
  std::vector<uint64_t> seeds;
  Sets<float> r, p, dy, bias;  // bias empty: none
  std::vector<float> scale;
  bool stored = true;

  std::size_t replicas() const { return vectors.size(); }
};

Product product(const cases::BasisProduct& c, bool whole_numbers) {
  Product q;
  q.rows = c.rows, q.inputs = c.inputs, q.outputs = c.outputs, q.vectors = c.vectors, q.density = c.density;
  q.pixel_scale = whole_numbers ? 0.25f : 1.0f / 255;
  const auto draw = [&](uint64_t seed, int64_t count, int most) {
    std::vector<float> x = whole_numbers ? integers(seed, count, most) : normals(seed, count, 0.7);
    if (count == 1) x = {whole_numbers ? 2.0f : 0.7f};
    return x;
  };
  for (std::size_t r = 0; r < c.vectors.size(); ++r) {
    const int64_t v = c.vectors[r];
    if (c.pixels)
      q.pixels.push_back(pixels(30 * r + 1, c.rows * c.inputs, 1 - c.density, whole_numbers ? 4 : 255));
    else
      q.values.push_back(draw(30 * r + 2, c.rows * c.inputs, 1));
    q.seeds.push_back(kSeed + r);
    q.r.push_back(whole_numbers ? draw(30 * r + 7, c.inputs * v, 1) : numbers(kSeed + r, c.inputs, v));
    q.p.push_back(draw(30 * r + 3, v * c.outputs, 1));
    q.dy.push_back(draw(30 * r + 4, c.rows * c.outputs, 1));
    if (c.biased) q.bias.push_back(draw(30 * r + 5, c.outputs, 9));
    q.scale.push_back(0.5f + 0.5f * static_cast<float>(r));
  }
  return q;
}

Product alone(const Product& p, std::size_t r) {
  Product one = p;
  one.vectors = {p.vectors[r]}, one.seeds = {p.seeds[r]}, one.scale = {p.scale[r]};
  one.r = {p.r[r]}, one.p = {p.p[r]}, one.dy = {p.dy[r]};
  if (!p.values.empty()) one.values = {p.values[r]};
  if (!p.pixels.empty()) one.pixels = {p.pixels[r]};
  if (!p.bias.empty()) one.bias = {p.bias[r]};
  return one;
}

Results run_product(Context& context, const Product& q) {
  const Arrays<float> values(context, q.values.empty() ? Sets<float>{{0}} : q.values, true);
  const Arrays<uint8_t> bytes(context, q.pixels.empty() ? Sets<uint8_t>{{0}} : q.pixels);
  const Arrays<float> p(context, q.p), dy(context, q.dy),
      bias(context, q.bias.empty() ? Sets<float>{{0}} : q.bias);
  const HeldNumbers r(context, q.r, q.seeds, q.stored);
  const Buffer<float> scale(context, q.scale);
  const TestExtents vectors(context, q.vectors, all_equal(q.vectors));
  const basis::ProductShape shape{
      static_cast<int>(q.replicas()), q.rows, q.inputs, q.outputs, vectors.view(), q.density};
  Inputs inputs;
  if (!q.values.empty()) inputs.values = values.in();
  if (!q.pixels.empty()) inputs.pixels = bytes.in();
  inputs.scale = q.pixel_scale;
  const auto space = workspace(context, basis::workspace_bytes(context, shape, q.stored, true));
  const auto blank = [&](auto size) {
    std::vector<int64_t> sizes;
    for (std::size_t i = 0; i < q.replicas(); ++i) sizes.push_back(size(i));
    return Arrays<float>::blank(context, sizes);
  };
  const auto y = blank([&](std::size_t) { return int64_t{q.rows} * q.outputs; }),
             tested = blank([&](std::size_t) { return int64_t{q.rows} * q.outputs; }),
             dp = blank([&](std::size_t i) { return q.vectors[i] * q.outputs; }),
             db = blank([&](std::size_t) { return int64_t{q.outputs}; });
  const Ragged<const float> b = q.bias.empty() ? Ragged<const float>{} : bias.in();
  basis::forward(context, shape, inputs, r.view, p.in(), scale.data(), b, y.view(), true, space.data(),
                 space.bytes());
  basis::backward(context, shape, inputs, r.view, scale.data(), dy.in(), dp.view(), db.view(), space.data(),
                  space.bytes());
  const auto less = workspace(context, basis::workspace_bytes(context, shape, q.stored, false));
  basis::forward(context, shape, inputs, r.view, p.in(), scale.data(), b, tested.view(), false, less.data(),
                 less.bytes());
  return {{"y", y.download()},
          {"y when testing", tested.download()},
          {"dp", dp.download()},
          {"dbias", db.download()}};
}

template <class Real>
Exact reference_of(const Product& q) {
  Exact out = {{"y", {}}, {"y when testing", {}}, {"dp", {}}, {"dbias", {}}};
  using reference::as;
  for (std::size_t i = 0; i < q.replicas(); ++i) {
    const int64_t v = q.vectors[i];
    const Matrix<Real> a = q.pixels.empty()
                               ? Matrix<Real>(q.rows, q.inputs, as<Real>(q.values[i]))
                               : reference::dense::values<Real>(q.rows, q.inputs, q.pixels[i], q.pixel_scale);
    const Matrix<Real> r(q.inputs, v, as<Real>(q.r[i])), p(v, q.outputs, as<Real>(q.p[i])),
        dy(q.rows, q.outputs, as<Real>(q.dy[i]));
    const Real scale = q.scale[i];
    const std::vector<Real> bias = q.bias.empty() ? std::vector<Real>() : as<Real>(q.bias[i]);
    const auto y =
        reference::result(reference::dense::forward(a, reference::basis::weights(r, p, scale), bias).data);
    out[0].second.push_back(y);
    out[1].second.push_back(y);
    out[2].second.push_back(reference::result(reference::basis::d_p(a, r, dy, scale).data));
    out[3].second.push_back(reference::result(reference::dense::d_bias(dy)));
  }
  return out;
}

class BasisProduct : public testing::TestWithParam<On<cases::BasisProduct>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(backend()); }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, BasisProduct, testing::ValuesIn(on_backends(cases::basis_products())), OnName());

TEST_P(BasisProduct, IsExactInWholeNumbers) {
  TestContext context(backend());
  const Product q = product(GetParam().it, true);
  expect_exact(run_product(context, q), reference_of<double>(q));
}

TEST_P(BasisProduct, IsAsCloseAsTheNaiveLoop) {
  const Product q = product(GetParam().it, false);
  expect_close(backend(), q, run_product, reference_of<reference::Measure>(q),
               reference_of<reference::Naive>(q));
}

TEST_P(BasisProduct, StoredOrMadeGivesTheSameBits) {
  TestContext context(backend());
  Product q = product(GetParam().it, false);
  const Results stored = run_product(context, q);
  q.stored = false;
  q.r.clear();
  for (std::size_t i = 0; i < q.replicas(); ++i) q.r.push_back({0});
  expect_bits_equal(run_product(context, q), stored, "made and stored");
}

TEST_P(BasisProduct, GivesAReplicaTheSameBitsInAnyCompany) {
  Product q = product(GetParam().it, false);
  for (const bool stored : {true, false}) {
    q.stored = stored;
    expect_same_bits(backend(), q, q.replicas(), run_product,
                     [](const Product& all, std::size_t r) { return alone(all, r); });
  }
}

#if !defined(INNATE_SIMT)
TEST(Basis, TakesTheCheaperOrder) {
  const auto order = [](int rows, int64_t vectors, double density, bool training) {
    return basis::order({1, rows, 784, 10, {vectors, nullptr, nullptr}, density}, vectors, training);
  };
  EXPECT_EQ(order(64, 78, 0.19, true), basis::Order::features);
  EXPECT_EQ(order(64, 78, 1.0, true), basis::Order::weights);
  EXPECT_EQ(order(500, 78, 0.19, false), basis::Order::weights);
  EXPECT_EQ(order(8, 400, 0.19, false), basis::Order::features);
}

TEST(Basis, FewerRowsFitIntoTheSameWorkspace) {
  Context cpu = Context::cpu(1);
  for (const int64_t vectors : {1, 5, 60, 400})
    for (const bool training : {false, true})
      for (const bool stored : {false, true}) {
        std::size_t most = 0, given = 0;
        for (int rows = 1; rows <= 100; ++rows) {
          const basis::ProductShape shape{1, rows, 35, 3, {vectors, nullptr, nullptr}, 0.4};
          given = basis::workspace_bytes(cpu, shape, stored, training);
          EXPECT_GE(given, most) << rows;
          most = given;
        }
      }
}

TEST(Basis, PiecesTakeLessMemoryThanR) {
  Context cpu = Context::cpu(1);
  const basis::ProductShape shape{1, 64, 784, 10, {4000, nullptr, nullptr}, 0.19};
  const std::size_t made = basis::workspace_bytes(cpu, shape, false, true),
                    stored = basis::workspace_bytes(cpu, shape, true, true);
  EXPECT_EQ(made - stored, 784u * 64 * sizeof(float));
}
#endif

// ---- combination

struct Combination {
  int64_t weights = 0;
  std::vector<int64_t> numbers;
  std::vector<uint64_t> seeds;
  Sets<float> r, c, dtheta;
  std::vector<float> scale;  // empty: 1
  bool stored = true;

  std::size_t replicas() const { return numbers.size(); }
};

Combination combination(const cases::BasisCombination& c, bool whole_numbers) {
  Combination q;
  q.weights = c.weights, q.numbers = c.numbers;
  const auto draw = [&](uint64_t seed, int64_t count, int most) {
    std::vector<float> x = whole_numbers ? integers(seed, count, most) : normals(seed, count, 0.7);
    x[0] = whole_numbers ? 1.0f : 0.7f;  // not all zeros
    return x;
  };
  for (std::size_t i = 0; i < c.numbers.size(); ++i) {
    const int64_t n = c.numbers[i];
    q.seeds.push_back(kSeed + 3 * i);
    q.r.push_back(whole_numbers ? draw(20 * i + 1, n * c.weights, 3) : numbers(q.seeds.back(), n, c.weights));
    q.c.push_back(draw(20 * i + 2, n, 5));
    q.dtheta.push_back(draw(20 * i + 3, c.weights, 5));
    if (c.scaled) q.scale.push_back(0.25f * static_cast<float>(i + 1));
  }
  return q;
}

Combination alone(const Combination& q, std::size_t r) {
  Combination one = q;
  one.numbers = {q.numbers[r]}, one.seeds = {q.seeds[r]}, one.r = {q.r[r]}, one.c = {q.c[r]};
  one.dtheta = {q.dtheta[r]};
  if (!q.scale.empty()) one.scale = {q.scale[r]};
  return one;
}

Results run_combination(Context& context, const Combination& q) {
  const Arrays<float> c(context, q.c), dtheta(context, q.dtheta, true);
  const HeldNumbers r(context, q.r, q.seeds, q.stored);
  const Buffer<float> scale(context, q.scale);
  const TestExtents numbers(context, q.numbers, all_equal(q.numbers));
  const basis::CombinationShape shape{static_cast<int>(q.replicas()), numbers.view(), q.weights};
  const auto theta = Arrays<float>::blank(context, std::vector<int64_t>(q.replicas(), q.weights)),
             dc = Arrays<float>::blank(context, q.numbers);
  basis::combine(context, shape, r.view, c.in(), q.scale.empty() ? nullptr : scale.data(), theta.view());
  basis::combine_backward(context, shape, r.view, q.scale.empty() ? nullptr : scale.data(), dtheta.in(),
                          dc.view());
  return {{"theta", theta.download()}, {"dc", dc.download()}};
}

template <class Real>
Exact reference_of(const Combination& q) {
  Exact out = {{"theta", {}}, {"dc", {}}};
  using reference::as;
  for (std::size_t i = 0; i < q.replicas(); ++i) {
    const int64_t n = q.numbers[i];
    const Matrix<Real> r(n, q.weights, as<Real>(q.r[i])), c(1, n, as<Real>(q.c[i])),
        dtheta(1, q.weights, as<Real>(q.dtheta[i]));
    const Real scale = q.scale.empty() ? Real(1) : Real(q.scale[i]);
    out[0].second.push_back(reference::result(reference::basis::combine(c, r, scale).data));
    out[1].second.push_back(reference::result(reference::basis::d_c(r, dtheta, scale).data));
  }
  return out;
}

class BasisCombination : public testing::TestWithParam<On<cases::BasisCombination>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(backend()); }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, BasisCombination, testing::ValuesIn(on_backends(cases::basis_combinations())),
                         OnName());

TEST_P(BasisCombination, IsExactInWholeNumbers) {
  TestContext context(backend());
  const Combination q = combination(GetParam().it, true);
  expect_exact(run_combination(context, q), reference_of<double>(q));
}

TEST_P(BasisCombination, IsAsCloseAsTheNaiveLoop) {
  const Combination q = combination(GetParam().it, false);
  expect_close(backend(), q, run_combination, reference_of<reference::Measure>(q),
               reference_of<reference::Naive>(q));
}

TEST_P(BasisCombination, StoredOrMadeGivesTheSameBits) {
  TestContext context(backend());
  Combination q = combination(GetParam().it, false);
  const Results stored = run_combination(context, q);
  q.stored = false;
  for (auto& r : q.r) r = {0};
  expect_bits_equal(run_combination(context, q), stored, "made and stored");
}

TEST_P(BasisCombination, GivesAReplicaTheSameBitsInAnyCompany) {
  Combination q = combination(GetParam().it, false);
  for (const bool stored : {true, false}) {
    q.stored = stored;
    expect_same_bits(backend(), q, q.replicas(), run_combination,
                     [](const Combination& all, std::size_t r) { return alone(all, r); });
  }
}

// ---- errors

class BasisErrors : public testing::TestWithParam<On<NoCase>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, BasisErrors, testing::ValuesIn(each_backend()), OnName());

TEST_P(BasisErrors, SayWhatIsWrongAndWriteNothing) {
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Buffer<float> some(context, std::vector<float>(64, 1.0f));
  const Buffer<uint64_t> seeds(context, std::vector<uint64_t>{1, 2});
  const auto y = Arrays<float>::blank(context, {24});
  const Ragged<const float> in{some.data(), 0, nullptr};
  const auto forward = [&](basis::ProductShape shape, const basis::Numbers& r, Ragged<const float> p,
                           std::size_t bytes) {
    Inputs inputs;
    inputs.values = in;
    const auto space = workspace(context, bytes);
    return error_of([&] {
      basis::forward(context, shape, inputs, r, p, nullptr, {}, y.view(), true, space.data(), space.bytes());
    });
  };
  const basis::ProductShape shape{1, 2, 3, 4, {5, nullptr, nullptr}, 1.0};
  const basis::Numbers made{{}, seeds.data()};
  const std::size_t enough = basis::workspace_bytes(context, shape, false, true);
  auto wrong = shape;
  wrong.rows = 0;
  EXPECT_EQ(forward(wrong, made, in, enough), "basis/forward: rows is 0, must be at least 1");
  wrong = shape, wrong.vectors.most = 0;
  EXPECT_EQ(forward(wrong, made, in, enough), "basis/forward: vectors is 0, must be at least 1");
  wrong = shape, wrong.density = 0;
  EXPECT_NE(forward(wrong, made, in, enough).find("density is 0"), std::string::npos);
  EXPECT_EQ(forward(shape, {}, in, enough), "basis/forward: r has neither stored numbers nor seeds");
  EXPECT_EQ(forward(shape, made, {}, enough), "basis/forward: p is null");
  EXPECT_EQ(forward(shape, made, in, 8),
            "basis/forward: workspace has 8 bytes, needs " + std::to_string(enough));
  const basis::CombinationShape pair{1, {2, nullptr, nullptr}, 24};
  EXPECT_EQ(error_of([&] { basis::combine(context, pair, {}, in, nullptr, y.view()); }),
            "basis/combine: r has neither stored numbers nor seeds");
  EXPECT_EQ(error_of([&] {
              basis::combine(context, {1, {2, nullptr, nullptr}, 0}, made, in, nullptr, y.view());
            }),
            "basis/combine: weights is 0, must be at least 1");
  EXPECT_EQ(error_of([&] { basis::combine_backward(context, pair, made, nullptr, {}, y.view()); }),
            "basis/combine_backward: dtheta is null");
  EXPECT_EQ(error_of([&] {
              basis::fill(context, 1, {2, nullptr, nullptr}, {3, nullptr, nullptr}, nullptr, y.view());
            }),
            "basis/fill: seeds is null");
  y.expect_blank("y");
}

}  // namespace
}  // namespace innate::test
