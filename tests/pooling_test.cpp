// Pooling (innate/kernels/pooling.h).
#include "innate/kernels/pooling.h"

#include "tests/cases/pooling_cases.h"
#include "tests/reference/pooling.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

using pooling::Function;

constexpr Function kFunctions[] = {Function::average, Function::max};

struct Problem {
  reference::pooling::Map map;
  Function function = Function::average;
  bool add = false;
  std::vector<int64_t> columns;
  Sets<float> in, dout, din;  // din: what is there before

  std::size_t replicas() const { return columns.size(); }
};

/// Whole numbers have many largest ones; a window's average is exact where its numbers are 4 or so many.
Problem problem(const cases::Pooling& c, Function function, bool whole_numbers, bool add) {
  Problem p{
      {c.height, c.width, c.channels, c.window_height, c.window_width}, function, add, c.columns, {}, {}, {}};
  const auto draw = [&](uint64_t seed, int64_t count, int most) {
    return whole_numbers ? integers(seed, count, most) : normals(seed, count);
  };
  for (std::size_t r = 0; r < c.columns.size(); ++r) {
    const int64_t k = c.columns[r], in = p.map.height * p.map.width * p.map.channels * k,
                  out = p.map.down() * p.map.across() * p.map.channels * k;
    p.in.push_back(draw(30 * r + 1, in, 2));
    p.dout.push_back(draw(30 * r + 2, out, 3));
    p.din.push_back(draw(30 * r + 3, in, 3));
    p.in.back()[0] = p.dout.back()[0] = whole_numbers ? 2.0f : 0.7f;  // never all zeros
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  return {p.map, p.function, p.add, {p.columns[r]}, {p.in[r]}, {p.dout[r]}, {p.din[r]}};
}

pooling::Shape shape_of(const Problem& p, const TestExtents& columns) {
  const auto& m = p.map;
  return {static_cast<int>(p.replicas()),
          static_cast<int>(m.height),
          static_cast<int>(m.width),
          static_cast<int>(m.channels),
          columns.view(),
          {p.function, static_cast<int>(m.window_height), static_cast<int>(m.window_width)}};
}

Results run(Context& context, const Problem& p) {
  const bool equal = all_equal(p.columns);
  const TestExtents columns(context, p.columns, equal);
  const Arrays<float> in(context, p.in, equal), dout(context, p.dout);
  const auto out = Arrays<float>::blank(context, sizes_of(p.dout), equal);
  const auto din = p.add ? Arrays<float>(context, p.din) : Arrays<float>::blank(context, sizes_of(p.in));
  const auto shape = shape_of(p, columns);
  pooling::forward(context, shape, in.in(), out.view());
  const auto seen = p.function == Function::max ? in.in() : Ragged<const float>{};
  pooling::backward(context, shape, seen, dout.in(), din.view(), p.add);
  return {{"out", out.download()}, {"din", din.download()}};
}

template <class Real>
Exact reference_of(const Problem& p) {
  using reference::as, reference::Matrix, reference::result;
  Exact all = {{"out", {}}, {"din", {}}};
  const std::string function = pooling::name(p.function);
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    const auto& m = p.map;
    const Matrix<Real> in(m.height * m.width * m.channels, p.columns[r], as<Real>(p.in[r])),
        dout(m.down() * m.across() * m.channels, p.columns[r], as<Real>(p.dout[r]));
    all[0].second.push_back(result(reference::pooling::forward(function, m, in).data));
    auto d = reference::pooling::d_in(function, m, in, dout).data;
    if (p.add)
      for (std::size_t i = 0; i < d.size(); ++i) d[i] += static_cast<Real>(p.din[r][i]);
    all[1].second.push_back(result(d));
  }
  return all;
}

class Pooling : public testing::TestWithParam<On<cases::Pooling>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
  const cases::Pooling& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Pooling, testing::ValuesIn(on_backends(cases::pooling())), OnName());

TEST_P(Pooling, IsExactInWholeNumbers) {
  TestContext context(backend());
  for (const bool add : {false, true}) {
    const Problem p = problem(shape(), Function::max, true, add);
    expect_exact(run(context, p), reference_of<double>(p));
  }
  const int64_t numbers = int64_t{shape().window_height} * shape().window_width;
  if ((numbers & (numbers - 1)) != 0) return;
  const Problem p = problem(shape(), Function::average, true, true);
  expect_exact(run(context, p), reference_of<double>(p));
}

TEST_P(Pooling, IsAsCloseAsTheNaiveLoop) {
  for (const Function function : kFunctions)
    for (const bool add : {false, true}) {
      const Problem p = problem(shape(), function, false, add);
      expect_close(backend(), p, run, reference_of<reference::Measure>(p), reference_of<reference::Naive>(p));
    }
}

TEST_P(Pooling, GivesAReplicaTheSameBitsInAnyCompany) {
  for (const Function function : kFunctions) {
    const Problem p = problem(shape(), function, false, function == Function::max);
    expect_same_bits(backend(), p, p.replicas(), run, alone);
  }
}

TEST_P(Pooling, KeepsNansToTheirReplica) {
  if (shape().columns.size() < 2) GTEST_SKIP() << "there are no neighbours";
  for (const Function function : kFunctions) {
    const Problem p = problem(shape(), function, false, false);
    expect_neighbours_unharmed(backend(), p, p.replicas(), 1, run, [](Problem& q, std::size_t r) {
      for (auto* sets : {&q.in, &q.dout})
        for (float& x : (*sets)[r]) x = std::nanf("");
    });
  }
}

