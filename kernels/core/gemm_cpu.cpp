// Matrix products on one core (gemm.h), compiled once for each instruction set. Listed pixels leave out those
// that are 0: a term that adds 0 leaves the bits as they are (as long as the values are finite).
#include "kernels/core/gemm.h"

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "kernels/core/instruction_sets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/core/gemm_cpu.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>

#include "kernels/core/dispatch.h"
#include "kernels/core/simd.h"

HWY_BEFORE_NAMESPACE();
namespace innate::gemm {
namespace HWY_NAMESPACE {
using namespace innate::HWY_NAMESPACE;  // NOLINT: Lanes and its operations, of this target
namespace hn = hwy::HWY_NAMESPACE;

/// A matrix of floats that is read only: element (i, j) is data[i * row + j * column].
struct Strided {
  const float* data;
  int64_t row, column;
};

/// What happens to a finished sum: c (+)= alpha * sum (+ bias[j]); lines of C are `line` floats apart.
struct Finish {
  HWY_INLINE explicit Finish(const Product& p)
      : alpha(p.factor()), bias(p.bias), line(p.line()), add(p.add) {}
  /// Whether nothing is added.
  HWY_INLINE bool plain() const { return !bias && !add; }
  float alpha;
  const float* bias;
  int64_t line;
  bool add;
};

HWY_INLINE void finish(const Lanes& sum, const Finish& f, int64_t j, float* c, int count) {
  Lanes value = sum * Lanes(f.alpha);
  if (f.bias) value = value + Lanes::load(f.bias + j, count);
  if (f.add) value = Lanes::load(c, count) + value;
  value.store(c, count);
}

HWY_INLINE int columns_left(int64_t n, int64_t j) { return static_cast<int>(n - j < 16 ? n - j : 16); }

/// Rows x (16 * Vectors) elements of C = A B, from (i, j) on; the last vector may be cut at n. Lines of B
/// begin at column j and are b_line apart. (Every loop over r and v must be unrolled, or the sums leave the
/// registers.)
template <int Rows, int Vectors>
HWY_INLINE void multiply_tile(const Strided& a, const float* b, int64_t b_line, int64_t n, int64_t k,
                              int64_t i, int64_t j, const Finish& f, float* c) {
  Lanes sum[Rows][Vectors];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Lanes::zero();
  const Part last(columns_left(n, j + 16 * (Vectors - 1)));
  const bool whole = last.count() == 16;
  const float* a_row = a.data + i * a.row;
  const auto add = [&](int64_t p, const auto& load_last) HWY_ATTR {
    Lanes b_row[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v + 1 < Vectors; ++v) b_row[v] = Lanes::load(b + p * b_line + 16 * v);
    b_row[Vectors - 1] = load_last(b + p * b_line + 16 * (Vectors - 1));
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      const Lanes factor(a_row[r * a.row + p * a.column]);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[r][v] = fma(factor, b_row[v], sum[r][v]);
    }
  };
  if (whole)
    for (int64_t p = 0; p < k; ++p) add(p, [](const float* from) HWY_ATTR { return Lanes::load(from); });
  else
    for (int64_t p = 0; p < k; ++p) add(p, [&](const float* from) HWY_ATTR { return last.load(from); });
  if (whole && f.plain()) {
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) (sum[r][v] * Lanes(f.alpha)).store(c + (i + r) * f.line + j + 16 * v);
    return;
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v)
      finish(sum[r][v], f, j + 16 * v, c + (i + r) * f.line + j + 16 * v,
             v + 1 < Vectors ? 16 : last.count());
}

/// Sums fill the registers, and leave room for a row of B and an element of A.
constexpr int kTileVectors = kVectors == 1 ? 2 : 1, kTileRows = kVectors == 1 ? 8 : kVectors == 2 ? 6 : 2;

/// How many of m rows go in whole tiles. What is more than one tile at the end goes in two smaller ones that
/// share it: few rows are few sums, which wait for themselves.
HWY_INLINE int64_t rows_in_tiles(int64_t m) {
  return m % kTileRows == 0 || m < kTileRows ? m / kTileRows * kTileRows : (m / kTileRows - 1) * kTileRows;
}
HWY_INLINE int64_t rows_at_end(int64_t left) { return left < kTileRows ? left : (left + 1) / 2; }

