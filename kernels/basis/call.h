// What both backends and programs share: the order of contraction, what lies between the products, and the
// instructions that each order takes (formulas: basis.h). Where R is not stored, pieces of it are made and
// used up, strip by strip: for features and dP kPanel columns at a time, for W as many lines as then find
// room.
#pragma once

#include "innate/kernels/basis.h"
#include "kernels/core/gemm.h"

namespace innate::basis {

constexpr int64_t kPanel = 64;  // columns of R; a multiple of 4

/// Multiply-adds of one replica, forward and (training) backward.
INNATE_HD double cost(const ProductShape& s, double vectors, Order order, bool training) {
  const double rows = s.rows, in = s.inputs, out = s.outputs, data = s.density * rows * in;
  if (order == Order::features) return data * vectors + (training ? 2 : 1) * rows * vectors * out;
  return (training ? 2 : 1) * (in * vectors * out + data * out);
}

inline Order cheapest(const ProductShape& s, int64_t vectors, bool training) {
  const double v = static_cast<double>(vectors);
  return cost(s, v, Order::features, training) <= cost(s, v, Order::weights, training) ? Order::features
                                                                                       : Order::weights;
}

/// A piece of R to be made, packed: `lines` lines from `line` on, columns from `column` (a multiple of 4) on.
struct Fill {
  const uint64_t* seed;
  int64_t line, lines, column, columns;
  float* to;
  gemm::Axis strips = gemm::Axis::none;  // of lines (rows) or of columns
};

/// The part of a piece that a strip needs.
INNATE_HD Fill strip_of(Fill f, int64_t first, int64_t count) {
  if (f.strips == gemm::Axis::columns)
    f.column += first, f.columns = count;
  else
    f.line += first, f.lines = count;
  return f;
}

template <class Visit>
INNATE_HD void operands(Fill& f, Visit&& visit) {
  visit.in(f.seed, 1, 1);
  visit.out(f.to, f.lines * f.columns);
}
INNATE_HD Cost cost(const Fill& f) {
  const double count = static_cast<double>(f.lines * f.columns);
  return {60 * count, 4 * count};
}

/// One replica's call of a product; gradients that are null are not computed.
struct Call {
  int64_t rows, inputs, outputs, vectors;
  Order order;
  gemm::Product left;  // A, as a product's left operand; nothing else of it is set
  const float* scale;  // null: 1
  const float* r;      // null: made from the seed
  const uint64_t* seed;
  const float *p, *bias, *dy;
  float *y, *dp, *dbias, *da;
  bool add_dp, add_dbias, add_da;
  // between the products
  float* features;  // A R, rows x vectors
  float* weights;   // s R P, inputs x outputs; then dW
  float* numbers;   // a piece of R
  float* scratch;   // sums of dW (CPU)
};

/// Floats of a piece of R, and the lines that one of whole lines has.
INNATE_HD int64_t piece_floats(const Call& c) {
  return larger(c.inputs * smaller(kPanel, c.vectors), c.vectors);
}
INNATE_HD int64_t piece_lines(const Call& c) { return smaller(c.inputs, piece_floats(c) / c.vectors); }

/// Hands out what lies between the products: take(floats) gives a place.
template <class Take>
INNATE_HD void lay_out(Call& c, bool stored, const Take& take) {
  const bool features = c.order == Order::features;
  c.features = features ? take(c.rows * c.vectors) : nullptr;
  c.weights = features ? nullptr : take(c.inputs * c.outputs);
  c.numbers = stored ? nullptr : take(piece_floats(c));
}

namespace products {

INNATE_HD gemm::Product of(float* to, int64_t m, int64_t n, int64_t k, const float* a, const float* b) {
  gemm::Product p;
  p.m = m, p.n = n, p.k = k, p.a = a, p.b = b, p.c = to;
  return p;
}

INNATE_HD gemm::Product of_inputs(const Call& c, float* to, int64_t m, int64_t n, int64_t k, const float* b) {
  gemm::Product p = c.left;
  p.m = m, p.n = n, p.k = k, p.b = b, p.c = to, p.scratch = c.scratch;
  return p;
}

/// A product with R: whole, or in strips that make their part of R before they use it.
template <class Each>
INNATE_HD void with_basis(const Call& c, gemm::Product p, gemm::Axis lines_or_columns, gemm::Axis of_product,
                          const Each& each) {
  if (c.r) return each(p);
  const bool columns = lines_or_columns == gemm::Axis::columns;
  Fill fill{c.seed, 0, c.inputs, 0, c.vectors, c.numbers, lines_or_columns};
  p.strips = of_product;
  each.strips(columns ? c.vectors : c.inputs, columns ? kPanel : piece_lines(c), fill, p);
}

/// dA = s from B^T, whose lines are R's, which are made piece by piece, or W's.
template <class Each>
INNATE_HD void to_inputs(const Call& c, const float* from, int64_t k, const float* b, const float* scale,
                         const Each& each) {
  gemm::Product da = of(c.da, c.rows, c.inputs, k, from, b);
  da.transpose_b = true, da.alpha_at = scale, da.add = c.add_da;
  if (c.order == Order::weights) return each(da);
  with_basis(c, da, gemm::Axis::rows, gemm::Axis::columns, each);
}

}  // namespace products

/// The weights: s R P.
template <class Each>
INNATE_HD void grow(const Call& c, const Each& each) {
  gemm::Product w = products::of(c.weights, c.inputs, c.outputs, c.vectors, c.r ? c.r : c.numbers, c.p);
  w.alpha_at = c.scale;
  products::with_basis(c, w, gemm::Axis::rows, gemm::Axis::rows, each);
}

/// each(product), one after the other; each.strips(extent, width, fill, product) where R is made.
template <class Each>
INNATE_HD void forward(const Call& c, const Each& each) {
  using gemm::Axis;
  const float* r = c.r ? c.r : c.numbers;
  gemm::Product y;
  if (c.order == Order::features) {
    products::with_basis(c, products::of_inputs(c, c.features, c.rows, c.vectors, c.inputs, r), Axis::columns,
                         Axis::columns, each);
    y = products::of(c.y, c.rows, c.outputs, c.vectors, c.features, c.p);
    y.alpha_at = c.scale;
  } else {
    grow(c, each);
    y = products::of_inputs(c, c.y, c.rows, c.outputs, c.inputs, c.weights);
  }
  y.bias = c.bias;
  each(y);
}

/// The same, and each(row sum).
template <class Each>
INNATE_HD void backward(const Call& c, const Each& each) {
  using gemm::Axis;
  if (c.dbias) each(gemm::RowSum{c.rows, c.outputs, c.dy, c.dbias, c.add_dbias});
  if (c.da && c.order == Order::weights) products::to_inputs(c, c.dy, c.outputs, c.weights, nullptr, each);
  if (!c.dp) return;
  gemm::Product dp;
  if (c.order == Order::features) {
    dp = products::of(c.dp, c.vectors, c.outputs, c.rows, c.features, c.dy);
  } else {
    gemm::Product dw = products::of_inputs(c, c.weights, c.inputs, c.outputs, c.rows, c.dy);
    dw.transpose_a = true;
    each(dw);
    dp = products::of(c.dp, c.vectors, c.outputs, c.inputs, c.r ? c.r : c.numbers, c.weights);
  }
  dp.transpose_a = true, dp.alpha_at = c.scale, dp.add = c.add_dp;
  if (c.order == Order::weights) return products::with_basis(c, dp, Axis::columns, Axis::rows, each);
  each(dp);
  if (!c.da) return;
  gemm::Product df = products::of(c.features, c.rows, c.vectors, c.outputs, c.dy, c.p);  // A R is used up
  df.transpose_b = true;
  each(df);
  products::to_inputs(c, c.features, c.vectors, c.r ? c.r : c.numbers, c.scale, each);
}

/// One replica's call of combine or combine_backward, for numbers `first` to first + count - 1: adds their
/// part to theta (which `first` 0 sets to zero before), or writes their dc.
struct Combination {
  int64_t numbers, weights;
  const float* r;  // null: made from the seed
  const uint64_t* seed;
  const float* c;
  const float* scale;  // null: 1
  float* theta;
  const float* dtheta;
  float* dc;
  int64_t first, count;
  bool add;  // to dc
};

INNATE_HD Combination strip_of(Combination c, int64_t first, int64_t count) {
  c.first += first;
  c.count = count;
  return c;
}

template <class Visit>
INNATE_HD void operands_of_numbers(Combination& c, Visit&& visit) {
  visit.in(c.r, c.r ? c.numbers * c.weights : 0, 1);
  visit.in(c.seed, c.r ? 0 : 1, 1);
  visit.in(c.scale, 1, 1);
}
template <class Visit>
INNATE_HD void operands_of_combine(Combination& c, Visit&& visit) {
  operands_of_numbers(c, visit);
  visit.in(c.c, c.numbers, larger(1, c.weights / 16));
  if (c.first == 0 && c.count == c.numbers)
    visit.out(c.theta, c.weights);
  else
    visit.both(c.theta, c.weights);
}
template <class Visit>
INNATE_HD void operands_of_combine_backward(Combination& c, Visit&& visit) {
  operands_of_numbers(c, visit);
  visit.in(c.dtheta, c.weights, c.numbers);
  if (c.add)
    visit.both(c.dc, c.numbers);
  else
    visit.out(c.dc, c.numbers);
}
INNATE_HD Cost cost(const Combination& c) {
  const double count = static_cast<double>(c.numbers) * static_cast<double>(c.weights);
  return {c.r ? count : 60 * count, c.r ? 4 * count : 0};
}

/// The calls of an entry's replicas, as they are handed to a backend.
struct FillCalls {
  int replicas;
  Extents lines, columns;
  const uint64_t* seeds;
  Ragged<float> r;

