// Fields as in the contract (innate/kernels/field.h), by its loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace innate::reference::field {

/// A map of in_height x in_width x channels, and fields on it.
struct Shape {
  int height, width, channels, size, stride, padding, outputs;
  int64_t columns;
  bool shared = false, each_bias = false;
  int out_height() const { return (height + 2 * padding - size) / stride + 1; }
  int out_width() const { return (width + 2 * padding - size) / stride + 1; }
};

/// f(place, k, neuron) for all that lie on the map.
template <class F>
void each(const Shape& s, const F& f) {
  for (int oh = 0; oh < s.out_height(); ++oh)
    for (int ow = 0; ow < s.out_width(); ++ow)
      for (int kh = 0; kh < s.size; ++kh)
        for (int kw = 0; kw < s.size; ++kw)
          for (int c = 0; c < s.channels; ++c) {
            const int y = oh * s.stride + kh - s.padding, x = ow * s.stride + kw - s.padding;
            if (y >= 0 && y < s.height && x >= 0 && x < s.width)
              f(static_cast<std::size_t>(oh * s.out_width() + ow),
                static_cast<std::size_t>((kh * s.size + kw) * s.channels + c),
                static_cast<std::size_t>((y * s.width + x) * s.channels + c));
          }
}

template <class Real>
struct Sizes {
  std::size_t columns, outputs, weights, places;
  explicit Sizes(const Shape& s)
      : columns(static_cast<std::size_t>(s.columns)),
        outputs(static_cast<std::size_t>(s.outputs)),
        weights(static_cast<std::size_t>(s.size * s.size * s.channels)),
        places(static_cast<std::size_t>(s.out_height() * s.out_width())) {}
};

template <class Real>
std::vector<Real> weights(const Shape& s, const std::vector<Real>& t, const std::vector<Real>& u,
                          Real scale) {
  const Sizes<Real> z(s);
  std::vector<Real> m(z.places * z.weights * z.outputs);
  each(s, [&](std::size_t r, std::size_t k, std::size_t i) {
    for (std::size_t d = 0; d < z.outputs; ++d) {
      Real sum = 0;
      for (std::size_t n = 0; n < z.columns; ++n)
        sum += t[i * z.columns + n] * u[(r * z.outputs + d) * z.columns + n];
      m[(r * z.weights + k) * z.outputs + d] = scale * sum;
    }
  });
  return m;
}

template <class Real>
std::vector<Real> outputs(const Shape& s, const std::vector<Real>& m, const std::vector<Real>& t, Real scale,
                          const std::vector<Real>& bias) {
  const Sizes<Real> z(s);
  std::vector<Real> u(z.places * z.outputs * z.columns);
  each(s, [&](std::size_t r, std::size_t k, std::size_t i) {
    for (std::size_t d = 0; d < z.outputs; ++d)
      for (std::size_t n = 0; n < z.columns; ++n)
        u[(r * z.outputs + d) * z.columns + n] +=
            m[((s.shared ? 0 : r) * z.weights + k) * z.outputs + d] * t[i * z.columns + n];
  });
  for (std::size_t e = 0; e < u.size(); ++e) {
    u[e] *= scale;
    const std::size_t neuron = e / z.columns;
    if (!bias.empty()) u[e] += bias[s.each_bias ? neuron : neuron % z.outputs];
  }
  return u;
}

template <class Real>
std::vector<Real> inputs(const Shape& s, const std::vector<Real>& m, const std::vector<Real>& u, Real scale) {
  const Sizes<Real> z(s);
  std::vector<Real> t(static_cast<std::size_t>(s.height * s.width * s.channels) * z.columns);
  each(s, [&](std::size_t r, std::size_t k, std::size_t i) {
    for (std::size_t d = 0; d < z.outputs; ++d)
      for (std::size_t n = 0; n < z.columns; ++n)
        t[i * z.columns + n] += scale * m[((s.shared ? 0 : r) * z.weights + k) * z.outputs + d] *
                                u[(r * z.outputs + d) * z.columns + n];
  });
  return t;
}

}  // namespace innate::reference::field