/// A tile of `rows` <= Rows rows. (Inlined beside whole tiles they cost those registers.)
template <int Rows, int Vectors>
HWY_NOINLINE void multiply_end(int64_t rows, const Strided& a, const float* b, int64_t b_line, int64_t n,
                               int64_t k, int64_t i, int64_t j, const Finish& f, float* c) {
  if (rows == Rows) return multiply_tile<Rows, Vectors>(a, b, b_line, n, k, i, j, f, c);
  if constexpr (Rows > 1) multiply_end<Rows - 1, Vectors>(rows, a, b, b_line, n, k, i, j, f, c);
}
template <int Vectors>
HWY_INLINE void multiply_columns(const Strided& a, const float* b, int64_t b_line, int64_t m, int64_t n,
                                 int64_t k, int64_t j, const Finish& f, float* c) {
  const int64_t tiled = rows_in_tiles(m);
  for (int64_t i = 0; i < tiled; i += kTileRows)
    multiply_tile<kTileRows, Vectors>(a, b, b_line, n, k, i, j, f, c);
  for (int64_t i = tiled, rows; i < m; i += rows) {
    rows = rows_at_end(m - i);
    multiply_end<kTileRows, Vectors>(rows, a, b, b_line, n, k, i, j, f, c);
  }
}

// Large products read copies, in the order in which the tile walks them: of A a block of rows by at most
// kBlockTerms terms, in panels as high as a tile; of B a panel as wide as a tile and kPanelLines long, which
// stays in the nearest cache. The chain of a sum goes on from panel to panel, and from block to block.
constexpr int kPanelColumns = 16 * kTileVectors, kPanelLines = 256, kMostBlockRows = 16 * kTileRows;
constexpr int64_t kBlockFloats = 64 * 1024, kBlockTerms = 512;

/// Rows i and on of A, `Rows` of them, of terms first to first + count - 1: to[p * Rows + r].
template <int Rows>
HWY_INLINE void pack_rows(const Strided& a, int64_t first, int64_t count, int64_t i, float* to) {
  const float* from = a.data + i * a.row + first * a.column;
  if (a.row == 1) {
    for (int64_t p = 0; p < count; ++p) std::memcpy(to + p * Rows, from + p * a.column, Rows * sizeof(float));
    return;
  }
  const int64_t whole = a.column == 1 ? count / 4 * 4 : 0;
  int r = 0;
  for (; r + 4 <= Rows; r += 4) {
    const float* four = from + r * a.row;
    for (int64_t p = 0; p < whole; p += 4)
      transpose_four(four + p, four + a.row + p, four + 2 * a.row + p, four + 3 * a.row + p,
                     to + p * Rows + r, Rows);
  }
  for (int e = 0; e < Rows; ++e)
    for (int64_t p = e < r ? whole : 0; p < count; ++p) to[p * Rows + e] = from[e * a.row + p * a.column];
}

/// k x n, packed; or n x k where turned.
struct Right {
  const float* data;
  int64_t line;
  bool turned;
};

/// A panel of `columns` columns from j on and `lines` lines from `first` on; what it has more is zeros.
HWY_INLINE void pack_panel(const Right& b, int64_t first, int64_t lines, int64_t j, int64_t columns,
                           float* to) {
  if (b.turned && columns == kPanelColumns && lines % 4 == 0) {
    for (int64_t p = 0; p < lines; p += 4)
      for (int c = 0; c < kPanelColumns; c += 4) {
        const float* from = b.data + (j + c) * b.line + first + p;
        transpose_four(from, from + b.line, from + 2 * b.line, from + 3 * b.line, to + p * kPanelColumns + c,
                       kPanelColumns);
      }
  } else if (b.turned) {
    for (int64_t p = 0; p < lines; ++p)
      for (int64_t c = 0; c < kPanelColumns; ++c)
        to[p * kPanelColumns + c] = c < columns ? b.data[(j + c) * b.line + first + p] : 0.0f;
  } else {
    for (int64_t p = 0; p < lines; ++p)
      for (int v = 0; v < kTileVectors; ++v) {
        const int64_t left = columns - 16 * v;
        const float* from = b.data + (first + p) * b.line + j + 16 * v;
        const Lanes values = left >= 16 ? Lanes::load(from)
                             : left > 0 ? Lanes::load(from, static_cast<int>(left))
                                        : Lanes::zero();
        values.store(to + kPanelColumns * p + 16 * v);
      }
  }
}