class PoolingErrors : public testing::TestWithParam<On<NoCase>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, PoolingErrors, testing::ValuesIn(each_backend()), OnName());

/// A map of 3 x 5, of which windows of 2 x 2 leave a row and a column.
TEST_P(PoolingErrors, KnowsTiesAndWhatIsDropped) {
  TestContext context(GetParam().backend);
  Problem p = problem({"", true, 3, 5, 1, 2, 2, {1}}, Function::max, false, false);
  p.in = {{1, 2, -3, -3, 9,  //
           2, 0, -3, -4, 9,  //
           9, 9, 9, 9, 9}};
  p.dout = {{5, 7}};
  const Results largest = run(context, p);
  EXPECT_EQ(largest[0].second[0], (std::vector<float>{2, -3}));
  EXPECT_EQ(largest[1].second[0], (std::vector<float>{0, 5, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  p.function = Function::average;
  const Results average = run(context, p);
  EXPECT_EQ(average[0].second[0], (std::vector<float>{1.25f, -3.25f}));
  EXPECT_EQ(average[1].second[0], (std::vector<float>{1.25f, 1.25f, 1.75f, 1.75f, 0,  //
                                                      1.25f, 1.25f, 1.75f, 1.75f, 0, 0, 0, 0, 0, 0}));
}

TEST_P(PoolingErrors, KnowsTheEndsOfTheScale) {
  TestContext context(GetParam().backend);
  const float inf = INFINITY;
  const auto of = [&](std::vector<float> in) {
    Problem p = problem({"", true, 1, 3, 1, 1, 3, {1}}, Function::max, false, false);
    p.in = {std::move(in)}, p.dout = {{1}};
    return run(context, p);
  };
  EXPECT_EQ(of({-inf, -inf, -inf})[0].second[0][0], -inf);
  EXPECT_EQ(of({-inf, inf, inf})[0].second[0][0], inf);
  EXPECT_EQ(of({-inf, inf, inf})[1].second[0], (std::vector<float>{0, 1, 0}));
  for (std::size_t at = 0; at < 3; ++at) {
    std::vector<float> in = {1, 2, 3}, expected = {0, 0, 0};
    in[at] = NAN, expected[at] = 1;
    EXPECT_TRUE(std::isnan(of(in)[0].second[0][0])) << at;
    EXPECT_EQ(of(in)[1].second[0], expected);
  }
}

TEST_P(PoolingErrors, SayWhatIsWrongAndWriteNothing) {
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Problem p = problem({"", true, 4, 5, 2, 2, 2, {2, 3}}, Function::max, false, false);
  const TestExtents columns(context, p.columns, false);
  const Arrays<float> in(context, p.in), dout(context, p.dout);
  const auto out = Arrays<float>::blank(context, sizes_of(p.dout)),
             din = Arrays<float>::blank(context, sizes_of(p.in));
  const auto shape = shape_of(p, columns);
  const auto refuse = [&](auto change, const std::string& message) {
    pooling::Shape s = shape;
    change(s);
    EXPECT_EQ(error_of([&] { pooling::forward(context, s, in.in(), out.view()); }),
              "pooling/forward: " + message);
    EXPECT_EQ(error_of([&] { pooling::backward(context, s, in.in(), dout.in(), din.view()); }),
              "pooling/backward: " + message);
  };
  refuse([](auto& s) { s.replicas = 0; }, "replicas is 0, must be at least 1");
  refuse([](auto& s) { s.height = 0; }, "height is 0, must be at least 1");
  refuse([](auto& s) { s.width = -1; }, "width is -1, must be at least 1");
  refuse([](auto& s) { s.channels = 0; }, "channels is 0, must be at least 1");
  refuse([](auto& s) { s.columns.most = 0; }, "columns is 0, must be at least 1");
  refuse([](auto& s) { s.columns.most = 2; },
         "columns of replica 1 is 3, must be 1 to 2 (the largest, as given)");
  refuse([](auto& s) { s.window.height = 0; }, "window.height is 0, must be at least 1");
  refuse([](auto& s) { s.window.width = 6; },
         "a window of 2 x 6 (window.height, window.width) does not fit on a map of 4 x 5");
  refuse([](auto& s) { s.height = s.width = s.window.height = s.window.width = 5000; },
         "a window of 5000 x 5000 has more than 2^24 numbers");
  refuse([](auto& s) { s.window.function = static_cast<Function>(5); },
         "there is no function 5; use one of enum Function");
  refuse([](auto& s) { s.height = s.channels = 1 << 14; },
         "a map of 16384 x 5 x 16384 x 3 is larger than 2^31 - 1");
  EXPECT_EQ(error_of([&] { pooling::forward(context, shape, {}, out.view()); }),
            "pooling/forward: in is null");
  EXPECT_EQ(error_of([&] { pooling::forward(context, shape, in.in(), {}); }), "pooling/forward: out is null");
  for (int gone = 0; gone < 3; ++gone)
    EXPECT_EQ(error_of([&] {
                pooling::backward(context, shape, gone == 0 ? Ragged<const float>{} : in.in(),
                                  gone == 1 ? Ragged<const float>{} : dout.in(),
                                  gone == 2 ? Ragged<float>{} : din.view());
              }),
              "pooling/backward: " + nth({"in", "dout", "din"}, gone) + " is null");
  out.expect_blank("out");
  din.expect_blank("din");
}

}  // namespace
}  // namespace innate::test
