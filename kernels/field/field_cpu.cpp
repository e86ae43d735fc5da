// Fields on the CPU, place by place: tiles of sums in registers, whose lanes are columns, or the numbers k of
// a field.
#include <cstdint>
#include <type_traits>
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
struct Wide {
  static constexpr int kColumns = kVectors == 1 ? 4 : 1, kRows = kVectors == 1 ? 6 : kVectors == 2 ? 6 : 2;
};
/// Fewer columns of more rows: what is read again and again stays in the nearest cache.
struct Tall {
  static constexpr int kColumns = kVectors == 1 ? 2 : 1, kRows = kVectors == 1 ? 8 : kVectors == 2 ? 6 : 2;
};

HWY_INLINE int columns_left(int64_t n, int64_t j) { return static_cast<int>(n - j < 16 ? n - j : 16); }

/// call(constant) with `rows` <= Rows where this is compiled.
template <int Rows, class Call>
HWY_INLINE void with_rows(int64_t rows, Call&& call) {
  if (rows == Rows) return call(std::integral_constant<int, Rows>());
  if constexpr (Rows > 1) with_rows<Rows - 1>(rows, call);
}

/// Where a field's numbers k lie on the map: so many floats behind its first neuron's.
class Offsets {
 public:
  explicit Offsets(const Call& c) : offsets_(static_cast<std::size_t>(c.at.weights())) {
    const int64_t run = c.at.size * c.at.channels, row = int64_t{c.at.width} * c.at.channels;
    for (int64_t k = 0; k < c.at.weights(); ++k)
      offsets_[static_cast<std::size_t>(k)] = (k / run * row + k % run) * c.columns;
  }
  const int64_t* data() const { return offsets_.data(); }

 private:
  std::vector<int64_t> offsets_;
};

HWY_INLINE bool is_whole(const Geometry& g, const Window& w) {
  return w.top == 0 && w.left == 0 && w.bottom == g.size && w.right == g.size;
}

/// each(first, end) of the numbers k that lie on the map; where all do, once.
template <class Each>
HWY_INLINE void each_part_inside(const Geometry& g, const Window& w, const Each& each) {
  if (is_whole(g, w)) return each(0, g.weights());
  for (int kh = w.top; kh < w.bottom; ++kh) each(w.k(g, kh), w.k(g, kh) + w.run(g));
}

// ---- outputs: U[(r, d), n] = s sum_k M[r, k, d] T[i(r, k), n] + bias

/// `Rows` channels from d on, 16 * Vectors columns from n on; `last`: those of the last vector.
template <int Rows, int Vectors>
HWY_INLINE void outputs_tile(const Call& c, const Window& w, const int64_t* offsets, const float* m,
                             int64_t place, int64_t d, int64_t n) {
  const int64_t columns = c.columns, line = c.at.outputs;
  const Part last(columns_left(columns, n + 16 * (Vectors - 1)));
  Lanes sum[Rows][Vectors];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Lanes::zero();
  const int64_t base = w.first * columns + n;  // of the whole field, whose beginning may hang over the edge
  const auto add = [&](const auto& load_last) HWY_ATTR {
    each_part_inside(c.at, w, [&](int64_t first, int64_t end) HWY_ATTR {
      const float* factors = m + first * line + d;
      for (int64_t k = first; k < end; ++k, factors += line) {
        const float* t = c.t + (base + offsets[k]);
        Lanes row[Vectors];
#pragma GCC unroll 4
        for (int v = 0; v + 1 < Vectors; ++v) row[v] = Lanes::load(t + 16 * v);
        row[Vectors - 1] = load_last(t + 16 * (Vectors - 1));
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
          const Lanes factor(factors[r]);
#pragma GCC unroll 4
          for (int v = 0; v < Vectors; ++v) sum[r][v] = fma(factor, row[v], sum[r][v]);
        }
      }
    });
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
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      const int count = v + 1 < Vectors ? 16 : last.count();
      Lanes value = sum[r][v] * factor;
      if (c.bias) value = value + bias;
      if (c.add) value = Lanes::load(to + 16 * v, count) + value;
      value.store(to + 16 * v, count);
    }
  }
}

