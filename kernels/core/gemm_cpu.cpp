// Matrix products on one core (gemm.h), compiled once for each instruction set. Zero pixels are skipped:
// leaving out a term that adds 0 leaves the bits as they are (as long as the values are finite).
#include "kernels/core/gemm.h"

#include <cstring>

#include "kernels/core/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/core/gemm_cpu.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>

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

/// What happens to a finished sum: c = alpha * sum (+ bias[j]).
struct Finish {
  float alpha = 1.0f;
  const float* bias = nullptr;
};

HWY_INLINE void finish(const Lanes& sum, const Finish& f, int64_t j, float* c, int count) {
  Lanes value = sum * Lanes(f.alpha);
  if (f.bias) value = value + Lanes::load(f.bias + j, count);
  value.store(c, count);
}

HWY_INLINE int columns_left(int64_t n, int64_t j) { return static_cast<int>(n - j < 16 ? n - j : 16); }

/// Rows x (16 * Vectors) elements of C = A B; the last vector may be cut at n.
template <int Rows, int Vectors>
HWY_INLINE void multiply_tile(const Strided& a, const float* b, int64_t n, int64_t k, int64_t i, int64_t j,
                              const Finish& f, float* c) {
  Lanes sum[Rows][Vectors];
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Lanes::zero();
  const int last = columns_left(n, j + 16 * (Vectors - 1));
  const float* a_row = a.data + i * a.row;
  for (int64_t p = 0; p < k; ++p) {
    Lanes b_row[Vectors];
    for (int v = 0; v < Vectors; ++v)
      b_row[v] = Lanes::load(b + p * n + j + 16 * v, v + 1 < Vectors ? 16 : last);
    for (int r = 0; r < Rows; ++r) {
      const Lanes factor(a_row[r * a.row + p * a.column]);
      for (int v = 0; v < Vectors; ++v) sum[r][v] = fma(factor, b_row[v], sum[r][v]);
    }
  }
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v)
      finish(sum[r][v], f, j + 16 * v, c + (i + r) * n + j + 16 * v, v + 1 < Vectors ? 16 : last);
}

template <int Vectors>
HWY_INLINE void multiply_columns(const Strided& a, const float* b, int64_t m, int64_t n, int64_t k, int64_t j,
                                 const Finish& f, float* c) {
  int64_t i = 0;
  for (; i + 4 <= m; i += 4) multiply_tile<4, Vectors>(a, b, n, k, i, j, f, c);
  for (; i < m; ++i) multiply_tile<1, Vectors>(a, b, n, k, i, j, f, c);
}

/// C (m x n, packed) = A (m x k, strided) B (k x n, packed).
HWY_INLINE void multiply_floats(const Strided& a, const float* b, int64_t m, int64_t n, int64_t k,
                                const Finish& f, float* c) {
  int64_t j = 0;
  for (; j + 16 < n; j += 32) multiply_columns<2>(a, b, m, n, k, j, f, c);
  if (j < n) multiply_columns<1>(a, b, m, n, k, j, f, c);
}

/// The pixels of a row, or of a piece of it, that are not 0: place * 256 + pixel, as in PixelLists.
struct Entries {
  const uint32_t* at;
  int64_t count;
};

/// Entries of a piece of a row of pixels, found on the way.
struct FoundEntries {
  static constexpr int kPiece = 1024;
  uint32_t at[kPiece + 16];  // whole vectors are written, and then counted
  int64_t count;

  HWY_INLINE Entries find(const uint8_t* row, int size) {
    count = 0;
    int p = 0;
    for (; p + 16 <= size; p += 16) {
      uint64_t words[2];
      std::memcpy(words, row + p, 16);
      if ((words[0] | words[1]) == 0) continue;
      for (int v = 0; v < 16; v += kVectorLanes) add_vector(row + p + v, p + v);
    }
    for (; p < size; ++p) {
      at[count] = static_cast<uint32_t>(p) << 8 | row[p];
      count += row[p] != 0;
    }
    return {at, count};
  }

 private:
  HWY_INLINE void add_vector(const uint8_t* from, int p) {
    const hn::RebindToSigned<Tag> i;
    HWY_ALIGN static constexpr int32_t kPlaces[16] = {0 << 8,  1 << 8,  2 << 8,  3 << 8, 4 << 8,  5 << 8,
                                                      6 << 8,  7 << 8,  8 << 8,  9 << 8, 10 << 8, 11 << 8,
                                                      12 << 8, 13 << 8, 14 << 8, 15 << 8};
    const auto pixels = hn::PromoteTo(i, hn::LoadU(hn::Rebind<uint8_t, Tag>(), from));
    const auto places = hn::Add(hn::Load(i, kPlaces), hn::Set(i, p << 8));
    const auto set = hn::Ne(pixels, hn::Zero(i));
    hn::StoreU(hn::Compress(hn::Or(places, pixels), set), i, reinterpret_cast<int32_t*>(at + count));
    count += static_cast<int64_t>(hn::CountTrue(i, set));
  }
};

