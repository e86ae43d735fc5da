// Precision of products (innate/kernels/precision.h), through the rooms that have them.
#include "innate/kernels/precision.h"

#include <bit>

#include "innate/kernels/apply.h"
#include "innate/kernels/dense.h"
#include "innate/kernels/wiring.h"
#include "kernels/core/cublaslt.h"
#include "tests/reference/apply.h"
#include "tests/support/messages.h"
#include "tests/support/room.h"
#if defined(INNATE_SIMT)
#include "tests/simt/tensor_tiles.h"
#endif

namespace innate::test {
namespace {

struct Case {
  const char* name;
  bool small;
  int replicas, rows, inputs, outputs;
};

/// Around the tiles (64 x 128, 16 deep). Of two replicas the second's arrays lie at whole fours, or pairs, if
/// its lines do; the first's never do.
const std::vector<Case>& shapes() {
  static const std::vector<Case> all = {
      {"small_64x48x128", true, 2, 64, 48, 128}, {"small_65x67x129", true, 2, 65, 67, 129},
      {"small_66x34x130", true, 2, 66, 34, 130}, {"small_33x257x36", true, 3, 33, 257, 36},
      {"small_129x32x33", true, 2, 129, 32, 33}, {"300x513x200", false, 2, 300, 513, 200},
      {"64x784x1000", false, 2, 64, 784, 1000},
  };
  return all;
}

constexpr Precision kRounded[] = {Precision::tf32, Precision::bf16};

/// What an operand of such a product becomes: ties go away from 0 (tf32) or to even (bf16).
float rounded(float value, Precision precision) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if (precision == Precision::tf32) return std::bit_cast<float>((bits + 0x1000u) & ~0x1fffu);
  return std::bit_cast<float>((bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u);
}
std::vector<float> rounded(std::vector<float> values, Precision precision) {
  for (float& v : values) v = rounded(v, precision);
  return values;
}

struct Problem {
  int rows = 0, inputs = 0, outputs = 0;
  Sets<float> values, weights, dy, bias;
  Precision precision = Precision::exact;
  bool add = false;  // to gradients that hold whole numbers