/// The sums of Rows rows and a panel's columns go on by `lines` terms; `begin`: they begin.
template <int Rows>
HWY_INLINE void add_panel(const float* a, const float* b, int64_t lines, bool begin, float* sums) {
  Lanes sum[Rows][kTileVectors];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < kTileVectors; ++v)
      sum[r][v] = begin ? Lanes::zero() : Lanes::load(sums + r * kPanelColumns + 16 * v);
#pragma GCC unroll 4
  for (int64_t p = 0; p < lines; ++p) {
    Lanes b_row[kTileVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kTileVectors; ++v) b_row[v] = Lanes::load(b + p * kPanelColumns + 16 * v);
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      const Lanes factor(a[p * Rows + r]);
#pragma GCC unroll 2
      for (int v = 0; v < kTileVectors; ++v) sum[r][v] = fma(factor, b_row[v], sum[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < kTileVectors; ++v) sum[r][v].store(sums + r * kPanelColumns + 16 * v);
}

/// f(i, rows), for tiles of a block of m rows.
template <class F>
HWY_INLINE void for_tiles(int64_t m, F&& f) {
  const int64_t tiled = rows_in_tiles(m);
  for (int64_t i = 0; i < tiled; i += kTileRows) f(i, static_cast<int64_t>(kTileRows));
  for (int64_t i = tiled, rows; i < m; i += rows) {
    rows = rows_at_end(m - i);
    f(i, rows);
  }
}

/// call(Of<rows>) with the number of rows known where this is compiled.
template <int Rows, class Call>
HWY_INLINE void with_rows(int64_t rows, Call&& call) {
  if (rows == Rows) return call(std::integral_constant<int, Rows>());
  if constexpr (Rows > 1) with_rows<Rows - 1>(rows, call);
}
template <int Rows>
HWY_NOINLINE void add_panel_end(int64_t rows, const float* a, const float* b, int64_t lines, bool begin,
                                float* sums) {
  with_rows<Rows>(rows, [&](auto constant) HWY_ATTR { add_panel<constant>(a, b, lines, begin, sums); });
}

/// Sums of a block of rows and a panel's columns, finished.
HWY_INLINE void finish_panel(const float* sums, int64_t m, int64_t n, int64_t j, const Finish& f, float* c) {
  for (int64_t i = 0; i < m; ++i)
    for (int v = 0; v < kTileVectors; ++v)
      if (const int64_t left = n - j - 16 * v; left > 0)
        finish(Lanes::load(sums + i * kPanelColumns + 16 * v), f, j + 16 * v, c + i * f.line + j + 16 * v,
               left < 16 ? static_cast<int>(left) : 16);
}

/// A block of rows by terms `begin` to `end` - 1, packed in `block`, goes on to the sums of a panel's
/// columns.
HWY_INLINE void add_block(const float* block, const Right& b, int64_t m, int64_t n, int64_t begin,
                          int64_t end, int64_t j, float* panel, float* sums) {
  const int64_t columns = n - j < kPanelColumns ? n - j : kPanelColumns, all = end - begin;
  for (int64_t first = 0; first < all; first += kPanelLines) {
    const int64_t lines = all - first < kPanelLines ? all - first : kPanelLines;
    pack_panel(b, begin + first, lines, j, columns, panel);
    for_tiles(m, [&](int64_t i, int64_t rows) HWY_ATTR {
      const float* a = block + i * all + first * rows;
      float* to = sums + i * kPanelColumns;
      if (rows == kTileRows)
        add_panel<kTileRows>(a, panel, lines, begin + first == 0, to);
      else
        add_panel_end<kTileRows>(rows, a, panel, lines, begin + first == 0, to);
    });
  }
}

/// Rows of a block: whole tiles, few enough for the copy.
HWY_INLINE int64_t block_rows(int64_t m, int64_t k) {
  const int64_t terms = k < kBlockTerms ? k : kBlockTerms;
  int64_t most = kBlockFloats / terms / kTileRows * kTileRows;
  if (most > kMostBlockRows) most = kMostBlockRows;
  const int64_t blocks = (m + most - 1) / most;
  return ((m + blocks - 1) / blocks + kTileRows - 1) / kTileRows * kTileRows;
}

/// Long sums go on from a piece of kBlockTerms terms to the next; all of a block's are then kept.
HWY_INLINE void multiply_packed(const Strided& a, const Right& b, int64_t m, int64_t n, int64_t k,
                                const Finish& f, float* c) {
  HWY_ALIGN float block[kBlockFloats], panel[kPanelColumns * kPanelLines],
      few[kPanelColumns * kMostBlockRows];
  static thread_local std::vector<float> many;
  const bool pieces = k > kBlockTerms;
  const int64_t high = block_rows(m, k), own = pieces ? high * kPanelColumns : 0;
  if (pieces) many.resize(static_cast<std::size_t>((n + kPanelColumns - 1) / kPanelColumns * own + 16));
  float* const whole = many.data() + (64 - reinterpret_cast<std::uintptr_t>(many.data()) % 64) % 64 / 4;
  float* const sums = pieces ? whole : few;  // whole lines of the cache
  for (int64_t first = 0; first < m; first += high) {
    const int64_t rows = m - first < high ? m - first : high;
    for (int64_t begin = 0; begin < k; begin += kBlockTerms) {
      const int64_t end = k - begin < kBlockTerms ? k : begin + kBlockTerms;
      for_tiles(rows, [&](int64_t i, int64_t tile) HWY_ATTR {
        with_rows<kTileRows>(tile, [&](auto constant) HWY_ATTR {
          pack_rows<constant>(a, begin, end - begin, first + i, block + i * (end - begin));
        });
      });
      for (int64_t j = 0; j < n; j += kPanelColumns) {
        float* to = sums + j / kPanelColumns * own;
        add_block(block, b, rows, n, begin, end, j, panel, to);
        if (end == k) finish_panel(to, rows, n, j, f, c + first * f.line);
      }
    }
  }
}

/// Whether copies pay.
HWY_INLINE bool packs(int64_t m, int64_t n, int64_t k) { return m >= 4 * kTileRows && n >= 128 && k >= 16; }

/// C (m x n) = A (m x k, strided) B (k x n; turned only where one block of rows packs it).
HWY_INLINE void multiply_floats(const Strided& a, const Right& b, int64_t m, int64_t n, int64_t k,
                                const Finish& f, float* c) {
  if (packs(m, n, k)) return multiply_packed(a, b, m, n, k, f, c);
  int64_t j = 0;
  for (; j + 16 * (kTileVectors - 1) < n; j += kPanelColumns)
    multiply_columns<kTileVectors>(a, b.data + j, n, m, n, k, j, f, c);
  if (j < n) multiply_columns<1>(a, b.data + j, n, m, n, k, j, f, c);
}

/// The listed pixels of a row.
struct Entries {
  const uint32_t* at;
  int64_t count;
};

/// The value of each pixel.
struct Values {
  float of[256];
  HWY_INLINE explicit Values(float scale) {
    for (int pixel = 0; pixel < 256; ++pixel) of[pixel] = static_cast<float>(pixel) * scale;
  }
};

template <int Vectors>
HWY_INLINE void add_entry(uint32_t entry, const Values& values, const float* b, int64_t n, const Part& last,
                          Lanes (&sum)[Vectors]) {
  const Lanes factor(values.of[entry & 255]);
  const float* row = b + static_cast<int64_t>(entry >> 8) * n;
#pragma GCC unroll 4
  for (int v = 0; v + 1 < Vectors; ++v) sum[v] = fma(factor, Lanes::load(row + 16 * v), sum[v]);
  sum[Vectors - 1] = fma(factor, last.load(row + 16 * (Vectors - 1)), sum[Vectors - 1]);
}

HWY_INLINE Entries entries_of(const Product& p, int64_t line) {
  const uint32_t image = p.a_rows[line];
  return {p.a_lists.entries + p.a_lists.start[image], p.a_lists.start[image + 1] - p.a_lists.start[image]};
}

/// Asks for a line's entries: its image lies anywhere in the set.
HWY_INLINE void prefetch(const Entries& list) {
  for (int64_t at = 0; at < list.count; at += 16) hwy::Prefetch(list.at + at);
}

/// Up to kLines lines of A, those with the most entries first (to a step of 8). Lines that are taken together
/// then end together.
struct Lines {
  static constexpr int kLines = 256, kSteps = 128;
  int64_t line[kLines];

  HWY_INLINE Lines(const Product& p, int64_t first, int count) {
    int begin[kSteps + 1] = {};
    uint8_t step[kLines];
    for (int i = 0; i < count; ++i) {
      const Entries list = entries_of(p, first + i);
      prefetch(list);
      step[i] = static_cast<uint8_t>(kSteps - 1 - (list.count / 8 < kSteps ? list.count / 8 : kSteps - 1));
      ++begin[step[i] + 1];
    }
    for (int s = 0; s < kSteps; ++s) begin[s + 1] += begin[s];
    for (int i = 0; i < count; ++i) line[begin[step[i]]++] = first + i;
  }
};

/// `Rows` rows of C = A B, 16 * Vectors columns from j on. The rows take turns, since an entry's addition has
/// to wait for the one before it in its row. (Every loop over r and v must be unrolled, or the sums leave the
/// registers.)
template <int Rows, int Vectors>
HWY_INLINE void multiply_lists_tile(const Product& p, const Values& values, const float* b,
                                    const int64_t* lines, int64_t j) {
  Lanes sum[Rows][Vectors];
  Entries lists[Rows];
  const Part last(columns_left(p.n, j + 16 * (Vectors - 1)));
  const Finish f(p);
  int64_t common = INT64_MAX, most = 0;
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
    lists[r] = entries_of(p, lines[r]);
    common = lists[r].count < common ? lists[r].count : common;
    most = lists[r].count > most ? lists[r].count : most;
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Lanes::zero();
  }
  for (int64_t e = 0; e < common; ++e)
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) add_entry<Vectors>(lists[r].at[e], values, b + j, p.n, last, sum[r]);
  for (int64_t e = common; e < most; ++e)
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r)
      if (e < lists[r].count) add_entry<Vectors>(lists[r].at[e], values, b + j, p.n, last, sum[r]);
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v)
      finish(sum[r][v], f, j + 16 * v, p.c + lines[r] * f.line + j + 16 * v,
             v + 1 < Vectors ? 16 : last.count());
}