/// The value of each pixel.
struct Values {
  float of[256];
  HWY_INLINE explicit Values(float scale) {
    for (int pixel = 0; pixel < 256; ++pixel) of[pixel] = static_cast<float>(pixel) * scale;
  }
};

HWY_INLINE int piece(int64_t size, int64_t start) {
  return static_cast<int>(size - start < FoundEntries::kPiece ? size - start : FoundEntries::kPiece);
}

template <int Vectors>
HWY_INLINE void add_entry(uint32_t entry, const Values& values, const float* b, int64_t n, const Part& last,
                          Lanes (&sum)[Vectors]) {
  const Lanes factor(values.of[entry & 255]);
  const float* row = b + static_cast<int64_t>(entry >> 8) * n;
  for (int v = 0; v + 1 < Vectors; ++v) sum[v] = fma(factor, Lanes::load(row + 16 * v), sum[v]);
  sum[Vectors - 1] = fma(factor, last.load(row + 16 * (Vectors - 1)), sum[Vectors - 1]);
}

/// Adds to the sums of `Rows` rows what their entries give. The rows take turns: an entry's addition has to
/// wait for the one before it in its row.
template <int Rows, int Vectors>
HWY_INLINE void add_entries(const Entries (&lists)[Rows], const Values& values, const float* b, int64_t n,
                            const Part& last, Lanes (&sum)[Rows][Vectors]) {
  int64_t common = lists[0].count;
  for (int r = 1; r < Rows; ++r) common = lists[r].count < common ? lists[r].count : common;
  for (int64_t e = 0; e < common; ++e)
    for (int r = 0; r < Rows; ++r) add_entry<Vectors>(lists[r].at[e], values, b, n, last, sum[r]);
  for (int r = 0; r < Rows; ++r)
    for (int64_t e = common; e < lists[r].count; ++e)
      add_entry<Vectors>(lists[r].at[e], values, b, n, last, sum[r]);
}

HWY_INLINE Entries entries_of(const Product& p, int64_t line) {
  const uint32_t image = p.a_rows[line];
  return {p.a_lists.entries + p.a_lists.start[image], p.a_lists.start[image + 1] - p.a_lists.start[image]};
}

/// Asks for the entries of the next lines: their images lie anywhere in the set.
HWY_INLINE void prefetch(const Product& p, int64_t line, int64_t lines, int64_t count) {
  for (int64_t i = line; i < line + count && i < lines; ++i) {
    const Entries e = entries_of(p, i);
    for (int64_t at = 0; at < e.count; at += 16) hwy::Prefetch(e.at + at);
  }
}

/// `Rows` rows of C = A B from row i on, 16 * Vectors columns from j on.
template <int Rows, int Vectors>
HWY_INLINE void multiply_pixels_tile(const Product& p, const Values& values, const float* b, int64_t i,
                                     int64_t j) {
  Lanes sum[Rows][Vectors];
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Lanes::zero();
  const Part last(columns_left(p.n, j + 16 * (Vectors - 1)));
  Entries lists[Rows];
  if (p.a_rows) {
    for (int r = 0; r < Rows; ++r) lists[r] = entries_of(p, i + r);
    prefetch(p, i + Rows, p.m, Rows);
    add_entries<Rows, Vectors>(lists, values, b + j, p.n, last, sum);
  } else {
    FoundEntries found[Rows];
    for (int64_t start = 0; start < p.k; start += FoundEntries::kPiece) {
      for (int r = 0; r < Rows; ++r)
        lists[r] = found[r].find(p.a_pixels + (i + r) * p.k + start, piece(p.k, start));
      add_entries<Rows, Vectors>(lists, values, b + start * p.n + j, p.n, last, sum);
    }
  }
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v)
      finish(sum[r][v], {p.alpha, p.bias}, j + 16 * v, p.c + (i + r) * p.n + j + 16 * v,
             v + 1 < Vectors ? 16 : last.count());
}

template <int Vectors>
HWY_INLINE void multiply_pixels_columns(const Product& p, const Values& values, const float* b, int64_t j) {
  constexpr int kRows = Vectors > 2 ? 2 : 4;
  int64_t i = 0;
  for (; i + kRows <= p.m; i += kRows) multiply_pixels_tile<kRows, Vectors>(p, values, b, i, j);
  for (; i < p.m; ++i) multiply_pixels_tile<1, Vectors>(p, values, b, i, j);
}

