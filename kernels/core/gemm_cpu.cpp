// Matrix products on one core (gemm.h), compiled once for each instruction set. Zero pixels are skipped: leaving out a
// term that adds 0 leaves the bits as they are (as long as the values are finite).
#include "kernels/core/gemm.h"

#include <cstring>

#include "kernels/core/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/core/gemm_cpu.cpp"
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
HWY_INLINE void multiply_tile(const Strided& a, const float* b, int64_t n, int64_t k, int64_t i, int64_t j, const Finish& f,
                              float* c) {
  Lanes sum[Rows][Vectors];
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Lanes::zero();
  const int last = columns_left(n, j + 16 * (Vectors - 1));
  const float* a_row = a.data + i * a.row;
  for (int64_t p = 0; p < k; ++p) {
    Lanes b_row[Vectors];
    for (int v = 0; v < Vectors; ++v) b_row[v] = Lanes::load(b + p * n + j + 16 * v, v + 1 < Vectors ? 16 : last);
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
HWY_INLINE void multiply_floats(const Strided& a, const float* b, int64_t m, int64_t n, int64_t k, const Finish& f, float* c) {
  int64_t j = 0;
  for (; j + 16 < n; j += 32) multiply_columns<2>(a, b, m, n, k, j, f, c);
  if (j < n) multiply_columns<1>(a, b, m, n, k, j, f, c);
}

/// The pixels of a piece of a row that are not 0, in ascending order.
struct NonZeros {
  static constexpr int kPiece = 1024;
  int count;
  int32_t column[kPiece + 16];  // whole vectors are written, and then counted
  float value[kPiece + 16];

  HWY_INLINE void find(const uint8_t* row, int size, float scale) {
    count = 0;
    int p = 0;
    for (; p + 16 <= size; p += 16) {
      uint64_t words[2];
      std::memcpy(words, row + p, 16);
      if ((words[0] | words[1]) == 0) continue;
      for (int v = 0; v < 16; v += kVectorLanes) add_vector(row + p + v, p + v, scale);
    }
    for (; p < size; ++p) {
      column[count] = p;
      value[count] = static_cast<float>(row[p]) * scale;
      count += row[p] != 0;
    }
  }

 private:
  HWY_INLINE void add_vector(const uint8_t* from, int p, float scale) {
    const Tag f;
    const hn::RebindToSigned<Tag> i;
    const auto pixels = hn::PromoteTo(i, hn::LoadU(hn::Rebind<uint8_t, Tag>(), from));
    const auto set = hn::Ne(pixels, hn::Zero(i));
    hn::CompressStore(hn::Iota(i, p), set, i, column + count);
    count += static_cast<int>(hn::CompressStore(hn::Mul(hn::ConvertTo(f, pixels), hn::Set(f, scale)), hn::RebindMask(f, set), f,
                                                value + count));
  }
};

HWY_INLINE int piece(int64_t size, int64_t start) {
  return static_cast<int>(size - start < NonZeros::kPiece ? size - start : NonZeros::kPiece);
}

/// Row i of C = A B, 16 * Vectors columns from j, for pixels: zeros cost nothing.
template <int Vectors>
HWY_INLINE void multiply_pixels_row(const Product& p, const float* b, int64_t i, int64_t j) {
  Lanes sum[Vectors];
  for (int v = 0; v < Vectors; ++v) sum[v] = Lanes::zero();
  const int last = columns_left(p.n, j + 16 * (Vectors - 1));
  NonZeros found;
  for (int64_t start = 0; start < p.k; start += NonZeros::kPiece) {
    found.find(p.a_pixels + i * p.k + start, piece(p.k, start), p.a_scale);
    for (int e = 0; e < found.count; ++e) {
      const Lanes factor(found.value[e]);
      const float* row = b + (start + found.column[e]) * p.n + j;
      for (int v = 0; v < Vectors; ++v)
        sum[v] = fma(factor, Lanes::load(row + 16 * v, v + 1 < Vectors ? 16 : last), sum[v]);
    }
  }
  float* c = p.c + i * p.n + j;
  for (int v = 0; v < Vectors; ++v) finish(sum[v], {p.alpha, p.bias}, j + 16 * v, c + 16 * v, v + 1 < Vectors ? 16 : last);
}

/// C (m x n) = pixels A (m x k) B (k x n).
HWY_INLINE void multiply_pixels(const Product& p, const float* b) {
  for (int64_t i = 0; i < p.m; ++i) {
    int64_t j = 0;
    for (; j + 48 < p.n; j += 64) multiply_pixels_row<4>(p, b, i, j);
    const int64_t left = p.n - j;
    if (left > 32)
      multiply_pixels_row<3>(p, b, i, j);
    else if (left > 16)
      multiply_pixels_row<2>(p, b, i, j);
    else if (left > 0)
      multiply_pixels_row<1>(p, b, i, j);
  }
}

/// C (m x n) = alpha * (pixels A (k x m))^T B (k x n).
HWY_INLINE void multiply_pixels_transposed(const Product& p, const float* b) {
  std::memset(p.c, 0, static_cast<std::size_t>(p.m * p.n) * sizeof(float));
  NonZeros found;
  for (int64_t i = 0; i < p.k; ++i)
    for (int64_t start = 0; start < p.m; start += NonZeros::kPiece) {
      found.find(p.a_pixels + i * p.m + start, piece(p.m, start), p.a_scale);
      for (int64_t j = 0; j < p.n; j += 16) {
        const int count = columns_left(p.n, j);
        const Lanes row = Lanes::load(b + i * p.n + j, count);
        for (int e = 0; e < found.count; ++e) {
          float* to = p.c + (start + found.column[e]) * p.n + j;
          fma(Lanes(found.value[e]), row, Lanes::load(to, count)).store(to, count);
        }
      }
    }
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = 0; j < p.n; j += 16) {
      const int count = columns_left(p.n, j);
      finish(Lanes::load(p.c + i * p.n + j, count), {p.alpha, p.bias}, j, p.c + i * p.n + j, count);
    }
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

void multiply(const Product& p, const float* b) {
  if (p.a_pixels && p.transpose_a) return multiply_pixels_transposed(p, b);
  if (p.a_pixels) return multiply_pixels(p, b);
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
  HWY_DYNAMIC_DISPATCH(multiply)(product, product.transpose_b ? scratch : product.b);
}

void sum_rows(const float* b, int64_t m, int64_t n, float* sums) { HWY_DYNAMIC_DISPATCH(sum_rows)(b, m, n, sums); }

}  // namespace innate::gemm
#endif  // HWY_ONCE