template <int Vectors>
HWY_INLINE void multiply_lists_columns(const Product& p, const Values& values, const float* b,
                                       const Lines& lines, int count, int64_t j) {
  constexpr int kRows = kVectors > 2 ? 1 : (Vectors < 3 ? 4 : 2) / kVectors;
  int i = 0;
  for (; i + kRows <= count; i += kRows) multiply_lists_tile<kRows, Vectors>(p, values, b, lines.line + i, j);
  for (; i < count; ++i) multiply_lists_tile<1, Vectors>(p, values, b, lines.line + i, j);
}

/// C (m x n) = listed pixels A (m x k) B (k x n).
HWY_INLINE void multiply_lists(const Product& p, const float* b) {
  const Values values(p.a_scale);
  for (int64_t first = 0; first < p.m; first += Lines::kLines) {
    const int count = static_cast<int>(p.m - first < Lines::kLines ? p.m - first : Lines::kLines);
    const Lines lines(p, first, count);
    int64_t j = 0;
    for (; j + 48 < p.n; j += 64) multiply_lists_columns<4>(p, values, b, lines, count, j);
    const int64_t left = p.n - j;
    if (left > 32)
      multiply_lists_columns<3>(p, values, b, lines, count, j);
    else if (left > 16)
      multiply_lists_columns<2>(p, values, b, lines, count, j);
    else if (left > 0)
      multiply_lists_columns<1>(p, values, b, lines, count, j);
  }
}