template <class Tile, int Vectors>
HWY_INLINE void outputs_columns(const Call& c, const Window& w, const int64_t* offsets, const float* m,
                                int64_t place, int64_t n) {
  const int64_t channels = c.at.outputs, tiles = (channels + Tile::kRows - 1) / Tile::kRows;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t d = channels * tile / tiles, rows = channels * (tile + 1) / tiles - d;
    with_rows<Tile::kRows>(rows, [&](auto constant) HWY_ATTR {
      outputs_tile<constant, Vectors>(c, w, offsets, m, place, d, n);
    });
  }
}

/// each(place, its window) for places first to end - 1.
template <class Each>
HWY_INLINE void each_window(const Geometry& g, int64_t first, int64_t end, const Each& each) {
  const int across = g.out_width();
  int down = static_cast<int>(first / across), x = static_cast<int>(first % across);
  for (int64_t place = first; place < end; ++place) {
    each(place, Window(g, down, x));
    if (++x == across) x = 0, ++down;
  }
}

/// Columns n onwards of all places: what neighbours see stays in the first cache.
template <class Tile, int Vectors>
HWY_NOINLINE void outputs_of_columns(const Call& c, const int64_t* offsets, int64_t first, int64_t end,
                                     int64_t n) {
  each_window(c.at, first, end, [&](int64_t place, const Window& w) HWY_ATTR {
    outputs_columns<Tile, Vectors>(c, w, offsets, c.m + c.first_weight(place), place, n);
  });
}

/// call(how many vectors, n) for the columns from `first` to end - 1, as many at a time as a tile has; of
/// what is left, fewer.
template <class Tile, class Call>
HWY_INLINE void each_columns(int64_t first, int64_t end, Call&& call) {
  for (int64_t n = first; n < end; n += 16 * Tile::kColumns)
    with_rows<Tile::kColumns>(smaller(Tile::kColumns, (end - n + 15) / 16),
                              [&](auto vectors) HWY_ATTR { call(vectors, n); });
}

template <class Tile>
void outputs_by(const Call& c, int64_t first, int64_t end) {
  const Offsets offsets(c);
  each_columns<Tile>(0, c.columns, [&](auto vectors, int64_t n) HWY_ATTR {
    outputs_of_columns<Tile, vectors>(c, offsets.data(), first, end, n);
  });
}

void outputs_of(const Call& c, int64_t first, int64_t end) {
  // Of fields of such sizes, what a wide tile walks is more than the nearest cache has, and a tall one's
  // less.
  constexpr int64_t kLeast = 112, kMost = 224;
  const bool tall = c.at.weights() >= kLeast && c.at.weights() <= kMost;
  if (tall && Tall::kColumns != Wide::kColumns) return outputs_by<Tall>(c, first, end);
  outputs_by<Wide>(c, first, end);
}

// ---- inputs: T[i, n] (+)= sum over places and channels of s M[r, k, d] U[(r, d), n]

