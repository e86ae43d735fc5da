// What both backends share: the order of contraction, the layout of the workspace, and the matrix products
// that each order takes, stage by stage (formulas: apply.h).
#pragma once

#include "innate/kernels/apply.h"
#include "kernels/core/gemm.h"

namespace innate::apply {

/// Multiply-adds of one replica, forward and (training) backward.
INNATE_HD double cost(const Shape& s, double g, Order order, bool training) {
  const double rows = s.rows, in = s.inputs, out = s.outputs, data = s.density * rows * in;
  if (order == Order::genes)
    return data * g + rows * g * g + rows * g * out +
           (training ? data * g + 2 * rows * g * g + 2 * rows * g * out : 0);
  if (order == Order::interaction)
    return data * g + g * g * out + rows * g * out +
           (training ? data * g + 2 * g * g * out + 2 * rows * g * out : 0);
  return g * g * out + in * g * out + data * out +
         (training ? data * out + 2 * in * g * out + 2 * g * g * out : 0);
}

INNATE_HD Order cheapest(const Shape& s, int64_t genes, bool training) {
  const double g = static_cast<double>(genes);
  Order best = Order::interaction;
  if (cost(s, g, Order::genes, training) < cost(s, g, best, training)) best = Order::genes;
  if (cost(s, g, Order::weights, training) < cost(s, g, best, training)) best = Order::weights;
  return best;
}

/// One replica's arrays, and its part of the workspace. Letters as in apply.h; lower-case d for gradients.
struct Replica {
  int64_t rows, inputs, outputs, genes;
  Order order;
  float scale;
  Inputs inputs_view;
  int number;  // of the replica, in inputs_view
  const float *x, *o, *y, *bias, *dy_rows;
  float* out;
  float *dx, *d_o, *d_y, *d_bias, *da;
  // workspace
  float *t, *u, *v, *w;      // t = A X, u = t O, v = O Y^T, w = s X v
  float *dt, *du, *dv, *dw;  // their gradients; dt lies in t's place
  float* scratch;            // a transposed operand (CPU)
};

/// A call, as it is handed to a backend; plain data, so that a kernel can take it by value.
struct Call {
  Shape shape;
  Inputs inputs;
  Factors factors;
  Ragged<float> outputs;
  Ragged<const float> dy;
  Gradients gradients;
  float* workspace = nullptr;
  int64_t stride = 0;  // floats of workspace a replica
  bool training = false;
  bool scratch = false;  // the workspace has room for transposed operands (CPU)

