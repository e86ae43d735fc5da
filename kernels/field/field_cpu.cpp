// Fields on the CPU, place by place: tiles of sums in registers, whose lanes are columns, or channels of a
// place.
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/core/instruction_sets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/field/field_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/core/dispatch.h"
#include "kernels/core/parallel.h"
#include "kernels/core/simd.h"
#include "kernels/field/call.h"

HWY_BEFORE_NAMESPACE();
namespace innate::field {
namespace HWY_NAMESPACE {
using namespace innate::HWY_NAMESPACE;  // NOLINT: Lanes and its operations, of this target
namespace hn = hwy::HWY_NAMESPACE;

/// Sums fill the registers, and leave room for what is added.
constexpr int kTileVectors = kVectors == 1 ? 2 : 1, kTileRows = kVectors == 1 ? 8 : kVectors == 2 ? 6 : 2;
constexpr int kTileColumns = 16 * kTileVectors;

HWY_INLINE int columns_left(int64_t n, int64_t j) { return static_cast<int>(n - j < 16 ? n - j : 16); }

/// call(constant) with `rows` <= Rows where this is compiled.
template <int Rows, class Call>
HWY_INLINE void with_rows(int64_t rows, Call&& call) {
  if (rows == Rows) return call(std::integral_constant<int, Rows>());
  if constexpr (Rows > 1) with_rows<Rows - 1>(rows, call);
}

// ---- outputs: U[(r, d), n] = s sum_k M[r, k, d] T[i(r, k), n] + bias

/// `Rows` channels from d on, 16 * Vectors columns from n on; `last`: those of the last vector.
template <int Rows, int Vectors>
HWY_INLINE void outputs_tile(const Call& c, const Window& w, const float* m, int64_t place, int64_t d,
                             int64_t n) {
  const int64_t columns = c.columns, run = w.run(c.at), line = c.at.outputs;
  const Part last(columns_left(columns, n + 16 * (Vectors - 1)));
  Lanes sum[Rows][Vectors];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Lanes::zero();
  const auto add = [&](const auto& load_last) HWY_ATTR {
    for (int kh = w.top; kh < w.bottom; ++kh) {
      const float* t = c.t + w.neuron(c.at, kh) * columns + n;
      const float* factors = m + w.k(c.at, kh) * line + d;
      for (int64_t p = 0; p < run; ++p, t += columns, factors += line) {
        Lanes row[Vectors];
#pragma GCC unroll 2
        for (int v = 0; v + 1 < Vectors; ++v) row[v] = Lanes::load(t + 16 * v);
        row[Vectors - 1] = load_last(t + 16 * (Vectors - 1));
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
          const Lanes factor(factors[r]);
#pragma GCC unroll 2
          for (int v = 0; v < Vectors; ++v) sum[r][v] = fma(factor, row[v], sum[r][v]);
        }
      }
    }
  };
  if (last.count() == 16)
    add([](const float* from) HWY_ATTR { return Lanes::load(from); });
  else
    add([&](const float* from) HWY_ATTR { return last.load(from); });
  const Lanes factor(c.factor());
  for (int r = 0; r < Rows; ++r) {
    const int64_t neuron = place * line + d + r;
    const Lanes bias(c.bias ? c.bias[c.each_bias ? neuron : d + r] : 0.0f);
    float* to = c.u + neuron * columns + n;
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      const int count = v + 1 < Vectors ? 16 : last.count();
      Lanes value = sum[r][v] * factor;
      if (c.bias) value = value + bias;
      if (c.add) value = Lanes::load(to + 16 * v, count) + value;
      value.store(to + 16 * v, count);
    }
  }
}

template <int Vectors>
HWY_NOINLINE void outputs_columns(const Call& c, const Window& w, const float* m, int64_t place, int64_t n) {
  const int64_t channels = c.at.outputs, tiles = (channels + kTileRows - 1) / kTileRows;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t d = channels * tile / tiles, rows = channels * (tile + 1) / tiles - d;
    with_rows<kTileRows>(
        rows, [&](auto constant) HWY_ATTR { outputs_tile<constant, Vectors>(c, w, m, place, d, n); });
  }
}

void outputs_of(const Call& c, int64_t first, int64_t end) {
  for (int64_t place = first; place < end; ++place) {
    const Window w(c.at, place);
    const float* m = c.m + c.first_weight(place);
    int64_t n = 0;
    for (; n + 16 * (kTileVectors - 1) < c.columns; n += kTileColumns)
      outputs_columns<kTileVectors>(c, w, m, place, n);
    if (n < c.columns) outputs_columns<1>(c, w, m, place, n);
  }
}

// ---- inputs: T[i, n] (+)= sum over places and channels of s M[r, k, d] U[(r, d), n]

