// What both backends share: the order of contraction, the layout of the workspace, and the matrix products of
// each stage (formulas: basis.h). Where R is not stored, pieces of it are made in the scratch and used up:
// for features and dP kPanel columns at a time, for W as many lines as then find room.
#pragma once

#include "innate/kernels/basis.h"
#include "kernels/core/gemm.h"

namespace innate::basis {

constexpr int64_t kPanel = 64;  // columns of R; a multiple of 4

INNATE_HD int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
INNATE_HD int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

/// Multiply-adds of one replica, forward and (training) backward.
INNATE_HD double cost(const ProductShape& s, double vectors, Order order, bool training) {
  const double rows = s.rows, in = s.inputs, out = s.outputs, data = s.density * rows * in;
  if (order == Order::features) return data * vectors + (training ? 2 : 1) * rows * vectors * out;
  return (training ? 2 : 1) * (in * vectors * out + data * out);
}

INNATE_HD Order cheapest(const ProductShape& s, int64_t vectors, bool training) {
  const double v = static_cast<double>(vectors);
  return cost(s, v, Order::features, training) <= cost(s, v, Order::weights, training) ? Order::features
                                                                                       : Order::weights;
}

/// One replica's arrays, and its part of the workspace.
struct Replica {
  int64_t rows, inputs, outputs, vectors;
  Order order;
  float scale;
  Inputs inputs_view;
  int number;      // of the replica, in inputs_view
  const float* r;  // null: made from the seed
  uint64_t seed;
  const float *p, *bias, *dy;
  float *y, *dp, *dbias;
  // workspace
  float* features;  // A R, rows x vectors
  float* weights;   // s R P, inputs x outputs; then dW
  float* numbers;   // a piece of R
  float* panel;     // A times a panel of R
  float* scratch;   // sums of dW (CPU)
};

/// A call, as it is handed to a backend; plain data, so that a kernel can take it by value.
struct Call {
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
  bool scratch = false;  // CPU

