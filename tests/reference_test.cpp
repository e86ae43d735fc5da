// The references' own check: every gradient against central differences in float64.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "tests/reference/apply.h"
#include "tests/reference/classifier.h"
#include "tests/reference/dense.h"
#include "tests/reference/expression.h"
#include "tests/reference/identities.h"
#include "tests/reference/optimizer.h"
#include "tests/reference/pooling.h"
#include "tests/reference/wiring.h"
#include "tests/support/arrays.h"

namespace innate::reference {
namespace {

using Numbers = std::vector<double>;
using M = Matrix<double>;

Numbers draw(uint64_t seed, int64_t count) { return test::widen(test::normals(seed, count, 0.8)); }
M matrix(uint64_t seed, int64_t rows, int64_t columns) { return {rows, columns, draw(seed, rows * columns)}; }

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// `gradient` is that of value() by the numbers in `at`, which value() reads. Steps of 1e-5 leave errors near
/// 1e-10.
void expect_gradient(Numbers& at, const Numbers& gradient, const std::function<double()>& value,
                     const char* what) {
  ASSERT_EQ(at.size(), gradient.size()) << what;
  double size = 0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double h = 1e-5, here = at[i];
    at[i] = here + h;
    const double above = value();
    at[i] = here - h;
    const double below = value();
    at[i] = here;
    EXPECT_NEAR(gradient[i], (above - below) / (2 * h), 1e-8 * (1 + std::fabs(gradient[i])))
        << what << ", element " << i;
    size += std::fabs(gradient[i]);
  }
  EXPECT_GT(size, 0) << what;
}

TEST(Reference, WiringHasTheRightGradients) {
  M x = matrix(1, 7, 3), o = matrix(2, 3, 3), y = matrix(3, 5, 3);
  const M dw = matrix(4, 7, 5);
  const double s = 0.7;
  const auto value = [&] { return dot(wiring::forward(x, o, y, s).data, dw.data); };
  expect_gradient(x.data, wiring::dx(dw, o, y, s).data, value, "dx");
  expect_gradient(o.data, wiring::d_o(dw, x, y, s).data, value, "d_o");
  expect_gradient(y.data, wiring::dy(dw, x, o, s).data, value, "dy");
}

TEST(Reference, WiringIsTheSumOverPairsOfGenes) {  // by the definition, element by element
  const M x = matrix(1, 4, 3), o = matrix(2, 3, 3), y = matrix(3, 5, 3);
  const M w = wiring::forward(x, o, y, 0.5);
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t j = 0; j < 5; ++j) {
      double sum = 0;
      for (int64_t a = 0; a < 3; ++a)
        for (int64_t b = 0; b < 3; ++b) sum += x.at(i, a) * o.at(a, b) * y.at(j, b);
      EXPECT_NEAR(w.at(i, j), 0.5 * sum, 1e-14);
      EXPECT_EQ(wiring::threshold(x, o, y).at(i, j), sum > 0 ? 1.0 : 0.0);
    }
}

TEST(Reference, ApplyHasTheRightGradients) {
  M a = matrix(1, 6, 7), x = matrix(2, 7, 3), o = matrix(3, 3, 3), y = matrix(4, 5, 3);
  Numbers bias = draw(5, 5);
  const M dy = matrix(6, 6, 5);
  const double s = 1.3;
  const auto value = [&] { return dot(apply::forward(a, x, o, y, s, bias).data, dy.data); };
  expect_gradient(x.data, apply::d_x(a, o, y, s, dy).data, value, "dx");
  expect_gradient(o.data, apply::d_o(a, x, y, s, dy).data, value, "d_o");
  expect_gradient(y.data, apply::d_y(a, x, o, s, dy).data, value, "dy");
  expect_gradient(a.data, apply::d_inputs(x, o, y, s, dy).data, value, "dA");
  expect_gradient(bias, dense::d_bias(dy), value, "db");
}

TEST(Reference, DenseHasTheRightGradients) {
  M a = matrix(1, 6, 7), w = matrix(2, 7, 5);
  Numbers bias = draw(3, 5);
  const M dy = matrix(4, 6, 5);
  const auto value = [&] { return dot(dense::forward(a, w, bias).data, dy.data); };
  expect_gradient(w.data, dense::d_weights(a, dy).data, value, "dW");
  expect_gradient(a.data, dense::d_inputs(dy, w).data, value, "dA");
  expect_gradient(bias, dense::d_bias(dy), value, "db");
  EXPECT_EQ(dense::values<double>(1, 3, {0, 2, 255}, 0.5f).data, (Numbers{0, 1, 127.5}));
}