  INNATE_HD Replica operator()(int replica) const;
};

/// Hands out pieces of a replica's workspace; without memory it only counts.
struct Pieces {
  float* base;
  int64_t used;
  INNATE_HD float* take(int64_t count) {
    float* piece = base ? base + used : nullptr;
    used += (count + 15) / 16 * 16;
    return piece;
  }
};

INNATE_HD int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/// Sets the workspace pointers of r; returns the floats needed. `scratch`: whether transposes need room.
INNATE_HD int64_t lay_out(Replica& r, float* base, bool training, bool scratch) {
  Pieces pieces{base, 0};
  const int64_t rg = r.rows * r.genes, go = r.genes * r.outputs, io = r.inputs * r.outputs;
  const bool genes = r.order == Order::genes, weights = r.order == Order::weights;
  r.t = weights ? nullptr : pieces.take(rg);
  r.u = genes ? pieces.take(rg) : nullptr;
  r.v = genes ? nullptr : pieces.take(go);
  r.w = weights ? pieces.take(io) : nullptr;
  if (training) {
    r.dt = r.t;  // t has been used up when dt is made
    r.du = genes ? pieces.take(rg) : nullptr;
    r.dv = genes ? nullptr : pieces.take(go);
    r.dw = weights ? pieces.take(io) : nullptr;
  }
  if (scratch) {
    // Transposed operands, and the sums of dX or dW.
    const int64_t transposed = larger(larger(go, r.genes * r.genes), weights ? io : r.genes * r.inputs);
    const int64_t sums = gemm::sums_size(r.inputs, weights ? r.outputs : r.genes);
    const int64_t forward = go, backward = larger(transposed, sums);
    r.scratch = pieces.take(training ? larger(forward, backward) : forward);
  }
  return pieces.used;
}

INNATE_HD Replica Call::operator()(int i) const {
  Replica r{};
  r.rows = shape.rows;
  r.inputs = shape.inputs;
  r.outputs = shape.outputs;
  r.genes = shape.genes[i];
  r.order = cheapest(shape, r.genes, training);
  r.scale = factors.scale ? factors.scale[i] : 1.0f;
  r.inputs_view = inputs;
  r.number = i;
  r.x = factors.x[i];
  r.o = factors.o[i];
  r.y = factors.y[i];
  r.bias = factors.bias ? factors.bias[i] : nullptr;
  r.out = outputs ? outputs[i] : nullptr;
  r.dy_rows = dy ? dy[i] : nullptr;
  r.dx = gradients.x ? gradients.x[i] : nullptr;
  r.d_o = gradients.o ? gradients.o[i] : nullptr;
  r.d_y = gradients.y ? gradients.y[i] : nullptr;
  r.d_bias = gradients.bias ? gradients.bias[i] : nullptr;
  r.da = gradients.inputs ? gradients.inputs[i] : nullptr;
  lay_out(r, workspace + i * stride, training, scratch);
  return r;
}

/// In the order in which they run.
enum class Stage {
  v,
  t,
  u,
  w,
  out_genes,
  out_interaction,
  out_weights,
  du,
  dy_genes,
  do_genes,
  dt_genes,
  dv,
  dt,
  dx,
  dw,
  dx_weights,
  dv_weights,
  do_v,
  dy_v,
  da,
  da_weights
};

template <class Each>
INNATE_HD void each_forward(const Each& each) {
  for (int s = 0; s <= static_cast<int>(Stage::out_weights); ++s) each(static_cast<Stage>(s));
}
template <class Each>
INNATE_HD void each_backward(const Each& each) {
  for (int s = static_cast<int>(Stage::du); s <= static_cast<int>(Stage::da_weights); ++s)
    each(static_cast<Stage>(s));
}

constexpr bool transposes_a(Stage s) {
  return s == Stage::dy_genes || s == Stage::do_genes || s == Stage::dv || s == Stage::dx || s == Stage::dw ||
         s == Stage::dv_weights || s == Stage::dy_v;
}
constexpr bool transposes_b(Stage s) {
  return s == Stage::v || s == Stage::out_genes || s == Stage::dt_genes || s == Stage::dt ||
         s == Stage::dx_weights || s == Stage::da || s == Stage::da_weights;
}
/// Whether A is the stage's left operand, which may be pixels.
constexpr bool reads_inputs(Stage s) {
  return s == Stage::t || s == Stage::out_weights || s == Stage::dx || s == Stage::dw;
}

/// Whether replicas of this order take the stage.
constexpr bool belongs(Stage s, Order order) {
  switch (s) {
    case Stage::u:
    case Stage::out_genes:
    case Stage::du:
    case Stage::dy_genes:
    case Stage::do_genes:
    case Stage::dt_genes: return order == Order::genes;
    case Stage::out_interaction:
    case Stage::dv:
    case Stage::dt: return order == Order::interaction;
    case Stage::w:
    case Stage::out_weights:
    case Stage::dw:
    case Stage::dx_weights:
    case Stage::dv_weights:
    case Stage::da_weights: return order == Order::weights;
    case Stage::v:
    case Stage::do_v:
    case Stage::dy_v: return order != Order::genes;
    case Stage::t:
    case Stage::dx:
    case Stage::da: return order != Order::weights;
  }
  return false;
}

/// The stage's product for one replica; m = 0 where the replica does not take it or nobody asked for its
/// result.
INNATE_HD gemm::Product product(Stage stage, const Replica& r) {
  gemm::Product p;
  p.transpose_a = transposes_a(stage);
  p.transpose_b = transposes_b(stage);
  const auto set = [&p](float* c, int64_t m, int64_t n, int64_t k, const float* a, const float* b,
                        float alpha) {
    if (c == nullptr) return;
    p.c = c, p.m = m, p.n = n, p.k = k, p.a = a, p.b = b, p.alpha = alpha;
  };
  if (!belongs(stage, r.order)) return p;
  const int64_t rows = r.rows, in = r.inputs, out = r.outputs, g = r.genes;
  switch (stage) {
    case Stage::v: set(r.v, g, out, g, r.o, r.y, 1.0f); break;
    case Stage::t: set(r.t, rows, g, in, nullptr, r.x, 1.0f); break;
    case Stage::u: set(r.u, rows, g, g, r.t, r.o, 1.0f); break;
    case Stage::w: set(r.w, in, out, g, r.x, r.v, r.scale); break;
    case Stage::out_genes: set(r.out, rows, out, g, r.u, r.y, r.scale); break;
    case Stage::out_interaction: set(r.out, rows, out, g, r.t, r.v, r.scale); break;
    case Stage::out_weights: set(r.out, rows, out, in, nullptr, r.w, 1.0f); break;
    case Stage::du: set(r.du, rows, g, out, r.dy_rows, r.y, r.scale); break;
    case Stage::dy_genes: set(r.d_y, out, g, rows, r.dy_rows, r.u, r.scale); break;
    case Stage::do_genes: set(r.d_o, g, g, rows, r.t, r.du, 1.0f); break;
    case Stage::dt_genes: set(r.dt, rows, g, g, r.du, r.o, 1.0f); break;
    case Stage::dv: set(r.dv, g, out, rows, r.t, r.dy_rows, r.scale); break;
    case Stage::dt: set(r.dt, rows, g, out, r.dy_rows, r.v, r.scale); break;
    case Stage::dx: set(r.dx, in, g, rows, nullptr, r.dt, 1.0f); break;
    case Stage::dw: set(r.dw, in, out, rows, nullptr, r.dy_rows, 1.0f); break;
    case Stage::dx_weights: set(r.dx, in, g, out, r.dw, r.v, r.scale); break;
    case Stage::dv_weights: set(r.dv, g, out, in, r.x, r.dw, r.scale); break;
    case Stage::do_v: set(r.d_o, g, g, out, r.dv, r.y, 1.0f); break;
    case Stage::dy_v: set(r.d_y, out, g, g, r.dv, r.o, 1.0f); break;
    case Stage::da: set(r.da, rows, in, g, r.dt, r.x, 1.0f); break;
    case Stage::da_weights: set(r.da, rows, in, out, r.dy_rows, r.w, 1.0f); break;
  }
  if (reads_inputs(stage)) gemm::set_inputs(p, r.inputs_view, r.number);
  const bool adds_bias =
      stage == Stage::out_genes || stage == Stage::out_interaction || stage == Stage::out_weights;
  if (adds_bias) p.bias = r.bias;
  return p;
}

namespace cpu {
void forward(Context& context, const Call& call);
void backward(Context& context, const Call& call);
}  // namespace cpu
namespace cuda {
void forward(Context& context, const Call& call);
void backward(Context& context, const Call& call);
}  // namespace cuda

}  // namespace innate::apply