/// Adds one row of B, times each entry's value, to the entries' rows of `sums`, which are 16 * Vectors apart.
template <int Vectors>
HWY_INLINE void scatter(const Entries& list, const Values& values, const Lanes (&row)[Vectors], float* sums) {
  for (int64_t e = 0; e < list.count; ++e) {
    const Lanes factor(values.of[list.at[e] & 255]);
    float* to = sums + static_cast<int64_t>(list.at[e] >> 8) * (16 * Vectors);
    for (int v = 0; v < Vectors; ++v) fma(factor, row[v], Lanes::load(to + 16 * v)).store(to + 16 * v);
  }
}

/// 16 * Vectors columns from j on of C (m x n) = alpha * (listed pixels A (k x m))^T B (k x n). The sums are
/// collected in rows of whole vectors: reading back what was stored under a mask is slow.
template <int Vectors>
HWY_INLINE void scatter_lists_columns(const Product& p, const Values& values, int64_t j, float* sums) {
  std::memset(sums, 0, static_cast<std::size_t>(p.m) * 16 * Vectors * sizeof(float));
  const Part last(columns_left(p.n, j + 16 * (Vectors - 1)));
  for (int64_t i = 0; i < p.k; ++i) {
    Lanes row[Vectors];
    for (int v = 0; v + 1 < Vectors; ++v) row[v] = Lanes::load(p.b + i * p.n + j + 16 * v);
    row[Vectors - 1] = last.load(p.b + i * p.n + j + 16 * (Vectors - 1));
    if (i + 1 < p.k) prefetch(entries_of(p, i + 1));
    scatter<Vectors>(entries_of(p, i), values, row, sums);
  }
  const Finish f(p);
  for (int64_t i = 0; i < p.m; ++i)
    for (int v = 0; v < Vectors; ++v)
      finish(Lanes::load(sums + (i * Vectors + v) * 16), f, j + 16 * v, p.c + i * f.line + j + 16 * v,
             v + 1 < Vectors ? 16 : last.count());
}

