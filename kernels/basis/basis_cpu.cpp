// Basis on the CPU: one replica a core.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/core/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/basis/basis_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/basis/basis_cpu.h"
#include "kernels/basis/normals.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/parallel.h"
#include "kernels/core/simd.h"

HWY_BEFORE_NAMESPACE();
namespace innate::basis {
namespace HWY_NAMESPACE {
using namespace innate::HWY_NAMESPACE;  // NOLINT: Lanes and its formulas, of this target

#define INNATE_FORMULA HWY_INLINE
#include "kernels/basis/formulas.inc"
#undef INNATE_FORMULA

HWY_INLINE int columns_left(int64_t size, int64_t from) {
  return static_cast<int>(size - from < 16 ? size - from : 16);
}

constexpr int kWide = 64;  // columns of R that are made at a time: 16 blocks of Philox side by side

/// Elements `column` (a multiple of 4) to column + 15 of a line.
HWY_NOINLINE Lanes make_narrow(uint64_t seed, int64_t line, int64_t column) {
  HWY_ALIGN float p[16];
  for (int i = 0; i < 4; ++i)
    uniforms(seed, static_cast<uint32_t>(line), static_cast<uint32_t>(column / 4 + i), p + 4 * i);
  return quantile(Lanes::load(p));
}

#if HWY_TARGET == HWY_SCALAR
HWY_NOINLINE void make_wide(uint64_t seed, int64_t line, int64_t column, float* to) {
  for (int j = 0; j < kWide; j += 16) make_narrow(seed, line, column + j).store(to + j);
}
#else

/// Both halves of the products of 32-bit numbers with `factor`.
HWY_INLINE void multiply_wide(BitsVector x, uint32_t factor, BitsVector* high, BitsVector* low) {
  const BitsTag d;
  const hn::Repartition<uint64_t, BitsTag> wide;
  const BitsVector f = hn::Set(d, factor);
  const auto even = hn::MulEven(x, f);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, x))), f);
  *high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
  *low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even));
}

/// Philox 4x32-10 of as many counters as a vector has lanes: word[w] holds word w of each, before and after.
HWY_INLINE void philox(uint64_t seed, BitsVector (&word)[4]) {
  const BitsTag d;
  uint32_t key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round, key0 += PHILOX_W32_0, key1 += PHILOX_W32_1) {
    BitsVector high0, low0, high2, low2;
    multiply_wide(word[0], PHILOX_M4x32_0, &high0, &low0);
    multiply_wide(word[2], PHILOX_M4x32_1, &high2, &low2);
    word[0] = hn::Xor(hn::Xor(high2, word[1]), hn::Set(d, key0));
    word[2] = hn::Xor(hn::Xor(high0, word[3]), hn::Set(d, key1));
    word[1] = low2;
    word[3] = low0;
  }
}

/// Elements `column` (a multiple of 4) to column + 63 of a line: the same as `normals` (normals.h) for 16
/// blocks.
HWY_NOINLINE void make_wide(uint64_t seed, int64_t line, int64_t column, float* to) {
  const BitsTag d;
  const hn::RebindToSigned<Tag> whole;
  Lanes r[4];
  for (int v = 0; v < kVectors; ++v) {
    const uint32_t block = static_cast<uint32_t>(column / 4 + v * kVectorLanes);
    BitsVector word[4] = {hn::Iota(d, block), hn::Set(d, static_cast<uint32_t>(line)),
                          hn::Set(d, static_cast<uint32_t>(random::Purpose::basis)), hn::Zero(d)};
    philox(seed, word);
    for (int w = 0; w < 4; ++w) {
      const Vector number = hn::ConvertTo(Tag(), hn::BitCast(whole, hn::ShiftRight<9>(word[w])));
      r[w].v[v] = hn::Mul(hn::Add(number, hn::Set(Tag(), 0.5f)), hn::Set(Tag(), 1.0f / 8388608.0f));
    }
  }
  for (int w = 0; w < 4; ++w) r[w] = quantile(r[w]);
  for (int v = 0; v < kVectors; ++v)
    hn::StoreInterleaved4(r[0].v[v], r[1].v[v], r[2].v[v], r[3].v[v], Tag(), to + 4 * v * kVectorLanes);
}

#endif

void fill_piece(uint64_t seed, const Piece& piece, float* to) {
  for (int64_t i = 0; i < piece.lines; ++i, to += piece.columns) {
    int64_t j = 0;
    for (; j + kWide <= piece.columns; j += kWide) make_wide(seed, piece.line + i, piece.column + j, to + j);
    for (; j < piece.columns; j += 16)
      make_narrow(seed, piece.line + i, piece.column + j).store(to + j, columns_left(piece.columns, j));
  }
}

/// Some lines of R, kWide columns from one on: where they lie, and how far apart.
struct Tile {
  const float* at;
  int64_t stride;
};