  std::size_t replicas() const { return weights.size(); }
};

/// Whole numbers, where asked for, are those that the precision has, and so wide that a narrower one has not.
Problem problem(const Case& c, Precision precision, bool whole_numbers) {
  Problem p{c.rows, c.inputs, c.outputs, {}, {}, {}, {}, precision};
  const int wide = precision == Precision::bf16 ? 127 : 1023;
  const auto draw = [&](uint64_t seed, int64_t count, int most) {
    return whole_numbers ? integers(seed, count, most) : normals(seed, count, 0.7);
  };
  for (uint64_t r = 0; r < static_cast<uint64_t>(c.replicas); ++r) {
    p.values.push_back(draw(30 * r + 2, c.rows * c.inputs, wide));
    p.weights.push_back(draw(30 * r + 3, c.inputs * c.outputs, 3));
    p.dy.push_back(draw(30 * r + 4, c.rows * c.outputs, 3));
    p.bias.push_back(draw(30 * r + 5, c.outputs, 9));
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  Problem one = p;
  one.values = {p.values[r]}, one.weights = {p.weights[r]}, one.dy = {p.dy[r]}, one.bias = {p.bias[r]};
  return one;
}

Results run(Context& context, const Problem& p) {
  const Arrays<float> values(context, p.values), weights(context, p.weights), dy(context, p.dy),
      bias(context, p.bias);
  const auto y = Arrays<float>::blank(context, sizes_of(p.dy));
  const auto gradient = [&](const Sets<float>& like, uint64_t seed) {
    Sets<float> old;
    for (const auto& set : like)
      old.push_back(p.add ? integers(seed + old.size(), static_cast<int64_t>(set.size()), 5)
                          : std::vector<float>(set.size(), Arrays<float>::blank_value()));
    return Arrays<float>(context, old);
  };
  const auto dw = gradient(p.weights, 100), db = gradient(p.bias, 200), da = gradient(p.values, 300);
  dense::Shape shape{static_cast<int>(p.replicas()), p.rows, p.inputs, p.outputs};
  shape.precision = p.precision;
  Inputs inputs;
  inputs.values = values.in();
  const auto space = workspace(context, dense::workspace_bytes(context, shape));
  dense::forward(context, shape, inputs, weights.in(), bias.in(), y.view());
  dense::backward(context, shape, inputs, weights.in(), dy.in(), {dw.view(), db.view(), da.view(), p.add},
                  space.data(), space.bytes());
  return {
      {"y", y.download()}, {"dweights", dw.download()}, {"dbias", db.download()}, {"dinputs", da.download()}};
}

/// `operands`: what the products take; the sum of dy's rows takes p's.
template <class Real>
Exact reference_of(const Problem& p, const Problem& operands) {
  using namespace reference;
  Exact out = {{"y", {}}, {"dweights", {}}, {"dbias", {}}, {"dinputs", {}}};
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    const Matrix<Real> a(p.rows, p.inputs, as<Real>(operands.values[r])),
        w(p.inputs, p.outputs, as<Real>(operands.weights[r])),
        dy(p.rows, p.outputs, as<Real>(operands.dy[r]));
    out[0].second.push_back(result(reference::dense::forward(a, w, as<Real>(p.bias[r])).data));
    out[1].second.push_back(result(reference::dense::d_weights(a, dy).data));
    out[2].second.push_back(
        result(reference::dense::d_bias(Matrix<Real>(p.rows, p.outputs, as<Real>(p.dy[r])))));
    out[3].second.push_back(result(reference::dense::d_inputs(dy, w).data));
  }
  return out;
}

Problem with_rounded_operands(const Problem& p) {
  Problem q = p;
  for (auto* sets : {&q.values, &q.weights, &q.dy})
    for (auto& set : *sets) set = rounded(std::move(set), p.precision);
  return q;
}

class Precisions : public testing::TestWithParam<On<Case>> {
 protected:
  const Case& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Precisions, testing::ValuesIn(on_backends(shapes())), OnName());

TEST_P(Precisions, AreExactInNumbersThatTheyHave) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  for (const Precision precision : kRounded) {
    Problem p = problem(shape(), precision, true);
    Results expected = run(context, p);
    expect_exact(expected, reference_of<double>(p, p));
    for (std::size_t i = 1; i < expected.size(); ++i)
      for (std::size_t r = 0; r < p.replicas(); ++r) {
        auto& gradient = expected[i].second[r];
        const auto old = integers(100 * i + r, static_cast<int64_t>(gradient.size()), 5);
        for (std::size_t e = 0; e < gradient.size(); ++e) gradient[e] += old[e];
      }
    p.add = true;
    expect_bits_equal(run(context, p), expected, "added");
  }
}

// The naive float loop, whose operands have been rounded as the precision rounds them, is what errors are
// measured by.
TEST_P(Precisions, AreAsCloseAsTheNaiveLoopOfRoundedOperands) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  for (const Precision precision : kRounded) {
    const Problem p = problem(shape(), precision, false);
    expect_error_ratio(run(context, p), reference_of<double>(p, p),
                       reference_of<float>(p, with_rounded_operands(p)));
  }
}

TEST_P(Precisions, RoundOnTensorCoresAlone) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  Problem p = problem(shape(), Precision::exact, false);
  const Results exact = run(context, p);
  for (const Precision precision : kRounded) {
    p.precision = precision;
    const Results results = run(context, p);
    expect_bits_equal(results[2].second, exact[2].second, "dbias");
    for (const std::size_t i : {0, 1, 3}) {
      if (backend() == Backend::cpu)
        expect_bits_equal(results[i].second, exact[i].second, exact[i].first);
      else
        for (std::size_t r = 0; r < p.replicas(); ++r) EXPECT_NE(results[i].second[r], exact[i].second[r]);
    }
  }
}