HWY_INLINE void scatter_lists(const Product& p, float* sums) {
  const Values values(p.a_scale);
  int64_t j = 0;
  for (; j + 48 < p.n; j += 64) scatter_lists_columns<4>(p, values, j, sums);
  const int64_t left = p.n - j;
  if (left > 32) return scatter_lists_columns<3>(p, values, j, sums);
  if (left > 16) return scatter_lists_columns<2>(p, values, j, sums);
  if (left > 0) scatter_lists_columns<1>(p, values, j, sums);
}

/// 16 pixels as floats; of the last ones of a row, `count`.
HWY_INLINE Lanes pixel_values(const uint8_t* from, const Lanes& scale, int count) {
  const hn::RebindToSigned<Tag> whole;
  const hn::Rebind<uint8_t, Tag> bytes;
  uint8_t last[16] = {};
  if (count < 16) {
    for (int i = 0; i < count; ++i) last[i] = from[i];
    from = last;
  }
  Lanes r;
  for (int v = 0; v < kVectors; ++v)
    r.v[v] = hn::ConvertTo(Tag(), hn::PromoteTo(whole, hn::LoadU(bytes, from + v * kVectorLanes)));
  return r * scale;
}

HWY_INLINE const uint8_t* pixel_row(const Product& p, int64_t i, int64_t width) {
  return p.a_pixels + (p.a_rows ? static_cast<int64_t>(p.a_rows[i]) : i) * width;
}

constexpr int kPiece = 256;  // pixels that are turned into floats at a time