/// tile(k, lines, j): lines from k on, columns from j on. Behind the last column it may hold anything.
struct Stored {
  const float* r;
  int64_t columns;
  HWY_INLINE Tile tile(int64_t k, int, int64_t j) { return {r + k * columns + j, columns}; }
};
struct Made {
  uint64_t seed;
  int64_t columns;
  HWY_ALIGN float numbers[8 * kWide];
  HWY_INLINE Tile tile(int64_t k, int lines, int64_t j) {
    for (int l = 0; l < lines; ++l) make_wide(seed, k + l, j, numbers + l * kWide);
    return {numbers, kWide};
  }
};

constexpr int kLines = 8;  // of R at a time: as many streams from memory

/// work(j, count, tile, at): `count` <= 16 columns from j on, which begin at tile.at[at].
template <int Lines, class Source, class Work>
HWY_INLINE void each_column(Source& source, int64_t k, const Work& work) {
  for (int64_t first = 0; first < source.columns; first += kWide) {
    const Tile tile = source.tile(k, Lines, first);
    const int64_t end = least(first + kWide, source.columns);
    for (int64_t j = first; j < end; j += 16) work(j, columns_left(end, j), tile, j - first);
  }
}

/// theta += sum over `Lines` lines of (s c_k) R_k.
template <int Lines, class Source>
HWY_INLINE void add_lines(Source& source, const float* c, float scale, int64_t k, bool first, float* theta) {
  Lanes factor[Lines];
#pragma GCC unroll 8
  for (int l = 0; l < Lines; ++l) factor[l] = Lanes(scale * c[k + l]);
  each_column<Lines>(source, k, [&](int64_t j, int count, const Tile& tile, int64_t at) {
    Lanes sum = first ? Lanes::zero() : Lanes::load(theta + j, count);
#pragma GCC unroll 8
    for (int l = 0; l < Lines; ++l)
      sum = fma(factor[l], Lanes::load(tile.at + l * tile.stride + at, count), sum);
    sum.store(theta + j, count);
  });
}

template <class Source>
HWY_INLINE void combine_lines(Source& source, const float* c, float scale, int64_t first, int64_t end,
                              float* theta) {
  int64_t k = first;
  for (; k + kLines <= end; k += kLines) add_lines<kLines>(source, c, scale, k, k == 0, theta);
  for (; k < end; ++k) add_lines<1>(source, c, scale, k, k == 0, theta);
}

HWY_INLINE float tree_sum(const Lanes& lanes) {
  HWY_ALIGN float sum[16];
  lanes.store(sum);
  for (int half = 8; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) sum[l] = sum[l] + sum[l + half];
  return sum[0];
}

/// dc of `Lines` lines.
template <int Lines, class Source>
HWY_INLINE void multiply_lines(Source& source, const float* dtheta, float scale, int64_t k, float* dc) {
  Lanes sum[Lines];
#pragma GCC unroll 8
  for (int l = 0; l < Lines; ++l) sum[l] = Lanes::zero();
  each_column<Lines>(source, k, [&](int64_t j, int count, const Tile& tile, int64_t at) {
    const Lanes d = Lanes::load(dtheta + j, count);
#pragma GCC unroll 8
    for (int l = 0; l < Lines; ++l)
      sum[l] = fma(Lanes::load(tile.at + l * tile.stride + at, count), d, sum[l]);
  });
#pragma GCC unroll 8
  for (int l = 0; l < Lines; ++l) dc[k + l] = scale * tree_sum(sum[l]);
}

template <class Source>
HWY_INLINE void multiply_all(Source& source, const float* dtheta, float scale, int64_t first, int64_t end,
                             float* dc) {
  int64_t k = first;
  for (; k + kLines <= end; k += kLines) multiply_lines<kLines>(source, dtheta, scale, k, dc);
  for (; k < end; ++k) multiply_lines<1>(source, dtheta, scale, k, dc);
}

/// work(R of replica i), from memory or made.
template <class Work>
HWY_INLINE void with_numbers(const CombinationCall& call, int i, const Work& work) {
  if (call.numbers.stored) {
    Stored stored{call.numbers.stored[i], call.shape.weights};
    work(stored);
  } else {
    Made made;
    made.seed = call.numbers.seeds[i], made.columns = call.shape.weights;
    work(made);
  }
}

void combine_one(const CombinationCall& call, int i, int64_t first, int64_t end) {
  const float scale = call.scale ? call.scale[i] : 1.0f;
  with_numbers(call, i, [&](auto& r) { combine_lines(r, call.c[i], scale, first, end, call.theta[i]); });
}