TEST_P(Precisions, GiveAReplicaTheSameBitsInAnyCompany) {
  INNATE_SKIP_WITHOUT(backend());
  for (const Precision precision : kRounded) {
    const Problem p = problem(shape(), precision, false);
    expect_same_bits(backend(), p, p.replicas(), run, alone);
  }
}

TEST_P(Precisions, KeepNansToTheirReplica) {
  INNATE_SKIP_WITHOUT(backend());
  for (const Precision precision : kRounded) {
    const Problem p = problem(shape(), precision, false);
    expect_neighbours_unharmed(backend(), p, p.replicas(), 1, run, [](Problem& q, std::size_t r) {
      for (auto* sets : {&q.weights, &q.dy})
        for (float& v : (*sets)[r]) v = std::bit_cast<float>(0x7fffffffu);
    });
  }
}

class SmallProducts : public testing::TestWithParam<On<NoCase>> {};
INSTANTIATE_TEST_SUITE_P(, SmallProducts, testing::ValuesIn(each_backend()), OnName());

TEST_P(SmallProducts, AreExactWhateverIsAskedFor) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend);
  for (const Case& c :
       {Case{"", true, 2, 31, 15, 300}, Case{"", true, 2, 300, 15, 31}, Case{"", true, 2, 40, 40, 40}}) {
    Problem p = problem(c, Precision::exact, false);
    const Results exact = run(context, p);
    for (const Precision precision : kRounded) {
      p.precision = precision;
      expect_bits_equal(run(context, p), exact, "small ones");
    }
  }
}

#if defined(INNATE_SIMT)
// ---- the tiles alone: what no room asks of them, such as both operands transposed

TEST_P(SmallProducts, OnTensorCoresInEveryStorageOrder) {
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  struct Sizes {
    int m, n, k;
  };
  for (const auto& [m, n, k] :
       {Sizes{64, 128, 48}, Sizes{65, 131, 35}, Sizes{66, 130, 34}, Sizes{36, 260, 20}})
    for (int how = 0; how < 8; ++how) {
      const bool transpose_a = how & 1, transpose_b = how & 2;
      const Precision precision = how & 4 ? Precision::bf16 : Precision::tf32;
      const int line = how % 3 ? n : n + 5, wide = precision == Precision::bf16 ? 127 : 1023;
      const auto a = integers(1, m * k, wide), b = integers(2, k * n, 3), bias = integers(3, n, 9),
                 old = integers(4, m * line, 5);
      const Buffer<float> on_a(context, a), on_b(context, b), on_bias(context, bias), on_c(context, old);
      gemm::Product p;
      p.m = m, p.n = n, p.k = k, p.c_line = line, p.alpha = 0.5f, p.add = how % 3 != 1;
      p.transpose_a = transpose_a, p.transpose_b = transpose_b, p.precision = precision;
      p.a = on_a.data(), p.b = on_b.data(), p.bias = on_bias.data(), p.c = on_c.data();
      ASSERT_TRUE(gemm::on_tensor_cores(p));
      run_tensor_tiles(context, p, 1 + how % 2);  // fewer blocks than tiles
      std::vector<float> expected = old;
      for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
          float sum = 0;
          for (int q = 0; q < k; ++q)
            sum += a[static_cast<std::size_t>(transpose_a ? q * m + i : i * k + q)] *
                   b[static_cast<std::size_t>(transpose_b ? j * k + q : q * n + j)];
          float& c = expected[static_cast<std::size_t>(i * line + j)];
          c = (p.add ? c : 0.0f) + (0.5f * sum + bias[static_cast<std::size_t>(j)]);
        }
      expect_bits_equal({on_c.download()}, {expected},
                        "order " + std::to_string(how) + " of " + std::to_string(m));
    }
}
#endif