  INNATE_HD Fill operator()(int i) const {
    return {seeds + i, 0, lines[i], 0, columns[i], r[i], gemm::Axis::none};
  }
};

struct Calls {
  ProductShape shape;
  Inputs inputs;
  Numbers numbers;
  Ragged<const float> p;
  const float* scale = nullptr;
  Ragged<const float> bias;
  Ragged<float> y;
  Ragged<const float> dy;
  Ragged<float> dp, dbias;
  float* workspace = nullptr;
  int64_t stride = 0;  // floats of workspace a replica
  bool training = false;

  /// `sizes`: on the host, where pointers of a device must not be followed.
  INNATE_HD Call of(int i, Order order, bool sizes = false) const {
    Call c{};
    c.rows = shape.rows, c.inputs = shape.inputs, c.outputs = shape.outputs;
    c.vectors = sizes ? (shape.vectors.host ? shape.vectors.host[i] : shape.vectors.most) : shape.vectors[i];
    c.order = order;
    if (sizes)
      c.left.a = inputs.values ? reinterpret_cast<const float*>(uintptr_t{256}) : nullptr;
    else
      gemm::set_inputs(c.left, inputs, i);
    c.scale = views::of(scale, i, sizes);
    c.r = views::of(numbers.stored, i, sizes), c.seed = numbers.stored ? nullptr : numbers.seeds + i;
    c.p = views::of(p, i, sizes), c.bias = views::of(bias, i, sizes), c.dy = views::of(dy, i, sizes);
    c.y = views::of(y, i, sizes), c.dp = views::of(dp, i, sizes), c.dbias = views::of(dbias, i, sizes);
    float* place = sizes ? reinterpret_cast<float*>(uintptr_t{256}) : workspace + i * stride;
    lay_out(c, static_cast<bool>(numbers.stored), [&place](int64_t count) {
      float* taken = place;
      place += (count + 15) / 16 * 16;
      return taken;
    });
    c.scratch = place;
    return c;
  }
};

struct CombinationCalls {
  CombinationShape shape;
  Numbers numbers;
  const float* scale = nullptr;
  Ragged<const float> c;
  Ragged<float> theta;
  Ragged<const float> dtheta;
  Ragged<float> dc;