/// As multiply_tile, with rows of pixels as the left operand.
template <int Rows, int Vectors>
HWY_INLINE void multiply_pixels_tile(const Product& p, const float* b, int64_t i, int64_t j) {
  Lanes sum[Rows][Vectors];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Lanes::zero();
  const Part last(columns_left(p.n, j + 16 * (Vectors - 1)));
  HWY_ALIGN float values[Rows][kPiece];
  for (int64_t first = 0; first < p.k; first += kPiece) {
    const int size = static_cast<int>(p.k - first < kPiece ? p.k - first : kPiece);
    for (int r = 0; r < Rows; ++r)
      for (int q = 0; q < size; q += 16)
        pixel_values(pixel_row(p, i + r, p.k) + first + q, Lanes(p.a_scale), size - q).store(values[r] + q);
    for (int q = 0; q < size; ++q) {
      const float* from = b + (first + q) * p.n + j;
      Lanes b_row[Vectors];
      for (int v = 0; v + 1 < Vectors; ++v) b_row[v] = Lanes::load(from + 16 * v);
      b_row[Vectors - 1] = last.load(from + 16 * (Vectors - 1));
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
        const Lanes factor(values[r][q]);
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) sum[r][v] = fma(factor, b_row[v], sum[r][v]);
      }
    }
  }
  const Finish f(p);
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v)
      finish(sum[r][v], f, j + 16 * v, p.c + (i + r) * f.line + j + 16 * v,
             v + 1 < Vectors ? 16 : last.count());
}

/// As multiply_end and multiply_columns.
template <int Rows, int Vectors>
HWY_NOINLINE void multiply_pixels_end(int64_t rows, const Product& p, const float* b, int64_t i, int64_t j) {
  if (rows == Rows) return multiply_pixels_tile<Rows, Vectors>(p, b, i, j);
  if constexpr (Rows > 1) multiply_pixels_end<Rows - 1, Vectors>(rows, p, b, i, j);
}
template <int Vectors>
HWY_INLINE void multiply_pixels_columns(const Product& p, const float* b, int64_t j) {
  const int64_t tiled = rows_in_tiles(p.m);
  for (int64_t i = 0; i < tiled; i += kTileRows) multiply_pixels_tile<kTileRows, Vectors>(p, b, i, j);
  for (int64_t i = tiled, rows; i < p.m; i += rows) {
    rows = rows_at_end(p.m - i);
    multiply_pixels_end<kTileRows, Vectors>(rows, p, b, i, j);
  }
}

/// Asks for the images of up to 64 rows at once: they lie anywhere in the set.
HWY_INLINE void prefetch_images(const Product& p) {
  if (!p.a_rows) return;
  for (int64_t i = 0; i < p.m && i < 64; ++i)
    for (int64_t q = 0; q < p.k; q += 64) hwy::Prefetch(pixel_row(p, i, p.k) + q);
}

/// C (m x n) = pixels A (m x k) B (k x n).
HWY_INLINE void multiply_pixels(const Product& p, const float* b) {
  prefetch_images(p);
  int64_t j = 0;
  for (; j + 16 * (kTileVectors - 1) < p.n; j += 16 * kTileVectors)
    multiply_pixels_columns<kTileVectors>(p, b, j);
  if (j < p.n) multiply_pixels_columns<1>(p, b, j);
}

/// 16 lines from i on (at the end fewer) and `Columns` columns from j on of C (m x n) = (pixels A (k x m))^T
/// B. A lane is a line: a row's pixels lie behind each other, and C is too narrow to fill vectors with its
/// columns.
template <int Columns>
HWY_INLINE void multiply_pixels_transposed_tile(const Product& p, int64_t i, int64_t j) {
  const int lines = columns_left(p.m, i);
  const Lanes scale(p.a_scale);
  Lanes sum[Columns];
#pragma GCC unroll 16
  for (int c = 0; c < Columns; ++c) sum[c] = Lanes::zero();
  for (int64_t r = 0; r < p.k; ++r) {
    const Lanes pixels = pixel_values(pixel_row(p, r, p.m) + i, scale, lines);
    const float* b = p.b + r * p.n + j;
#pragma GCC unroll 16
    for (int c = 0; c < Columns; ++c) sum[c] = fma(pixels, Lanes(b[c]), sum[c]);
  }
  HWY_ALIGN float turned[Columns][16];
#pragma GCC unroll 16
  for (int c = 0; c < Columns; ++c) (sum[c] * Lanes(p.factor())).store(turned[c]);
  for (int l = 0; l < lines; ++l)
    for (int c = 0; c < Columns; ++c) {
      float& to = p.c[(i + l) * p.line() + j + c];
      const float value = p.bias ? turned[c][l] + p.bias[j + c] : turned[c][l];
      to = p.add ? to + value : value;
    }
}