void combine_backward_one(const CombinationCall& call, int i, int64_t first, int64_t end) {
  const float scale = call.scale ? call.scale[i] : 1.0f;
  with_numbers(call, i, [&](auto& r) { multiply_all(r, call.dtheta[i], scale, first, end, call.dc[i]); });
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::basis
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::basis {

INNATE_EXPORT(fill_piece);
INNATE_EXPORT(combine_one);
INNATE_EXPORT(combine_backward_one);

namespace cpu {

void fill(uint64_t seed, const Piece& piece, float* to) { INNATE_DISPATCH(fill_piece)(seed, piece, to); }

void combine(const CombinationCall& call, int replica, int64_t first, int64_t count) {
  const int64_t end = std::min(first + count, call.shape.numbers[replica]);
  INNATE_DISPATCH(combine_one)(call, replica, first, end);
}

void combine_backward(const CombinationCall& call, int replica, int64_t first, int64_t count) {
  const int64_t end = std::min(first + count, call.shape.numbers[replica]);
  INNATE_DISPATCH(combine_backward_one)(call, replica, first, end);
}

namespace {

/// Features of all rows, panel by panel.
void make_features(const Replica& r) {
  for (int64_t column = 0; column < r.vectors; column += kPanel) {
    const Piece piece = panel_of(r, column);
    fill(r.seed, piece, r.numbers);
    gemm::multiply(product(Stage::features, r, piece), nullptr);
    for (int64_t i = 0; i < r.rows; ++i)
      std::memcpy(r.features + i * r.vectors + column, r.panel + i * piece.columns,
                  sizeof(float) * static_cast<std::size_t>(piece.columns));
  }
}

void make_weights(const Replica& r) {
  if (r.r) return gemm::multiply(product(Stage::weights, r), nullptr);
  for (int64_t line = 0; line < r.inputs; line += piece_lines(r)) {
    const Piece piece = lines_of(r, line);
    fill(r.seed, piece, r.numbers);
    gemm::multiply(product(Stage::weights, r, piece), nullptr);
  }
}

}  // namespace

void prepare(const Replica& r) {
  if (r.order == Order::weights) return make_weights(r);
  if (!r.r) make_features(r);
}

void forward_rows(const Replica& r, int64_t first, int64_t count) {
  if (r.order == Order::weights)
    return gemm::multiply(gemm::rows_of(product(Stage::out_weights, r), first, count), nullptr);
  if (r.r) gemm::multiply(gemm::rows_of(product(Stage::features, r), first, count), nullptr);
  gemm::multiply(gemm::rows_of(product(Stage::out_features, r), first, count), nullptr);
}

void backward(const Replica& r) {
  if (r.dbias) gemm::sum_rows(r.dy, r.rows, r.outputs, r.dbias);
  if (!r.dp) return;
  if (r.order == Order::features) return gemm::multiply(product(Stage::dp_features, r), nullptr);
  gemm::multiply(product(Stage::dw, r), r.scratch);
  if (r.r) return gemm::multiply(product(Stage::dp_weights, r), nullptr);
  for (int64_t column = 0; column < r.vectors; column += kPanel) {
    const Piece piece = panel_of(r, column);
    fill(r.seed, piece, r.numbers);
    gemm::multiply(product(Stage::dp_weights, r, piece), nullptr);
  }
}

void fill(Context& context, const FillCall& call) {
  parallel_for(call.replicas, context.threads(), [&](int64_t i) {
    const int replica = static_cast<int>(i);
    fill(call.seeds[i], {0, call.lines[replica], 0, call.columns[replica]}, call.r[replica]);
  });
}

void forward(Context& context, const Call& call) {
  constexpr int64_t kRows = 256;  // rows a task; rows do not share sums, so any cut gives the same bits
  parallel_for(call.shape.replicas, context.threads(),
               [&](int64_t i) { prepare(call(static_cast<int>(i))); });
  const int64_t pieces = (call.shape.rows + kRows - 1) / kRows;
  parallel_for(call.shape.replicas * pieces, context.threads(), [&](int64_t task) {
    const int64_t first = task % pieces * kRows;
    forward_rows(call(static_cast<int>(task / pieces)), first, least(kRows, call.shape.rows - first));
  });
}

void backward(Context& context, const Call& call) {
  parallel_for(call.shape.replicas, context.threads(),
               [&](int64_t i) { backward(call(static_cast<int>(i))); });
}

void combine(Context& context, const CombinationCall& call) {
  parallel_for(call.shape.replicas, context.threads(),
               [&](int64_t i) { combine(call, static_cast<int>(i), 0, call.shape.numbers.most); });
}

void combine_backward(Context& context, const CombinationCall& call) {
  parallel_for(call.shape.replicas, context.threads(),
               [&](int64_t i) { combine_backward(call, static_cast<int>(i), 0, call.shape.numbers.most); });
}

}  // namespace cpu
}  // namespace innate::basis
#endif  // HWY_ONCE