/// `Rows` neurons of a field, with their factors; 16 * Vectors columns from n on. (What another place is
/// about to add to is stored whole where it can be: it is then read before it has left the core.)
template <int Rows, int Vectors, bool Whole>
HWY_NOINLINE void inputs_tile(const Call& c, const int64_t* offsets, const float* m, const float* u,
                              int64_t base, int64_t n) {
  const int64_t columns = c.columns, line = c.at.outputs;
  const Part last(Whole ? 16 : columns_left(columns, n + 16 * (Vectors - 1)));
  const auto load = [&](const float* from, int v) HWY_ATTR {
    return Whole || v + 1 < Vectors ? Lanes::load(from + 16 * v) : last.load(from + 16 * v);
  };
  float* t[Rows];
  Lanes sum[Rows][Vectors];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
    t[r] = c.t + (base + offsets[r]);
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sum[r][v] = load(t[r], v);
  }
  for (int64_t d = 0; d < line; ++d) {
    Lanes row[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) row[v] = load(u + d * columns, v);
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      const Lanes factor(m[r * line + d]);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[r][v] = fma(factor, row[v], sum[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v)
      if (Whole || v + 1 < Vectors)
        sum[r][v].store(t[r] + 16 * v);
      else
        sum[r][v].store(t[r] + 16 * v, last.count());
}

/// Columns n onwards of all neurons.
template <int Vectors, bool Whole>
HWY_NOINLINE void inputs_of_columns(const Call& c, const int64_t* offsets, int64_t n) {
  const float scale = c.factor();
  const int64_t line = c.at.outputs, all = c.at.weights() * line;
  std::vector<float> scaled(static_cast<std::size_t>(scale == 1.0f ? 0 : all));
  if (!c.add)
    for (int64_t i = 0; i < c.at.in_neurons(); ++i)
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v)
        Lanes::zero().store(c.t + i * c.columns + n + 16 * v, columns_left(c.columns, n + 16 * v));
  each_window(c.at, 0, c.at.places(), [&](int64_t place, const Window& w) HWY_ATTR {
    const float *m = c.m + c.first_weight(place), *u = c.u + place * line * c.columns + n;
    if (!scaled.empty()) {
      for (int64_t i = 0; i < all; ++i) scaled[static_cast<std::size_t>(i)] = scale * m[i];
      m = scaled.data();
    }
    const int64_t base = w.first * c.columns + n;
    each_part_inside(c.at, w, [&](int64_t first, int64_t end) HWY_ATTR {
      const int64_t tiles = (end - first + Wide::kRows - 1) / Wide::kRows;
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t k = first + (end - first) * tile / tiles,
                      next = first + (end - first) * (tile + 1) / tiles;
        with_rows<Wide::kRows>(next - k, [&](auto constant) HWY_ATTR {
          inputs_tile<constant, Vectors, Whole>(c, offsets + k, m + k * line, u, base, n);
        });
      }
    });
  });
}

void inputs_of(const Call& c, int64_t first, int64_t end) {
  const Offsets offsets(c);
  const int64_t until = smaller(end * cpu::kInputColumns, c.columns);
  each_columns<Wide>(first * cpu::kInputColumns, until, [&](auto vectors, int64_t n) HWY_ATTR {
    if (n + 16 * vectors <= c.columns)
      inputs_of_columns<vectors, true>(c, offsets.data(), n);
    else
      inputs_of_columns<vectors, false>(c, offsets.data(), n);
  });
}

// ---- weights: M[r, k, d] (+)= s sum_n T[i(r, k), n] U[(r, d), n]. Lanes are k.

constexpr int kSlack = 16;  // floats that may be read behind an array's end

/// The rows of the map that places of one row see, turned: of each column n the neurons of a row behind each
/// other, with zeros where fields hang over its ends.
class TurnedRows {
 public:
  explicit TurnedRows(const Call& c)
      : c_(c),
        line_(odd_lines((c.at.width + 2 * int64_t{c.at.padding}) * c.at.channels)),
        rows_(static_cast<std::size_t>(c.at.size * line_ * c.columns + kSlack)),
        held_(static_cast<std::size_t>(c.at.size), -1),
        none_(static_cast<std::size_t>(c.at.size * c.at.channels + kSlack)) {}

  /// What a field's row sees, that begins at pixel (y, x) of the padded map: `from`, and so many floats on of
  /// the next column.
  struct Run {
    const float* from;
    int64_t step;
  };
  Run at(int y, int x) {
    y -= c_.at.padding;
    if (y < 0 || y >= c_.at.height) return {none_.data(), 0};
    const auto slot = static_cast<std::size_t>(y % c_.at.size);
    float* row = rows_.data() + static_cast<int64_t>(slot) * line_ * c_.columns;
    if (held_[slot] != y) turn(y, row), held_[slot] = y;
    return {row + int64_t{x} * c_.at.channels, line_};
  }

 private:
  /// An odd number of the cache's lines, so that columns spread over all of its sets.
  static int64_t odd_lines(int64_t floats) { return ((floats + 15) / 16 | 1) * 16; }