/// `Rows` neurons that follow each other, with their factors; 16 * Vectors columns from n on.
template <int Rows, int Vectors>
HWY_NOINLINE void inputs_tile(const Call& c, const float* m, const float* u, float* t, int64_t n) {
  const int64_t columns = c.columns, line = c.at.outputs;
  const Part last(columns_left(columns, n + 16 * (Vectors - 1)));
  const int count = last.count();
  Lanes sum[Rows][Vectors];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v)
      sum[r][v] = Lanes::load(t + r * columns + 16 * v, v + 1 < Vectors ? 16 : count);
  const auto add = [&](const auto& load_last) HWY_ATTR {
    for (int64_t d = 0; d < line; ++d) {
      Lanes row[Vectors];
#pragma GCC unroll 2
      for (int v = 0; v + 1 < Vectors; ++v) row[v] = Lanes::load(u + d * columns + 16 * v);
      row[Vectors - 1] = load_last(u + d * columns + 16 * (Vectors - 1));
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
        const Lanes factor(m[r * line + d]);
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) sum[r][v] = fma(factor, row[v], sum[r][v]);
      }
    }
  };
  if (count == 16)
    add([](const float* from) HWY_ATTR { return Lanes::load(from); });
  else
    add([&](const float* from) HWY_ATTR { return last.load(from); });
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sum[r][v].store(t + r * columns + 16 * v, v + 1 < Vectors ? 16 : count);
}

/// The neurons of a row of a field, which follow each other.
template <int Vectors>
HWY_NOINLINE void inputs_run(const Call& c, const float* m, const float* u, float* t, int64_t run,
                             int64_t n) {
  const int64_t tiles = (run + kTileRows - 1) / kTileRows;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t p = run * tile / tiles, rows = run * (tile + 1) / tiles - p;
    with_rows<kTileRows>(rows, [&](auto constant) HWY_ATTR {
      inputs_tile<constant, Vectors>(c, m + p * c.at.outputs, u, t + p * c.columns, n);
    });
  }
}

void inputs_of(const Call& c) {
  const float scale = c.factor();
  const int64_t line = c.at.outputs;
  std::vector<float> scaled(static_cast<std::size_t>(scale == 1.0f ? 0 : c.at.size * c.at.channels * line));
  if (!c.add) std::memset(c.t, 0, static_cast<std::size_t>(c.at.in_neurons() * c.columns) * sizeof(float));
  for (int64_t place = 0; place < c.at.places(); ++place) {
    const Window w(c.at, place);
    const float *m = c.m + c.first_weight(place), *u = c.u + place * c.at.outputs * c.columns;
    for (int kh = w.top; kh < w.bottom; ++kh) {
      const float* factors = m + w.k(c.at, kh) * line;
      if (!scaled.empty()) {
        for (int64_t i = 0; i < w.run(c.at) * line; ++i)
          scaled[static_cast<std::size_t>(i)] = scale * factors[i];
        factors = scaled.data();
      }
      float* t = c.t + w.neuron(c.at, kh) * c.columns;
      int64_t n = 0;
      for (; n + 16 * (kTileVectors - 1) < c.columns; n += kTileColumns)
        inputs_run<kTileVectors>(c, factors, u + n, t + n, w.run(c.at), n);
      if (n < c.columns) inputs_run<1>(c, factors, u + n, t + n, w.run(c.at), n);
    }
  }
}

// ---- weights: M[r, k, d] (+)= s sum_n T[i(r, k), n] U[(r, d), n]

/// A place's rows of U as columns, `Width` channels from d on (past the last, whatever): to[n * Width + d].
template <int Width>
HWY_INLINE void turn(const Call& c, const float* u, int64_t channels, float* to) {
  const int64_t columns = c.columns, whole = columns / 4 * 4;
  for (int d = 0; d < Width && d < channels; d += 4) {
    const auto row = [&](int i) HWY_ATTR { return u + (d + i < channels ? d + i : d) * columns; };
    for (int64_t n = 0; n < whole; n += 4)
      transpose_four(row(0) + n, row(1) + n, row(2) + n, row(3) + n, to + n * Width + d, Width);
    for (int64_t n = whole; n < columns; ++n)
      for (int i = 0; i < 4; ++i) to[n * Width + d + i] = row(i)[n];
  }
}

/// The first `count` <= Width of a line.
template <int Width>
HWY_INLINE void put(const float* values, int count, float* to) {
  if (count == Width) {
    std::memcpy(to, values, Width * sizeof(float));
    return;
  }
  int i = 0;
  if (Width > 8 && count & 8) std::memcpy(to, values, 32), i = 8;
  if (count & 4) std::memcpy(to + i, values + i, 16), i += 4;
  if (count & 2) std::memcpy(to + i, values + i, 8), i += 2;
  if (count & 1) to[i] = values[i];
}

/// `Rows` rows of T, `Width` channels of `turned` U, as vectors of D.
/// (Inlined beside others it would cost them registers.)
template <class D, int Rows, int Width>
HWY_NOINLINE void weights_tile(D tag, const Call& c, const float* const* t, const float* turned,
                               float* const* to, int channels) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D())), kWide = Width / kLanes;
  const float* line[Rows];
#pragma GCC unroll 12
  for (int r = 0; r < Rows; ++r) line[r] = t[r];
  hn::Vec<D> sum[Rows][kWide];
