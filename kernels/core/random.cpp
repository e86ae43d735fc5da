#include "innate/kernels/random.h"

#include <Random123/philox.h>

#include <cmath>

namespace innate::random {

namespace {

/// 64 bits for element i: two of the four words of block i / 2.
uint64_t words(Key key, uint64_t i) {
  const uint64_t block = i / 2;
  const r123::Philox4x32::ctr_type counter = {{static_cast<uint32_t>(block),
                                               static_cast<uint32_t>(block >> 32),
                                               static_cast<uint32_t>(key.purpose), key.stream}};
  const r123::Philox4x32::key_type secret = {
      {static_cast<uint32_t>(key.seed), static_cast<uint32_t>(key.seed >> 32)}};
  const auto out = r123::Philox4x32()(counter, secret);
  return i % 2 ? (uint64_t(out[3]) << 32 | out[2]) : (uint64_t(out[1]) << 32 | out[0]);
}

double ratio(double x, const double (&above)[8], const double (&below)[8]) {
  double a = above[7], b = below[7];
  for (int i = 6; i >= 0; --i) {
    a = a * x + above[i];
    b = b * x + below[i];
  }
  return a / b;
}

/// Inverse of the standard normal distribution, about 16 digits (Wichura 1988, algorithm AS 241, PPND16).
double inverse_normal(double p) {
  static constexpr double a[8] = {
      3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
      4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr double b[8] = {1.0,
                                  4.2313330701600911252e+1,
                                  6.8718700749205790830e+2,
                                  5.3941960214247511077e+3,
                                  2.1213794301586595867e+4,
                                  3.9307895800092710610e+4,
                                  2.8729085735721942674e+4,
                                  5.2264952788528545610e+3};
  static constexpr double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                  5.76949722146069140550e0,  3.64784832476320460504e0,
                                  1.27045825245236838258e0,  2.41780725177450611770e-1,
                                  2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[8] = {1.0,
                                  2.05319162663775882187e0,
                                  1.67638483018380384940e0,
                                  6.89767334985100004550e-1,
                                  1.48103976427480074590e-1,
                                  1.51986665636164571966e-2,
                                  5.47593808499534494600e-4,
                                  1.05075007164441684324e-9};
  static constexpr double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                  1.78482653991729133580e0,  2.96560571828504891230e-1,
                                  2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                  2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[8] = {1.0,
                                  5.99832206555887937690e-1,
                                  1.36929880922735805310e-1,
                                  1.48753612908506148525e-2,
                                  7.86869131145613259100e-4,
                                  1.84631831751005468180e-5,
                                  1.42151175831644588870e-7,
                                  2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) return q * ratio(0.180625 - q * q, a, b);
  const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
  const double tail = r <= 5 ? ratio(r - 1.6, c, d) : ratio(r - 5, e, f);
  return q < 0 ? -tail : tail;
}

}  // namespace

double uniform(Key key, uint64_t i) { return (static_cast<double>(words(key, i) >> 12) + 0.5) * 0x1p-52; }

double normal(Key key, uint64_t i) { return inverse_normal(uniform(key, i)); }

void fill_normal(Key key, double mean, double sd, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(mean + sd * normal(key, i));
}

void fill_uniform(Key key, double low, double high, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(low + (high - low) * uniform(key, i));
}

}  // namespace innate::random