  HWY_INLINE void turn(int y, float* to) const {
    const int64_t neurons = int64_t{c_.at.width} * c_.at.channels, columns = c_.columns;
    const float* from = c_.t + y * neurons * columns;
    to += int64_t{c_.at.padding} * c_.at.channels;
    const int64_t down = neurons / 4 * 4, across = columns / 4 * 4;
    for (int64_t n = 0; n < across; n += 4)
      for (int64_t i = 0; i < down; i += 4) {
        const float* four = from + i * columns + n;
        transpose_four(four, four + columns, four + 2 * columns, four + 3 * columns, to + n * line_ + i,
                       line_);
      }
    for (int64_t i = 0; i < neurons; ++i)
      for (int64_t n = i < down ? across : 0; n < columns; ++n) to[n * line_ + i] = from[i * columns + n];
  }

  const Call& c_;
  int64_t line_;
  std::vector<float> rows_;
  std::vector<int> held_;
  std::vector<float> none_;
};

/// Numbers k that follow each other, as many as a vector has or fewer: where they are read, and where weights
/// of them go.
struct Chunk {
  TurnedRows::Run run;
  int64_t k;
  int count;
};

/// `Rows` channels from d on of `Vectors` chunks: to[k][d].
template <class D, int Rows, int Vectors>
HWY_NOINLINE void weights_tile(D tag, const Call& c, const float* u, const Chunk* chunks, float* to) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  const int64_t columns = c.columns, line = c.at.outputs;
  const float* from[Vectors];
  hn::Vec<D> sum[Rows][Vectors];
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; ++v) {
    from[v] = chunks[v].run.from;
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) sum[r][v] = hn::Zero(tag);
  }
  for (int64_t n = 0; n < columns; ++n) {
    hn::Vec<D> row[Vectors];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) row[v] = hn::LoadU(tag, from[v]), from[v] += chunks[v].run.step;
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      const auto factor = hn::Set(tag, u[r * columns + n]);
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) sum[r][v] = hn::MulAdd(factor, row[v], sum[r][v]);
    }
  }
  const auto factor = hn::Set(tag, c.factor());
  HWY_ALIGN float values[Rows][kLanes];
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; ++v) {
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) hn::StoreU(hn::Mul(sum[r][v], factor), tag, values[r]);
    float* out = to + chunks[v].k * line;
    const int whole = kLanes >= 4 ? chunks[v].count / 4 * 4 : 0;
    int r = 0;
    for (; r + 4 <= Rows; r += 4)
      for (int k = 0; k < whole; k += 4)
        transpose_four(values[r] + k, values[r + 1] + k, values[r + 2] + k, values[r + 3] + k,
                       out + k * line + r, line);
    for (int i = 0; i < Rows; ++i)
      for (int k = i < r ? whole : 0; k < chunks[v].count; ++k) out[k * line + i] = values[i][k];
  }
}

/// Sums of `rows` rows, eight at a time: as many chains as additions are under way.
HWY_INLINE void sum_lines(const float* u, int64_t rows, int64_t columns, float* sums) {
  for (int64_t r = 0; r < rows; r += 8) {
    float sum[8] = {};
    const float* line[8];
    for (int i = 0; i < 8; ++i) line[i] = u + (r + i < rows ? r + i : r) * columns;
    for (int64_t n = 0; n < columns; ++n)
#pragma GCC unroll 8
      for (int i = 0; i < 8; ++i) sum[i] += line[i][n];
    for (int i = 0; i < 8 && r + i < rows; ++i) sums[r + i] = sum[i];
  }
}

/// A place's weights, from `made` to where they belong; nothing grows outside of the map.
HWY_INLINE void put(const Call& c, const Window& w, const float* made, float* m) {
  const int64_t line = c.at.outputs;
  for (int kh = 0; kh < c.at.size; ++kh)
    for (int kw = 0; kw < c.at.size; ++kw) {
      const bool inside = kh >= w.top && kh < w.bottom && kw >= w.left && kw < w.right;
      const int64_t first = (int64_t{kh} * c.at.size + kw) * c.at.channels * line;
      for (int64_t i = first; i < first + c.at.channels * line; ++i) {
        if (c.add && inside) m[i] += made[i];
        if (!c.add) m[i] = inside ? made[i] : 0.0f;
      }
    }
}