/// C (m x n) = pixels A (m x k) B (k x n): zeros cost nothing.
HWY_INLINE void multiply_pixels(const Product& p, const float* b) {
  const Values values(p.a_scale);
  int64_t j = 0;
  for (; j + 48 < p.n; j += 64) multiply_pixels_columns<4>(p, values, b, j);
  const int64_t left = p.n - j;
  if (left > 32) return multiply_pixels_columns<3>(p, values, b, j);
  if (left > 16) return multiply_pixels_columns<2>(p, values, b, j);
  if (left > 0) multiply_pixels_columns<1>(p, values, b, j);
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

/// 16 * Vectors columns from j on of C (m x n) = alpha * (pixels A (k x m))^T B (k x n). The sums are
/// collected in rows of whole vectors: reading back what was stored under a mask is slow.
template <int Vectors>
HWY_INLINE void multiply_pixels_transposed_columns(const Product& p, const Values& values, int64_t j,
                                                   float* sums) {
  std::memset(sums, 0, static_cast<std::size_t>(p.m) * 16 * Vectors * sizeof(float));
  const Part last(columns_left(p.n, j + 16 * (Vectors - 1)));
  FoundEntries found;
  for (int64_t i = 0; i < p.k; ++i) {
    Lanes row[Vectors];
    for (int v = 0; v + 1 < Vectors; ++v) row[v] = Lanes::load(p.b + i * p.n + j + 16 * v);
    row[Vectors - 1] = last.load(p.b + i * p.n + j + 16 * (Vectors - 1));
    if (p.a_rows) {
      prefetch(p, i + 1, p.k, 1);
      scatter<Vectors>(entries_of(p, i), values, row, sums);
      continue;
    }
    for (int64_t start = 0; start < p.m; start += FoundEntries::kPiece)
      scatter<Vectors>(found.find(p.a_pixels + i * p.m + start, piece(p.m, start)), values, row,
                       sums + start * 16 * Vectors);
  }
  for (int64_t i = 0; i < p.m; ++i)
    for (int v = 0; v < Vectors; ++v)
      finish(Lanes::load(sums + (i * Vectors + v) * 16), {p.alpha, p.bias}, j + 16 * v,
             p.c + i * p.n + j + 16 * v, v + 1 < Vectors ? 16 : last.count());
}

HWY_INLINE void multiply_pixels_transposed(const Product& p, float* sums) {
  const Values values(p.a_scale);
  int64_t j = 0;
  for (; j + 48 < p.n; j += 64) multiply_pixels_transposed_columns<4>(p, values, j, sums);
  const int64_t left = p.n - j;
  if (left > 32) return multiply_pixels_transposed_columns<3>(p, values, j, sums);
  if (left > 16) return multiply_pixels_transposed_columns<2>(p, values, j, sums);
  if (left > 0) multiply_pixels_transposed_columns<1>(p, values, j, sums);
}

/// sums[j] = b[0][j] + b[1][j] + ..., b: m x n.
void sum_rows(const float* b, int64_t m, int64_t n, float* sums) {
  for (int64_t j = 0; j < n; j += 16) {
    const int count = columns_left(n, j);
    Lanes sum = Lanes::zero();
    for (int64_t i = 0; i < m; ++i) sum = sum + Lanes::load(b + i * n + j, count);
    sum.store(sums + j, count);
  }
}

void multiply(const Product& p, const float* b, float* scratch) {
  const bool pixels = p.a_pixels || p.a_rows;
  if (pixels && p.transpose_a) return multiply_pixels_transposed(p, scratch);
  if (pixels) return multiply_pixels(p, b);
  const Strided a = p.transpose_a ? Strided{p.a, 1, p.m} : Strided{p.a, p.k, 1};
  multiply_floats(a, b, p.m, p.n, p.k, {p.alpha, p.bias}, p.c);
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::gemm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::gemm {

HWY_EXPORT(multiply);
HWY_EXPORT(sum_rows);

void transpose(const float* in, int64_t m, int64_t n, float* out) {
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) out[j * m + i] = in[i * n + j];
}

void multiply(const Product& product, float* scratch) {
  if (product.transpose_b) transpose(product.b, product.n, product.k, scratch);
  HWY_DYNAMIC_DISPATCH(multiply)(product, product.transpose_b ? scratch : product.b, scratch);
}

void sum_rows(const float* b, int64_t m, int64_t n, float* sums) {
  HWY_DYNAMIC_DISPATCH(sum_rows)(b, m, n, sums);
}

}  // namespace innate::gemm
#endif  // HWY_ONCE
