// exp, tanh and log (kernels/core/math.h, simd.h): errors against double over a dense sweep of all floats,
// special values, and the same bits from vectors as from scalars. Compiled once for each instruction set.
#include "kernels/core/instruction_sets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/math_test.cpp"
#include <hwy/foreach_target.h>

#include "kernels/core/dispatch.h"
#include "kernels/core/simd.h"

HWY_BEFORE_NAMESPACE();
namespace innate::test {
namespace HWY_NAMESPACE {
using innate::HWY_NAMESPACE::Lanes;

void lanes_exp(const float* in, float* out, int count) {
  innate::HWY_NAMESPACE::exp(Lanes::load(in, count)).store(out, count);
}
void lanes_tanh(const float* in, float* out, int count) {
  innate::HWY_NAMESPACE::tanh(Lanes::load(in, count)).store(out, count);
}
void lanes_log(const float* in, float* out, int count) {
  innate::HWY_NAMESPACE::log(Lanes::load(in, count)).store(out, count);
}
void lanes_sqrt(const float* in, float* out, int count) {
  innate::HWY_NAMESPACE::sqrt(Lanes::load(in, count)).store(out, count);
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::test
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "kernels/core/math.h"
#include "tests/support/compare.h"
#include "tests/support/targets.h"

namespace innate::test {

INNATE_EXPORT(lanes_exp);
INNATE_EXPORT(lanes_tanh);
INNATE_EXPORT(lanes_log);
INNATE_EXPORT(lanes_sqrt);

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Function {
  const char* name;
  float (*scalar)(float);
  double (*exact)(double);
  std::function<void(const float*, float*, int)> lanes;
  double ulps;  // claimed in math_formulas.inc
  float low, high;
};

std::vector<Function> functions() {
  return {{"exp", [](float x) { return math::exp(x); }, [](double x) { return std::exp(x); },
           [](const float* in, float* out, int n) {
             INNATE_DISPATCH(lanes_exp)
             (in, out, n);
           },
           1, -87.3f, 88.72f},
          {"tanh", [](float x) { return math::tanh(x); }, [](double x) { return std::tanh(x); },
           [](const float* in, float* out, int n) {
             INNATE_DISPATCH(lanes_tanh)
             (in, out, n);
           },
           2, -20.0f, 20.0f},
          {"log", [](float x) { return math::log(x); }, [](double x) { return std::log(x); },
           [](const float* in, float* out, int n) {
             INNATE_DISPATCH(lanes_log)
             (in, out, n);
           },
           2, std::numeric_limits<float>::min(), 3.4e38f}};
}

/// About one in `step` of all floats from low to high, by their bits.
template <class Each>
void sweep(float low, float high, uint32_t step, const Each& each) {
  const auto run = [&](float from, float to) {  // from > 0
    for (uint64_t b = math::bits(from); b <= math::bits(to); b += step)
      each(math::from_bits<float>(static_cast<uint32_t>(b)));
  };
  const float smallest = std::numeric_limits<float>::min();
  if (high > 0) run(low > 0 ? low : smallest, high);
  if (low < 0)
    for (uint64_t b = math::bits(smallest); b <= math::bits(-low); b += step)
      each(-math::from_bits<float>(static_cast<uint32_t>(b)));
}

/// |got - exact| in units of the last place of a float of the exact value's size.
double error_in_ulps(float got, double exact) {
  const int exponent = std::ilogb(exact);
  return std::fabs(static_cast<double>(got) - exact) / std::ldexp(1.0, std::max(exponent, -126) - 23);
}

TEST(Math, StaysWithinTheUlpsItClaims) {
  for (const Function& f : functions()) {
    double worst = 0;
    float where = 0;
    int64_t count = 0;
    const auto look = [&](float x) {
      const double exact = f.exact(x);
      ++count;
      if (exact == 0) return;
      const double error = error_in_ulps(f.scalar(x), exact);
      if (!(error <= worst)) worst = error, where = x;
    };
    sweep(f.low, f.high, 997, look);
    sweep(0.2f, 0.8f, 7, look);  // where tanh switches formulas and log's exponent changes
    // and every float where the formulas switch or the argument is reduced to its limits
    for (const float around : {0.625f, 0.70710677f, 1.0f, 1.4142135f, 0.34657359f, 2.0f, 10.0f, 80.0f})
      for (float x = around * 0.9999f; x < around * 1.0001f; x = std::nextafter(x, kInfinity)) look(x);
    EXPECT_LE(worst, f.ulps) << f.name << " at " << testing::PrintToString(where);
    EXPECT_GT(count, 1000000) << f.name;
    RecordProperty(std::string(f.name) + "_ulps", std::to_string(worst));
  }
}

TEST(Math, KeepsSubnormalResultsOfExpWithinOneStep) {
  for (float x = -103.9f; x < -87.3f; x += 0.0009f) {
    const double exact = std::exp(static_cast<double>(x));
    EXPECT_LE(std::fabs(math::exp(x) - exact), std::ldexp(1.0, -149)) << x;
  }
}

TEST(Math, KnowsSpecialValues) {
  EXPECT_EQ(math::exp(0.0f), 1.0f);
  EXPECT_EQ(math::exp(-0.0f), 1.0f);
  EXPECT_EQ(math::exp(-kInfinity), 0.0f);
  EXPECT_EQ(math::exp(-104.0f), 0.0f);
  EXPECT_EQ(math::exp(-1e30f), 0.0f);
  EXPECT_EQ(math::exp(88.73f), kInfinity);
  EXPECT_EQ(math::exp(1e30f), kInfinity);
  EXPECT_EQ(math::exp(kInfinity), kInfinity);
  EXPECT_TRUE(std::isfinite(math::exp(88.72f)));
  EXPECT_TRUE(std::isnan(math::exp(kNan)));
  EXPECT_TRUE(std::isnan(math::exp(-kNan)));

  EXPECT_EQ(math::bits(math::tanh(0.0f)), math::bits(0.0f));
  EXPECT_EQ(math::bits(math::tanh(-0.0f)), math::bits(-0.0f));
  for (const float x : {10.0f, 20.0f, 1e10f, 3e38f, kInfinity}) {
    EXPECT_EQ(math::tanh(x), 1.0f) << x;
    EXPECT_EQ(math::tanh(-x), -1.0f) << x;
  }
  EXPECT_EQ(math::tanh(1e-30f), 1e-30f);
  EXPECT_TRUE(std::isnan(math::tanh(kNan)));

  EXPECT_EQ(math::log(1.0f), 0.0f);
  EXPECT_EQ(math::log(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(math::log(kNan)));
  EXPECT_NEAR(math::log(256.0f), std::log(256.0), 1e-6);
  EXPECT_NEAR(math::log(std::numeric_limits<float>::min()), std::log(0x1p-126), 1e-5);
}

TEST(Math, TanhIsOddAndNeitherLeavesItsRange) {
  sweep(1e-6f, 20.0f, 9973, [](float x) {
    ASSERT_EQ(math::tanh(-x), -math::tanh(x)) << x;
    ASSERT_LE(math::tanh(x), 1.0f) << x;
    ASSERT_GE(math::exp(x), 1.0f) << x;
    ASSERT_LE(math::exp(-x), 1.0f) << x;
  });
}

TEST(Math, VectorsGiveTheBitsOfScalars) {
  for (const int64_t target : cpu_targets()) {
    const OnlyTarget only_this(target);
    for (const Function& f : functions()) {
      float in[16], out[16];
      int filled = 0;
      int64_t wrong = 0, looked = 0;
      double worst = 0;
      const auto look = [&](float x) {
        in[filled++] = x;
        if (filled < 16) return;
        filled = 0;
        f.lanes(in, out, 16);
        for (int i = 0; i < 16; ++i) {
          ++looked;
          if (fuses(target)) wrong += !same_bits(out[i], f.scalar(in[i]));
          if (const double exact = f.exact(in[i]);
              exact != 0 && std::isfinite(exact) && in[i] >= f.low && in[i] <= f.high)
            worst = std::max(worst, error_in_ulps(out[i], exact));
        }
      };
      for (const float x : {0.0f, -0.0f, kInfinity, kNan, 1e30f, 1.0f, 104.0f, 89.0f})
        look(x), look(f.low < 0 ? -x : x);
      sweep(f.low < 0 ? -110.0f : f.low, f.high > 100 ? f.high : 110.0f, 9973, look);
      EXPECT_GT(looked, 100000) << f.name;
      EXPECT_EQ(wrong, 0) << f.name << " with " << hwy::TargetName(target);
      // without a fused multiply-add the reduction of the argument rounds twice
      EXPECT_LE(worst, fuses(target) ? f.ulps : f.ulps + 1) << f.name << " with " << hwy::TargetName(target);
    }
  }
}

TEST(Math, VectorsLoadAndStoreNoMoreThanAskedFor) {
  for (const int64_t target : cpu_targets()) {
    const OnlyTarget only_this(target);
    for (int count = 0; count <= 16; ++count) {
      std::vector<float> in(static_cast<std::size_t>(count)), out(20, -7.0f);
      for (int i = 0; i < count; ++i) in[static_cast<std::size_t>(i)] = static_cast<float>(i * i);
      INNATE_DISPATCH(lanes_sqrt)(in.data(), out.data(), count);
      for (int i = 0; i < 20; ++i)
        EXPECT_EQ(out[static_cast<std::size_t>(i)], i < count ? static_cast<float>(i) : -7.0f)
            << hwy::TargetName(target) << ", " << count << " lanes, element " << i;
    }
  }
}

}  // namespace
}  // namespace innate::test
#endif  // HWY_ONCE