TEST(Reference, ExpressionHasTheRightGradients) {
  Numbers my = draw(1, 4), mx = draw(2, 4), q = draw(3, 4);
  const M dx = matrix(4, 5 * 3, 4);
  const auto value = [&] {
    return dot(expression::expand(expression::profile(5, my, q), expression::profile(3, mx, q)).data,
               dx.data);
  };
  const M u = expression::profile(5, my, q), v = expression::profile(3, mx, q);
  M du(5, 4), dv(3, 4);
  expression::expand_backward(u, v, dx, du, dv);
  Numbers dmy(4), dmx(4), dq(4);
  expression::profile_backward(my, q, u, du, dmy, dq);
  expression::profile_backward(mx, q, v, dv, dmx, dq);
  expect_gradient(my, dmy, value, "my");
  expect_gradient(mx, dmx, value, "mx");
  expect_gradient(q, dq, value, "q");
  EXPECT_EQ(expression::place<double>(0, 1), 0.0);
  EXPECT_EQ(expression::place<double>(0, 5), -1.0);
  EXPECT_EQ(expression::place<double>(1, 5), -0.5);
  EXPECT_EQ(expression::place<double>(4, 5), 1.0);
}

TEST(Reference, IdentitiesHaveTheRightGradients) {
  for (const char* profile : {"ridge", "bump", "gaussian"})
    for (const bool centred : {false, true})
      for (const identities::Grid& grid : {identities::Grid{3, 5, 2, 3}, identities::Grid{4, 3, 1, 2}}) {
        M places = matrix(1, 2 * grid.axes, 4);
        const M dx = matrix(2, grid.neurons(), 4);
        const auto value = [&] {
          return dot(identities::forward(profile, centred, grid, places).data, dx.data);
        };
        expect_gradient(places.data, identities::d_places(profile, centred, grid, places, dx).data, value,
                        profile);
      }
}

TEST(Reference, PoolingHasTheRightGradients) {
  for (const char* function : {"average", "max"}) {
    const pooling::Map map{5, 7, 2, 2, 3};
    M in = matrix(1, 5 * 7 * 2, 3);
    const M dout = matrix(2, 2 * 2 * 2, 3);
    const auto value = [&] { return dot(pooling::forward(function, map, in).data, dout.data); };
    expect_gradient(in.data, pooling::d_in(function, map, in, dout).data, value, function);
  }
}

TEST(Reference, ClassifierHasTheRightGradient) {
  M z = matrix(1, 5, 4);
  const std::vector<uint8_t> labels = {0, 3, 2, 2, 1};
  expect_gradient(
      z.data, classifier::cross_entropy(z, labels).dlogits.data,
      [&] { return classifier::cross_entropy(z, labels).loss; }, "dz");
  const auto even = classifier::cross_entropy(M(1, 4), {2});
  EXPECT_NEAR(even.loss, std::log(4.0), 1e-15);
  EXPECT_EQ(even.correct, 0);
  EXPECT_EQ(classifier::cross_entropy(M(1, 4), {0}).correct, 1);
}

TEST(Reference, AdamTakesTheStepsOfThePaper) {  // two steps by hand, rate 0.1, gradients 2 and -1
  Numbers p = {1}, m = {0}, v = {0};
  optimizer::adam(0.9, 0.999, 1e-8, 0.1, 1, Numbers{2}, m, v, p);
  EXPECT_NEAR(m[0], 0.2, 1e-15);
  EXPECT_NEAR(v[0], 0.004, 1e-15);
  EXPECT_NEAR(p[0], 1 - 0.1 * 2 / (2 + 1e-8), 1e-14);
  const double before = p[0];
  optimizer::adam(0.9, 0.999, 1e-8, 0.1, 2, Numbers{-1}, m, v, p);
  EXPECT_NEAR(m[0], 0.08, 1e-15);
  EXPECT_NEAR(v[0], 0.004996, 1e-15);
  EXPECT_NEAR(p[0], before - 0.1 * (0.08 / 0.19) / (std::sqrt(0.004996 / 0.001999) + 1e-8), 1e-14);
  Numbers velocity = {0}, q = {1};
  optimizer::sgd(0.5, 0.1, Numbers{2}, velocity, q);
  optimizer::sgd(0.5, 0.1, Numbers{4}, velocity, q);
  EXPECT_NEAR(q[0], 1 - 0.1 * 2 - 0.1 * 5, 1e-15);
}

}  // namespace
}  // namespace innate::reference