/// The same for `columns` <= Columns columns.
template <int Columns>
HWY_INLINE void multiply_pixels_transposed_columns(const Product& p, int columns, int64_t i, int64_t j) {
  if (columns == Columns) return multiply_pixels_transposed_tile<Columns>(p, i, j);
  if constexpr (Columns > 1) multiply_pixels_transposed_columns<Columns - 1>(p, columns, i, j);
}

/// C (m x n) = (pixels A (k x m))^T B (k x n).
HWY_INLINE void multiply_pixels_transposed(const Product& p) {
  constexpr int kMost = kVectors == 1 ? 16 : kVectors == 2 ? 6 : 3;  // sums that stay in registers
  for (int64_t i = 0; i < p.m; i += 16)
    for (int64_t j = 0; j < p.n; j += kMost)
      multiply_pixels_transposed_columns<kMost>(p, static_cast<int>(p.n - j < kMost ? p.n - j : kMost), i, j);
}

void sum_rows(const RowSum& call) {
  for (int64_t j = 0; j < call.n; j += 16) {
    const int count = columns_left(call.n, j);
    Lanes sum = Lanes::zero();
    for (int64_t i = 0; i < call.m; ++i) sum = sum + Lanes::load(call.b + i * call.n + j, count);
    if (call.add) sum = Lanes::load(call.sums + j, count) + sum;
    sum.store(call.sums + j, count);
  }
}

/// Walks `in` down 16 columns at a time: what is read and what is written are whole lines of the cache.
void transpose(const float* in, int64_t m, int64_t n, float* out) {
  const int64_t rows = m / 4 * 4, columns = n / 4 * 4;
  for (int64_t first = 0; first < columns; first += 16) {
    const int64_t end = first + 16 < columns ? first + 16 : columns;
    for (int64_t i = 0; i < rows; i += 4)
      for (int64_t j = first; j < end; j += 4) {
        const float* from = in + i * n + j;
        transpose_four(from, from + n, from + 2 * n, from + 3 * n, out + j * m + i, m);
      }
  }
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = i < rows ? columns : 0; j < n; ++j) out[j * m + i] = in[i * n + j];
}

void multiply(const Product& p, float* scratch) {
  Right b{p.b, p.transpose_b ? p.k : p.n, p.transpose_b};
  if (b.turned && !(p.a && packs(p.m, p.n, p.k) && block_rows(p.m, p.k) >= p.m)) {
    transpose(p.b, p.n, p.k, scratch);
    b = {scratch, p.n, false};
  }
  if (!p.a && p.a_lists.start) return p.transpose_a ? scatter_lists(p, scratch) : multiply_lists(p, b.data);
  if (!p.a) return p.transpose_a ? multiply_pixels_transposed(p) : multiply_pixels(p, b.data);
  const Strided a = p.transpose_a ? Strided{p.a, 1, p.m} : Strided{p.a, p.k, 1};
  multiply_floats(a, b, p.m, p.n, p.k, Finish(p), p.c);
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::gemm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::gemm {

INNATE_EXPORT(multiply);
INNATE_EXPORT(sum_rows);
INNATE_EXPORT(transpose);

void transpose(const float* in, int64_t m, int64_t n, float* out) {
  INNATE_DISPATCH(transpose)(in, m, n, out);
}

void multiply(const Product& product, float* scratch) { INNATE_DISPATCH(multiply)(product, scratch); }

void sum_rows(const RowSum& call) { INNATE_DISPATCH(sum_rows)(call); }

}  // namespace innate::gemm
#endif  // HWY_ONCE