  INNATE_HD Replica operator()(int replica) const;
};

/// Floats of a piece of R.
INNATE_HD int64_t piece_floats(const Replica& r) {
  return most(r.inputs * least(kPanel, r.vectors), r.vectors);
}
/// Lines of R in a piece of whole lines.
INNATE_HD int64_t piece_lines(const Replica& r) { return least(r.inputs, piece_floats(r) / r.vectors); }

/// Sets the workspace pointers of r; returns the floats needed.
INNATE_HD int64_t lay_out(Replica& r, float* base, bool stored, bool training, bool scratch) {
  int64_t used = 0;
  const auto take = [&](bool wanted, int64_t count) -> float* {
    if (!wanted) return nullptr;
    float* place = base ? base + used : nullptr;
    used += (count + 15) / 16 * 16;
    return place;
  };
  const bool features = r.order == Order::features;
  r.features = take(features, r.rows * r.vectors);
  r.weights = take(!features, r.inputs * r.outputs);
  r.numbers = take(!stored, piece_floats(r));
  r.panel = take(!stored && features, r.rows * least(kPanel, r.vectors));
  r.scratch = take(scratch && training && !features, gemm::sums_size(r.inputs, r.outputs));
  return used;
}

INNATE_HD Replica Call::operator()(int i) const {
  Replica r{};
  r.rows = shape.rows, r.inputs = shape.inputs, r.outputs = shape.outputs, r.vectors = shape.vectors[i];
  r.order = cheapest(shape, r.vectors, training);
  r.scale = scale ? scale[i] : 1.0f;
  r.inputs_view = inputs;
  r.number = i;
  r.r = numbers.stored ? numbers.stored[i] : nullptr;
  r.seed = numbers.stored ? 0 : numbers.seeds[i];
  r.p = p ? p[i] : nullptr;
  r.bias = bias ? bias[i] : nullptr;
  r.dy = dy ? dy[i] : nullptr;
  r.y = y ? y[i] : nullptr;
  r.dp = dp ? dp[i] : nullptr;
  r.dbias = dbias ? dbias[i] : nullptr;
  lay_out(r, workspace + i * stride, static_cast<bool>(numbers.stored), training, scratch);
  return r;
}

enum class Stage { features, weights, out_features, out_weights, dp_features, dw, dp_weights };

constexpr bool transposes_a(Stage s) {
  return s == Stage::dp_features || s == Stage::dw || s == Stage::dp_weights;
}
/// Whether A is the stage's left operand, which may be pixels.
constexpr bool reads_inputs(Stage s) {
  return s == Stage::features || s == Stage::out_weights || s == Stage::dw;
}
constexpr Order order_of(Stage s) {
  return s == Stage::features || s == Stage::out_features || s == Stage::dp_features ? Order::features
                                                                                     : Order::weights;
}

/// The stage's product for one replica; m = 0 where it does not take the stage.
INNATE_HD gemm::Product product(Stage stage, const Replica& r) {
  gemm::Product p;
  p.transpose_a = transposes_a(stage);
  if (order_of(stage) != r.order) return p;
  const auto set = [&p](float* c, int64_t m, int64_t n, int64_t k, const float* a, const float* b,
                        float alpha) {
    if (c == nullptr) return;
    p.c = c, p.m = m, p.n = n, p.k = k, p.a = a, p.b = b, p.alpha = alpha;
  };
  const int64_t rows = r.rows, in = r.inputs, out = r.outputs, v = r.vectors;
  switch (stage) {
    case Stage::features: set(r.features, rows, v, in, nullptr, r.r, 1.0f); break;
    case Stage::weights: set(r.weights, in, out, v, r.r, r.p, r.scale); break;
    case Stage::out_features: set(r.y, rows, out, v, r.features, r.p, r.scale); break;
    case Stage::out_weights: set(r.y, rows, out, in, nullptr, r.weights, 1.0f); break;
    case Stage::dp_features: set(r.dp, v, out, rows, r.features, r.dy, r.scale); break;
    case Stage::dw: set(r.dp ? r.weights : nullptr, in, out, rows, nullptr, r.dy, 1.0f); break;
    case Stage::dp_weights: set(r.dp, v, out, in, r.r, r.weights, r.scale); break;
  }
  if (reads_inputs(stage)) gemm::set_inputs(p, r.inputs_view, r.number);
  if (stage == Stage::out_features || stage == Stage::out_weights) p.bias = r.bias;
  return p;
}

/// A piece of R, packed in r.numbers: lines from `line` on, columns from `column` (a multiple of 4) on.
struct Piece {
  int64_t line, lines, column, columns;
};

INNATE_HD Piece panel_of(const Replica& r, int64_t column) {
  return {0, r.inputs, column, least(kPanel, r.vectors - column)};
}
INNATE_HD Piece lines_of(const Replica& r, int64_t line) {
  return {line, least(piece_lines(r), r.inputs - line), 0, r.vectors};
}

/// The part of a stage's product that a piece of R gives: of `features` and `dp_weights` for a panel, of
/// `weights` for lines. Features go to r.panel, from where they have to be moved.
INNATE_HD gemm::Product product(Stage stage, const Replica& r, const Piece& piece) {
  gemm::Product p = product(stage, r);
  if (p.m == 0) return p;
  if (stage == Stage::features) {
    p.n = piece.columns, p.b = r.numbers, p.c = r.panel;
  } else if (stage == Stage::weights) {
    p.m = piece.lines, p.a = r.numbers, p.c += piece.line * r.outputs;
  } else {
    p.m = piece.columns, p.a = r.numbers, p.c += piece.column * r.outputs;
  }
  return p;
}

/// A call of fill: R whole, to `r`.
struct FillCall {
  int replicas;
  Extents lines, columns;
  const uint64_t* seeds;
  Ragged<float> r;
};

/// A call of combine or combine_backward.
struct CombinationCall {
  CombinationShape shape;
  Numbers numbers;
  const float* scale = nullptr;
  Ragged<const float> c;
  Ragged<float> theta;
  Ragged<const float> dtheta;
  Ragged<float> dc;
};

namespace cpu {
void fill(Context& context, const FillCall& call);
void forward(Context& context, const Call& call);
void backward(Context& context, const Call& call);
void combine(Context& context, const CombinationCall& call);
void combine_backward(Context& context, const CombinationCall& call);
}  // namespace cpu
namespace cuda {
void fill(Context& context, const FillCall& call);
void forward(Context& context, const Call& call);
void backward(Context& context, const Call& call);
void combine(Context& context, const CombinationCall& call);
void combine_backward(Context& context, const CombinationCall& call);
}  // namespace cuda

}  // namespace innate::basis