#pragma GCC unroll 12
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kWide; ++v) sum[r][v] = hn::Zero(tag);
  for (int64_t n = 0; n < c.columns; ++n) {
    hn::Vec<D> row[kWide];
#pragma GCC unroll 4
    for (int v = 0; v < kWide; ++v) row[v] = hn::LoadU(tag, turned + n * Width + v * kLanes);
#pragma GCC unroll 12
    for (int r = 0; r < Rows; ++r) {
      const auto factor = hn::Set(tag, line[r][n]);
#pragma GCC unroll 4
      for (int v = 0; v < kWide; ++v) sum[r][v] = hn::MulAdd(factor, row[v], sum[r][v]);
    }
  }
  HWY_ALIGN float values[Width];
  const auto factor = hn::Set(tag, c.factor());
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kWide; ++v) hn::StoreU(hn::Mul(sum[r][v], factor), tag, values + v * kLanes);
    if (c.add)
      for (int d = 0; d < channels; ++d) values[d] = to[r][d] + values[d];
    put<Width>(values, channels, to[r]);
  }
}

/// Sums of a place's channels, which `turned` holds as columns.
template <int Width>
HWY_INLINE void sum_columns(const Call& c, const float* turned, int channels, float* sums) {
  float sum[Width] = {};
  for (int64_t n = 0; n < c.columns; ++n)
    for (int d = 0; d < Width; ++d) sum[d] += turned[n * Width + d];
  for (int d = 0; d < channels; ++d) sums[d] = sum[d];
}

/// `Width` channels from d on of one place.
template <class D, int Rows, int Width>
HWY_INLINE void weights_of_place(const Call& c, int64_t place, int64_t d, float* turned) {
  const Window w(c.at, place);
  const int64_t line = c.at.outputs, run = w.run(c.at), all = run * (w.bottom - w.top);
  const int channels = static_cast<int>(line - d < Width ? line - d : Width);
  turn<Width>(c, c.u + (place * line + d) * c.columns, channels, turned);
  if (c.sums) sum_columns<Width>(c, turned, channels, c.sums + place * line + d);
  float* m = c.m + place * c.at.weights() * line + d;
  if (!c.add && all < c.at.weights())
    for (int64_t k = 0; k < c.at.weights(); ++k)
      for (int i = 0; i < channels; ++i) m[k * line + i] = 0.0f;
  const int64_t tiles = (all + Rows - 1) / Rows;
  const float* from[Rows];
  float* to[Rows];
  int kh = w.top;
  int64_t p = 0;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t rows = all * (tile + 1) / tiles - all * tile / tiles;
    for (int64_t r = 0; r < rows; ++r) {
      from[r] = c.t + (w.neuron(c.at, kh) + p) * c.columns;
      to[r] = m + (w.k(c.at, kh) + p) * line;
      if (++p == run) p = 0, ++kh;
    }
    with_rows<Rows>(rows, [&](auto constant) HWY_ATTR {
      weights_tile<D, constant, Width>(D(), c, from, turned, to, channels);
    });
  }
}

void weights_of(const Call& c, int64_t first, int64_t end) {
  std::vector<float> turned(static_cast<std::size_t>(16 * c.columns));
  for (int64_t place = first; place < end; ++place)
    for (int64_t d = 0; d < c.at.outputs; d += 16) {
      if (c.at.outputs - d <= 8)
        weights_of_place<hn::CappedTag<float, 8>, kVectorLanes >= 8 ? 10 : 4, 8>(c, place, d, turned.data());
      else
        weights_of_place<Tag, kVectors == 1 ? 12 : kVectors == 2 ? 6 : 2, 16>(c, place, d, turned.data());
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::field
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::field {

INNATE_EXPORT(weights_of);
INNATE_EXPORT(outputs_of);
INNATE_EXPORT(inputs_of);

void cpu::weights(const Call& call, int64_t first, int64_t end) {
  INNATE_DISPATCH(weights_of)(call, first, end);
}
void cpu::outputs(const Call& call, int64_t first, int64_t end) {
  INNATE_DISPATCH(outputs_of)(call, first, end);
}
void cpu::inputs(const Call& call) { INNATE_DISPATCH(inputs_of)(call); }

namespace {

/// f(call, first place, end), with the places of few replicas shared by the threads.
template <class F>
void each_place(Context& context, const Calls& calls, const F& f) {
  const int64_t places = calls.shape.geometry.places(), replicas = calls.shape.replicas;
  const int64_t parts = replicas >= context.threads() ? 1 : smaller(places, context.threads());
  parallel_for(replicas * parts, context.threads(), [&](int64_t i) {
    const int64_t part = i % parts;
    f(calls(static_cast<int>(i / parts)), places * part / parts, places * (part + 1) / parts);
  });
}

}  // namespace

void cpu::weights(Context& context, const Calls& calls) {
  each_place(context, calls, [](const Call& c, int64_t first, int64_t end) { weights(c, first, end); });
}
void cpu::outputs(Context& context, const Calls& calls) {
  each_place(context, calls, [](const Call& c, int64_t first, int64_t end) { outputs(c, first, end); });
}
void cpu::inputs(Context& context, const Calls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { inputs(calls(static_cast<int>(i))); });
}

}  // namespace innate::field
#endif  // HWY_ONCE