  INNATE_HD Combination operator()(int i) const {
    Combination call{};
    call.numbers = shape.numbers[i], call.weights = shape.weights;
    call.r = views::of(numbers.stored, i, false), call.seed = numbers.stored ? nullptr : numbers.seeds + i;
    call.c = views::of(c, i, false), call.scale = views::of(scale, i, false);
    call.theta = views::of(theta, i, false), call.dtheta = views::of(dtheta, i, false);
    call.dc = views::of(dc, i, false);
    call.count = call.numbers;
    return call;
  }
};

namespace cpu {
void fill(Context& context, const FillCalls& calls);
void forward(Context& context, const Calls& calls);
void backward(Context& context, const Calls& calls);
void combine(Context& context, const CombinationCalls& calls);
void combine_backward(Context& context, const CombinationCalls& calls);

// One replica on one core.
void run(const Fill& fill);
void combine(const Combination& call);
void combine_backward(const Combination& call);
}  // namespace cpu
namespace cuda {
void fill(Context& context, const FillCalls& calls);
void forward(Context& context, const Calls& calls);
void backward(Context& context, const Calls& calls);
void combine(Context& context, const CombinationCalls& calls);
void combine_backward(Context& context, const CombinationCalls& calls);
}  // namespace cuda

}  // namespace innate::basis