// ---- wiring: replicas of which some have large products, and some not

struct Wires {
  int inputs = 66, outputs = 131;
  std::vector<int64_t> genes{17, 3, 20, 33};
  Sets<float> x, o, y;
  Precision precision;
};

Wires wires(Precision precision, bool whole_numbers) {
  Wires p;
  p.precision = precision;
  const auto draw = [&](uint64_t seed, int64_t count, int most) {
    return whole_numbers ? integers(seed, count, most) : normals(seed, count, 0.7);
  };
  for (uint64_t r = 0; r < p.genes.size(); ++r) {
    const int64_t g = p.genes[r];
    p.x.push_back(draw(10 * r + 1, p.inputs * g, 2));
    p.o.push_back(draw(10 * r + 2, g * g, 1));
    p.y.push_back(draw(10 * r + 3, p.outputs * g, 2));
  }
  return p;
}

Results run_wires(Context& context, const Wires& p) {
  const Arrays<float> x(context, p.x), o(context, p.o), y(context, p.y);
  const TestExtents genes(context, p.genes);
  const auto w = Arrays<float>::blank(context, std::vector<int64_t>(p.genes.size(), p.inputs * p.outputs));
  wiring::Shape shape{static_cast<int>(p.genes.size()), p.inputs, p.outputs, genes.view()};
  shape.precision = p.precision;
  const auto space = workspace(context, wiring::workspace_bytes(context, shape));
  wiring::forward(context, shape, x.in(), o.in(), y.in(), nullptr, w.view(), space.data(), space.bytes());
  return {{"w", w.download()}};
}

/// W, with the operands of large products rounded.
template <class Real>
Exact wires_of(const Wires& p, Precision precision) {
  using reference::Matrix;
  Exact out = {{"w", {}}};
  for (std::size_t r = 0; r < p.genes.size(); ++r) {
    const int64_t g = p.genes[r];
    const auto lossy = [&](const std::vector<Real>& data, bool large) {
      std::vector<Real> values = data;
      if (large && precision != Precision::exact)
        for (Real& v : values) v = rounded(static_cast<float>(v), precision);
      return values;
    };
    const bool large_v = g >= 32 && g * g * p.outputs >= 131072,
               large_w = g >= 16 && g * p.inputs * p.outputs >= 131072;
    const Matrix<Real> o(g, g, lossy(reference::as<Real>(p.o[r]), large_v)),
        y(p.outputs, g, lossy(reference::as<Real>(p.y[r]), large_v)),
        x(p.inputs, g, lossy(reference::as<Real>(p.x[r]), large_w));
    Matrix<Real> v = o * transposed(y);
    v.data = lossy(v.data, large_w);
    out[0].second.push_back(reference::result((x * v).data));
  }
  return out;
}

class WiringPrecisions : public testing::TestWithParam<On<NoCase>> {};
INSTANTIATE_TEST_SUITE_P(, WiringPrecisions, testing::ValuesIn(each_backend()), OnName());

TEST_P(WiringPrecisions, FollowFromEachReplicasOwnShape) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend);
  const Results exact = run_wires(context, wires(Precision::exact, false));
  for (const Precision precision : kRounded) {
    const Wires whole = wires(precision, true), p = wires(precision, false);
    expect_exact(run_wires(context, whole), wires_of<double>(whole, Precision::exact));
    const Results results = run_wires(context, p);
    expect_error_ratio(results, wires_of<double>(p, Precision::exact), wires_of<float>(p, precision));
    expect_bits_equal(run_wires(context, p), results, "run twice");
    for (std::size_t r = 0; r < p.genes.size(); ++r)
      EXPECT_EQ(results[0].second[r] == exact[0].second[r],
                p.genes[r] < 16 || GetParam().backend == Backend::cpu)
          << r;
  }
}

// ---- a library's

