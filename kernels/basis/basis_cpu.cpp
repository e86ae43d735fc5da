// Basis on the CPU: one replica a core.
#include <cstdint>

#include "kernels/core/instruction_sets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/basis/basis_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/basis/call.h"
#include "kernels/basis/normals.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/products_cpu.h"
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

void fill_piece(const Fill& f) {
  const uint64_t seed = *f.seed;
  float* to = f.to;
  for (int64_t i = 0; i < f.lines; ++i, to += f.columns) {
    int64_t j = 0;
    for (; j + kWide <= f.columns; j += kWide) make_wide(seed, f.line + i, f.column + j, to + j);
    for (; j < f.columns; j += 16)
      make_narrow(seed, f.line + i, f.column + j).store(to + j, columns_left(f.columns, j));
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
    const int64_t end = smaller(first + kWide, source.columns);
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
HWY_INLINE void multiply_lines(Source& source, const Combination& call, float scale, int64_t k) {
  Lanes sum[Lines];
#pragma GCC unroll 8
  for (int l = 0; l < Lines; ++l) sum[l] = Lanes::zero();
  each_column<Lines>(source, k, [&](int64_t j, int count, const Tile& tile, int64_t at) {
    const Lanes d = Lanes::load(call.dtheta + j, count);
#pragma GCC unroll 8
    for (int l = 0; l < Lines; ++l)
      sum[l] = fma(Lanes::load(tile.at + l * tile.stride + at, count), d, sum[l]);
  });
#pragma GCC unroll 8
  for (int l = 0; l < Lines; ++l) {
    const float dc = scale * tree_sum(sum[l]);
    call.dc[k + l] = call.add ? call.dc[k + l] + dc : dc;
  }
}

template <class Source>
HWY_INLINE void multiply_all(Source& source, const Combination& call, float scale, int64_t end) {
  int64_t k = call.first;
  for (; k + kLines <= end; k += kLines) multiply_lines<kLines>(source, call, scale, k);
  for (; k < end; ++k) multiply_lines<1>(source, call, scale, k);
}

/// work(R), from memory or made.
template <class Work>
HWY_INLINE void with_numbers(const Combination& call, const Work& work) {
  if (call.r) {
    Stored stored{call.r, call.weights};
    work(stored);
  } else {
    Made made;
    made.seed = *call.seed, made.columns = call.weights;
    work(made);
  }
}

HWY_INLINE int64_t end_of(const Combination& call) { return smaller(call.first + call.count, call.numbers); }

void combine_one(const Combination& call) {
  const float scale = call.scale ? *call.scale : 1.0f;
  with_numbers(call, [&](auto& r) { combine_lines(r, call.c, scale, call.first, end_of(call), call.theta); });
}

void combine_backward_one(const Combination& call) {
  const float scale = call.scale ? *call.scale : 1.0f;
  with_numbers(call, [&](auto& r) { multiply_all(r, call, scale, end_of(call)); });
}

}  // namespace HWY_NAMESPACE
}  // namespace innate::basis
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace innate::basis {

INNATE_EXPORT(fill_piece);
INNATE_EXPORT(combine_one);
INNATE_EXPORT(combine_backward_one);

/// A product whose R is made strip by strip.
struct Strips {
  int64_t extent, width;
  Fill fill;
  gemm::Product product;
};

int64_t parts(const Strips&) { return 1; }
void run_part(const Strips& s, int64_t, int64_t) {
  for (int64_t at = 0; at < s.extent; at += s.width) {
    const int64_t count = smaller(s.width, s.extent - at);
    cpu::run(strip_of(s.fill, at, count));
    gemm::multiply(strip_of(s.product, at, count));
  }
}

namespace cpu {

void run(const Fill& fill) { INNATE_DISPATCH(fill_piece)(fill); }
void combine(const Combination& call) { INNATE_DISPATCH(combine_one)(call); }
void combine_backward(const Combination& call) { INNATE_DISPATCH(combine_backward_one)(call); }

namespace {

/// Calls each(product); a product in strips counts as one, with the making of its R.
template <class Each>
struct WithStrips {
  const Each& each;
  template <class Part>
  void operator()(const Part& part) const {
    each(part);
  }
  void strips(int64_t extent, int64_t width, const Fill& fill, const gemm::Product& product) const {
    each(Strips{extent, width, fill, product});
  }
};

Call call_of(const Calls& calls, int i) {
  return calls.of(i, cheapest(calls.shape, calls.shape.vectors[i], calls.training));
}

}  // namespace

void fill(Context& context, const FillCalls& calls) {
  parallel_for(calls.replicas, context.threads(), [&](int64_t i) { run(calls(static_cast<int>(i))); });
}

void forward(Context& context, const Calls& calls) {
  gemm::run_products(calls.shape.replicas, context.threads(), [&calls]<class Each>(int i, const Each& each) {
    basis::forward(call_of(calls, i), WithStrips<Each>{each});
  });
}

void backward(Context& context, const Calls& calls) {
  gemm::run_products(calls.shape.replicas, context.threads(), [&calls]<class Each>(int i, const Each& each) {
    basis::backward(call_of(calls, i), WithStrips<Each>{each});
  });
}

void combine(Context& context, const CombinationCalls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { combine(calls(static_cast<int>(i))); });
}

void combine_backward(Context& context, const CombinationCalls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { combine_backward(calls(static_cast<int>(i))); });
}

}  // namespace cpu
}  // namespace innate::basis
#endif  // HWY_ONCE