/// Vectors of D, `Together` chunks at a time.
template <class D, int Rows, int Together>
HWY_INLINE void weights_of_places(const Call& c, int64_t first, int64_t end) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  const int64_t line = c.at.outputs, tiles = (line + Rows - 1) / Rows, run = c.at.size * c.at.channels;
  TurnedRows rows(c);
  std::vector<float> made(static_cast<std::size_t>(c.at.weights() * line));
  std::vector<Chunk> chunks;
  each_window(c.at, first, end, [&](int64_t place, const Window& w) HWY_ATTR {
    const int across = c.at.out_width(), y = static_cast<int>(place / across) * c.at.stride,
              x = static_cast<int>(place % across) * c.at.stride;
    chunks.clear();
    for (int kh = 0; kh < c.at.size; ++kh) {
      const TurnedRows::Run seen = rows.at(y + kh, x);
      for (int64_t k = 0; k < run; k += kLanes)
        chunks.push_back(
            {{seen.from + k, seen.step}, kh * run + k, static_cast<int>(smaller(kLanes, run - k))});
    }
    float* m = c.m + place * c.at.weights() * line;
    const bool at_once = !c.add && is_whole(c.at, w);
    float* to = at_once ? m : made.data();
    const auto count = static_cast<int64_t>(chunks.size());
    for (int64_t i = 0; i < count; i += Together)
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t d = line * tile / tiles;
        const float* u = c.u + (place * line + d) * c.columns;
        with_rows<Rows>(line * (tile + 1) / tiles - d, [&](auto constant) HWY_ATTR {
          with_rows<Together>(smaller(Together, count - i), [&](auto vectors) HWY_ATTR {
            weights_tile<D, constant, vectors>(D(), c, u, chunks.data() + i, to + d);
          });
        });
      }
    if (!at_once) put(c, w, made.data(), m);
  });
}

void weights_of(const Call& c, int64_t first, int64_t end) {
  const int64_t line = c.at.outputs;
  if (c.sums)
    sum_lines(c.u + first * line * c.columns, (end - first) * line, c.columns, c.sums + first * line);
  using Narrow = hn::CappedTag<float, 8>;
  constexpr bool kWide = kVectorLanes > 8;  // 32 registers
  if (c.at.size * c.at.channels <= 8 || !kWide)
    weights_of_places<Narrow, 6, kWide ? 4 : 2>(c, first, end);
  else
    weights_of_places<Tag, 8, 3>(c, first, end);
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
void cpu::inputs(const Call& call, int64_t first, int64_t end) {
  INNATE_DISPATCH(inputs_of)(call, first, end);
}

namespace {

/// f(call, first, end) of `all` parts of each call, which the threads share where there are few replicas.
template <class F>
void each_part(Context& context, const Calls& calls, int64_t all, const F& f) {
  const int64_t replicas = calls.shape.replicas;
  const int64_t parts = replicas >= context.threads() ? 1 : smaller(all, context.threads());
  parallel_for(replicas * parts, context.threads(), [&](int64_t i) {
    const int64_t part = i % parts;
    f(calls(static_cast<int>(i / parts)), all * part / parts, all * (part + 1) / parts);
  });
}

}  // namespace

void cpu::weights(Context& context, const Calls& calls) {
  each_part(context, calls, calls.shape.geometry.places(),
            [](const Call& c, int64_t first, int64_t end) { weights(c, first, end); });
}
void cpu::outputs(Context& context, const Calls& calls) {
  each_part(context, calls, calls.shape.geometry.places(),
            [](const Call& c, int64_t first, int64_t end) { outputs(c, first, end); });
}
void cpu::inputs(Context& context, const Calls& calls) {
  each_part(context, calls, input_blocks(calls.shape.columns),
            [](const Call& c, int64_t first, int64_t end) { inputs(c, first, end); });
}

}  // namespace innate::field
#endif  // HWY_ONCE