TEST_P(SmallProducts, OfRoomsGoToNoLibrary) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend);
  Problem p = problem({"", true, 2, 33, 257, 36}, Precision::library, false);
  if (GetParam().backend == Backend::cuda) {
    const std::string refused =
        "/forward: precision is library: on CUDA only programs give products to cuBLASLt";
    EXPECT_EQ(error_of([&] { run(context, p); }), "dense" + refused);
    EXPECT_EQ(error_of([&] { run_wires(context, wires(Precision::library, false)); }), "wiring" + refused);
    return;
  }
  const Results results = run(context, p);
  p.precision = Precision::exact;
  expect_bits_equal(results, run(context, p), "exact");
  expect_bits_equal(run_wires(context, wires(Precision::library, false)),
                    run_wires(context, wires(Precision::exact, false)), "exact wires");
}

class LibraryProducts : public testing::TestWithParam<On<NoCase>> {};
INSTANTIATE_TEST_SUITE_P(, LibraryProducts, testing::Values(On<NoCase>{{}, Backend::cuda}), OnName());

#if defined(INNATE_SIMT)
TEST_P(LibraryProducts, NeedALibrary) {
  TestContext guarded(GetParam().backend);
  EXPECT_EQ(error_of([&] { gemm::open_library(guarded); }),
            "precision: library needs cuBLASLt: the SIMT executor has no libraries");
}
#else
struct OneProduct {
  gemm::Product p;
  std::vector<float> a, b, bias, c;

  /// What becomes of C: every element a chain of multiplications and additions.
  template <class Real>
  std::vector<double> result() const {
    std::vector<double> all(c.begin(), c.end());
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j) {
        Real sum = 0;
        for (int64_t q = 0; q < p.k; ++q)
          sum += static_cast<Real>(a[static_cast<std::size_t>(p.transpose_a ? q * p.m + i : i * p.k + q)]) *
                 static_cast<Real>(b[static_cast<std::size_t>(p.transpose_b ? j * p.k + q : q * p.n + j)]);
        const auto at = static_cast<std::size_t>(i * p.line() + j);
        sum = static_cast<Real>(p.alpha) * sum;
        if (p.bias) sum += static_cast<Real>(bias[static_cast<std::size_t>(j)]);
        if (p.add) sum += static_cast<Real>(c[at]);
        all[at] = static_cast<double>(sum);
      }
    return all;
  }
};

std::vector<float> by_library(Context& context, gemm::Library& library, const OneProduct& one) {
  const Buffer<float> a(context, one.a), b(context, one.b), bias(context, one.bias), c(context, one.c),
      alpha(context, {one.p.alpha});
  gemm::Product p = one.p;
  p.a = a.data(), p.b = b.data(), p.c = c.data();
  if (p.bias) p.bias = bias.data();
  if (p.alpha_at) p.alpha_at = alpha.data(), p.alpha = -1;
  const std::size_t bytes = library.prepare(p);
  const Buffer<unsigned char> workspace = Buffer<unsigned char>::of_size(context, bytes);
  library.multiply(context.stream(), p, workspace.data());
  return c.download();
}

TEST_P(LibraryProducts, InEveryStorageOrder) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const auto library = gemm::open_library(context);
  struct Sizes {
    int m, n, k;
  };
  for (const auto& [m, n, k] : {Sizes{64, 128, 48}, Sizes{65, 131, 35}, Sizes{33, 36, 2057}})
    for (int how = 0; how < 64; ++how) {
      const bool whole = how & 32;
      const auto draw = [whole](uint64_t seed, int64_t count, int most) {
        return whole ? integers(seed, count, most) : normals(seed, count, 0.7);
      };
      OneProduct one;
      gemm::Product& p = one.p;
      p.m = m, p.n = n, p.k = k, p.c_line = how % 3 ? 0 : n + 5, p.alpha = 0.5f;
      p.precision = Precision::library;
      p.transpose_a = how & 1, p.transpose_b = how & 2, p.add = how & 4;
      one.a = draw(1, m * k, 255), one.b = draw(2, k * n, 3), one.bias = draw(3, n, 9);
      one.c = draw(4, m * p.line(), 5);
      if (how & 8) p.bias = one.bias.data();
      if (how & 16) p.alpha_at = &p.alpha;
      p.a = one.a.data();
      ASSERT_TRUE(gemm::on_tensor_cores(p));
      const Results results = {{"c", {by_library(context, *library, one)}}};
      if (whole)
        expect_exact(results, {{"c", {one.result<double>()}}});
      else
        expect_error_ratio(results, {{"c", {one.result<double>()}}}, {{"c", {one.result<float>()}}},
                           "order " + std::to_string(how) + ": ");
      const Results again = {{"c", {by_library(context, *gemm::open_library(context), one)}}};
      expect_bits_equal(again, results, "again");
    }
}
#endif

