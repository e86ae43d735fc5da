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

/// Elements `column` (a multiple of 4) to column + 15 of a line.
HWY_NOINLINE Lanes normals16(uint64_t seed, int64_t line, int64_t column) {
  HWY_ALIGN float p[16];
  for (int i = 0; i < 4; ++i)
    uniforms(seed, static_cast<uint32_t>(line), static_cast<uint32_t>(column / 4 + i), p + 4 * i);
  return quantile(Lanes::load(p));
}

void fill_piece(uint64_t seed, const Piece& piece, float* to) {
  for (int64_t i = 0; i < piece.lines; ++i)
    for (int64_t j = 0; j < piece.columns; j += 16)
      normals16(seed, piece.line + i, piece.column + j)
          .store(to + i * piece.columns + j, columns_left(piece.columns, j));
}

/// Elements j to j + 15 of line k, those behind the end as 0.
struct Stored {
  const float* r;
  int64_t columns;
  HWY_INLINE Lanes operator()(int64_t k, int64_t j) const {
    return Lanes::load(r + k * columns + j, columns_left(columns, j));
  }
};
struct Made {
  uint64_t seed;
  int64_t columns;
  HWY_INLINE Lanes operator()(int64_t k, int64_t j) const {
    const int count = columns_left(columns, j);
    if (count == 16) return normals16(seed, k, j);
    HWY_ALIGN float cut[16] = {};
    normals16(seed, k, j).store(cut, count);
    return Lanes::load(cut);
  }
};

constexpr int kLines = 8;  // of R at a time: as many streams from memory

/// theta += sum over `Lines` lines of (s c_k) R_k.
template <int Lines, class Source>
HWY_INLINE void add_lines(const Source& source, const float* c, float scale, int64_t k, bool first,
                          float* theta) {
  Lanes factor[Lines];
#pragma GCC unroll 8
  for (int l = 0; l < Lines; ++l) factor[l] = Lanes(scale * c[k + l]);
  for (int64_t j = 0; j < source.columns; j += 16) {
    const int count = columns_left(source.columns, j);
    Lanes sum = first ? Lanes::zero() : Lanes::load(theta + j, count);
#pragma GCC unroll 8
    for (int l = 0; l < Lines; ++l) sum = fma(factor[l], source(k + l, j), sum);
    sum.store(theta + j, count);
  }
}

template <class Source>
HWY_INLINE void combine_lines(const Source& source, const float* c, float scale, int64_t first, int64_t end,
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
HWY_INLINE void multiply_lines(const Source& source, const float* dtheta, float scale, int64_t k, float* dc) {
  Lanes sum[Lines];
#pragma GCC unroll 8
  for (int l = 0; l < Lines; ++l) sum[l] = Lanes::zero();
  for (int64_t j = 0; j < source.columns; j += 16) {
    const Lanes d = Lanes::load(dtheta + j, columns_left(source.columns, j));
#pragma GCC unroll 8
    for (int l = 0; l < Lines; ++l) sum[l] = fma(source(k + l, j), d, sum[l]);
  }
#pragma GCC unroll 8
  for (int l = 0; l < Lines; ++l) dc[k + l] = scale * tree_sum(sum[l]);
}

template <class Source>
HWY_INLINE void multiply_all(const Source& source, const float* dtheta, float scale, int64_t first,
                             int64_t end, float* dc) {
  int64_t k = first;
  for (; k + kLines <= end; k += kLines) multiply_lines<kLines>(source, dtheta, scale, k, dc);
  for (; k < end; ++k) multiply_lines<1>(source, dtheta, scale, k, dc);
}

void combine_one(const CombinationCall& call, int i, int64_t first, int64_t end) {
  const float scale = call.scale ? call.scale[i] : 1.0f;
  const int64_t columns = call.shape.weights;
  if (call.numbers.stored)
    combine_lines(Stored{call.numbers.stored[i], columns}, call.c[i], scale, first, end, call.theta[i]);
  else
    combine_lines(Made{call.numbers.seeds[i], columns}, call.c[i], scale, first, end, call.theta[i]);
}

void combine_backward_one(const CombinationCall& call, int i, int64_t first, int64_t end) {
  const float scale = call.scale ? call.scale[i] : 1.0f;
  const int64_t columns = call.shape.weights;
  if (call.numbers.stored)
    multiply_all(Stored{call.numbers.stored[i], columns}, call.dtheta[i], scale, first, end, call.dc[i]);
  else
    multiply_all(Made{call.numbers.seeds[i], columns}, call.dtheta[i], scale, first, end, call.dc[i]);
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::basis
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::basis {

HWY_EXPORT(fill_piece);
HWY_EXPORT(combine_one);
HWY_EXPORT(combine_backward_one);

namespace cpu {

void fill(uint64_t seed, const Piece& piece, float* to) { HWY_DYNAMIC_DISPATCH(fill_piece)(seed, piece, to); }

void combine(const CombinationCall& call, int replica, int64_t first, int64_t count) {
  const int64_t end = std::min(first + count, call.shape.numbers[replica]);
  HWY_DYNAMIC_DISPATCH(combine_one)(call, replica, first, end);
}

void combine_backward(const CombinationCall& call, int replica, int64_t first, int64_t count) {
  const int64_t end = std::min(first + count, call.shape.numbers[replica]);
  HWY_DYNAMIC_DISPATCH(combine_backward_one)(call, replica, first, end);
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