// ---- apply: its orders in whole numbers

class ApplyPrecisions : public testing::TestWithParam<On<NoCase>> {};
INSTANTIATE_TEST_SUITE_P(, ApplyPrecisions, testing::ValuesIn(each_backend()), OnName());

TEST_P(ApplyPrecisions, AreExactInNumbersThatTheyHave) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  struct Sizes {
    int rows, inputs, outputs;
    std::vector<int64_t> genes;
  };
  for (const auto& [rows, in, out, genes] : {Sizes{36, 130, 132, {36, 5}}, Sizes{132, 66, 40, {33, 5}}}) {
    Sets<float> a, x, o, y, dy;
    for (uint64_t r = 0; r < genes.size(); ++r) {
      const int64_t g = genes[r];
      a.push_back(integers(10 * r + 1, rows * in, 1)), x.push_back(integers(10 * r + 2, in * g, 1));
      o.push_back(integers(10 * r + 3, g * g, 1)), y.push_back(integers(10 * r + 4, out * g, 1));
      dy.push_back(integers(10 * r + 5, rows * out, 1));
      for (auto* sets : {&a, &x, &o, &y, &dy})  // few, so that what lies between the products stays short
        for (std::size_t e = 0; e < sets->back().size(); ++e)
          if (random::mix(e + 7 * r) % 2) sets->back()[e] = 0;
    }
    const Arrays<float> values(context, a), xs(context, x), os(context, o), ys(context, y), dys(context, dy);
    const TestExtents extents(context, genes);
    const auto run = [&](Precision precision) {
      apply::Shape shape{static_cast<int>(genes.size()), rows, in, out, extents.view()};
      shape.precision = precision;
      Inputs inputs;
      inputs.values = values.in();
      const apply::Factors factors{xs.in(), os.in(), ys.in(), nullptr, {}};
      const auto result = Arrays<float>::blank(context, sizes_of(dy));
      const auto dx = Arrays<float>::blank(context, sizes_of(x)),
                 d_o = Arrays<float>::blank(context, sizes_of(o)),
                 d_y = Arrays<float>::blank(context, sizes_of(y)),
                 da = Arrays<float>::blank(context, sizes_of(a));
      const auto space = workspace(context, apply::workspace_bytes(context, shape, true));
      const Token token =
          apply::forward(context, shape, inputs, factors, result.view(), true, space.data(), space.bytes());
      apply::backward(context, shape, inputs, factors, dys.in(),
                      {dx.view(), d_o.view(), d_y.view(), {}, da.view(), false}, space.data(), space.bytes(),
                      token);
      return Results{{"y", result.download()},
                     {"dx", dx.download()},
                     {"do", d_o.download()},
                     {"dy", d_y.download()},
                     {"da", da.download()}};
    };
    const Results exact = run(Precision::exact);
    for (const auto& [name, sets] : exact)
      for (const auto& set : sets) EXPECT_GT(norm(set), 0) << name;
    expect_bits_equal(run(Precision::tf32), exact, "tf32");
  }
}

}  // namespace
}  // namespace innate::test
