// What both backends and programs share: the order of contraction, what lies between the products, and the
// matrix products that each order takes (formulas: apply.h).
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

inline Order cheapest(const Shape& s, int64_t genes, bool training) {
  const double g = static_cast<double>(genes);
  Order best = Order::interaction;
  if (cost(s, g, Order::genes, training) < cost(s, g, best, training)) best = Order::genes;
  if (cost(s, g, Order::weights, training) < cost(s, g, best, training)) best = Order::weights;
  return best;
}

/// One replica's call. Letters as in apply.h; a lower-case d for gradients, of which those that are null are
/// not computed.
struct Call {
  int64_t rows, inputs, outputs, genes;
  Order order;
  gemm::Product left;  // A, as a product's left operand, and the precision; nothing else of it is set
  const float* scale;  // null: 1
  const float *x, *o, *y, *bias, *dy;
  float* out;
  float *dx, *d_o, *d_y, *d_bias, *da;
  bool add_dx, add_do, add_dy, add_dbias, add_da;  // to what the gradient holds
  // between the products
  float *t, *u, *v, *w;  // t = A X, u = t O, v = O Y^T, w = s X v
  float *du, *dv, *dw;   // their gradients; t's lies in t's place
  float* scratch;        // behind them (CPU): the largest that a product needs
};

/// Hands out what lies between the products: take(floats) gives a place.
template <class Take>
INNATE_HD void lay_out(Call& c, bool training, const Take& take) {
  const int64_t rg = c.rows * c.genes, go = c.genes * c.outputs, io = c.inputs * c.outputs;
  const bool genes = c.order == Order::genes, weights = c.order == Order::weights;
  c.t = weights ? nullptr : take(rg);
  c.u = genes ? take(rg) : nullptr;
  c.v = genes ? nullptr : take(go);
  c.w = weights ? take(io) : nullptr;
  c.du = genes && training ? take(rg) : nullptr;
  c.dv = !genes && training ? take(go) : nullptr;
  c.dw = weights && training ? take(io) : nullptr;
}

namespace products {

INNATE_HD gemm::Product of(float* c, int64_t m, int64_t n, int64_t k, const float* a, const float* b) {
  gemm::Product p;
  p.m = m, p.n = n, p.k = k, p.a = a, p.b = b, p.c = c;
  return p;
}
INNATE_HD gemm::Product of(const Call& call, float* c, int64_t m, int64_t n, int64_t k, const float* a,
                           const float* b) {
  gemm::Product p = of(c, m, n, k, a, b);
  p.precision = call.left.precision;
  return p;
}
/// With A, or A^T, on the left.
INNATE_HD gemm::Product of_inputs(const Call& call, float* c, int64_t m, int64_t n, int64_t k,
                                  const float* b) {
  gemm::Product p = call.left;
  p.m = m, p.n = n, p.k = k, p.b = b, p.c = c;
  return p;
}

}  // namespace products

/// each(product), one after the other.
template <class Each>
INNATE_HD void forward(const Call& c, const Each& each) {
  using products::of;
  const int64_t rows = c.rows, in = c.inputs, out = c.outputs, g = c.genes;
  if (c.order != Order::genes) {
    gemm::Product v = of(c, c.v, g, out, g, c.o, c.y);
    v.transpose_b = true;
    each(v);
  }
  if (c.order == Order::weights) {
    gemm::Product w = of(c, c.w, in, out, g, c.x, c.v);
    w.alpha_at = c.scale;
    each(w);
    gemm::Product y = products::of_inputs(c, c.out, rows, out, in, c.w);
    y.bias = c.bias;
    return each(y);
  }
  each(products::of_inputs(c, c.t, rows, g, in, c.x));
  if (c.order == Order::genes) each(of(c, c.u, rows, g, g, c.t, c.o));
  gemm::Product y =
      c.order == Order::genes ? of(c, c.out, rows, out, g, c.u, c.y) : of(c, c.out, rows, out, g, c.t, c.v);
  y.transpose_b = c.order == Order::genes;
  y.alpha_at = c.scale;
  y.bias = c.bias;
  each(y);
}

namespace products {

/// A gradient, where somebody wants it.
template <class Each>
INNATE_HD void gradient(gemm::Product p, bool transpose_a, bool transpose_b, const float* scale, bool add,
                        const Each& each) {
  if (!p.c) return;
  p.transpose_a = transpose_a, p.transpose_b = transpose_b, p.alpha_at = scale, p.add = add;
  each(p);
}

template <class Each>
INNATE_HD void backward_genes(const Call& c, const Each& each) {
  const int64_t rows = c.rows, out = c.outputs, g = c.genes;
  gradient(of(c, c.du, rows, g, out, c.dy, c.y), false, false, c.scale, false, each);
  gradient(of(c, c.d_y, out, g, rows, c.dy, c.u), true, false, c.scale, c.add_dy, each);
  gradient(of(c, c.d_o, g, g, rows, c.t, c.du), true, false, nullptr, c.add_do, each);
  gradient(of(c, c.t, rows, g, g, c.du, c.o), false, true, nullptr, false, each);
}

template <class Each>
INNATE_HD void backward_interaction(const Call& c, const Each& each) {
  const int64_t rows = c.rows, out = c.outputs, g = c.genes;
  gradient(of(c, c.dv, g, out, rows, c.t, c.dy), true, false, c.scale, false, each);
  gradient(of(c, c.t, rows, g, out, c.dy, c.v), false, true, c.scale, false, each);
}

template <class Each>
INNATE_HD void backward_weights(const Call& c, const Each& each) {
  const int64_t in = c.inputs, out = c.outputs, g = c.genes;
  gradient(of_inputs(c, c.dw, in, out, c.rows, c.dy), true, false, nullptr, false, each);
  gradient(of(c, c.dx, in, g, out, c.dw, c.v), false, true, c.scale, c.add_dx, each);
  gradient(of(c, c.dv, g, out, in, c.x, c.dw), true, false, c.scale, false, each);
}

}  // namespace products

/// each(product) and each(row sum), one after the other.
template <class Each>
INNATE_HD void backward(const Call& c, const Each& each) {
  using products::gradient;
  using products::of;
  const int64_t rows = c.rows, in = c.inputs, out = c.outputs, g = c.genes;
  const bool weights = c.order == Order::weights;
  if (c.order == Order::genes)
    products::backward_genes(c, each);
  else if (weights)
    products::backward_weights(c, each);
  else
    products::backward_interaction(c, each);
  if (!weights)  // t holds its gradient by now
    gradient(products::of_inputs(c, c.dx, in, g, rows, c.t), true, false, nullptr, c.add_dx, each);
  if (c.order != Order::genes) {
    gradient(of(c, c.d_o, g, g, out, c.dv, c.y), false, false, nullptr, c.add_do, each);
    gradient(of(c, c.d_y, out, g, g, c.dv, c.o), true, false, nullptr, c.add_dy, each);
  }
  gradient(weights ? of(c, c.da, rows, in, out, c.dy, c.w) : of(c, c.da, rows, in, g, c.t, c.x), false, true,
           nullptr, c.add_da, each);
  if (c.d_bias) each(gemm::RowSum{rows, out, c.dy, c.d_bias, c.add_dbias});
}

/// The calls of an entry's replicas, as it is handed to a backend.
struct Calls {
  Shape shape;
  Inputs inputs;
  Factors factors;
  Ragged<float> outputs;
  Ragged<const float> dy;
  Gradients gradients;
  float* workspace = nullptr;
  int64_t stride = 0;  // floats of workspace a replica
  bool training = false;

  /// `sizes`: on the host, where pointers of a device must not be followed.
  INNATE_HD Call of(int replica, Order order, bool sizes = false) const;
};

INNATE_HD Call Calls::of(int i, Order order, bool sizes) const {
  Call c{};
  c.rows = shape.rows, c.inputs = shape.inputs, c.outputs = shape.outputs;
  c.genes = sizes ? (shape.genes.host ? shape.genes.host[i] : shape.genes.most) : shape.genes[i];
  c.order = order;
  if (sizes)
    c.left.a = inputs.values ? reinterpret_cast<const float*>(uintptr_t{256}) : nullptr;
  else
    gemm::set_inputs(c.left, inputs, i);
  c.left.precision = shape.precision;
  c.scale = views::of(factors.scale, i, sizes);
  c.x = views::of(factors.x, i, sizes), c.o = views::of(factors.o, i, sizes);
  c.y = views::of(factors.y, i, sizes), c.bias = views::of(factors.bias, i, sizes);
  c.dy = views::of(dy, i, sizes), c.out = views::of(outputs, i, sizes);
  c.dx = views::of(gradients.x, i, sizes), c.d_o = views::of(gradients.o, i, sizes);
  c.d_y = views::of(gradients.y, i, sizes), c.d_bias = views::of(gradients.bias, i, sizes);
  c.da = views::of(gradients.inputs, i, sizes);
  c.add_dx = c.add_do = c.add_dy = c.add_dbias = c.add_da = gradients.add;
  float* place = sizes ? reinterpret_cast<float*>(uintptr_t{256}) : workspace + i * stride;
  lay_out(c, training, [&place](int64_t count) {
    float* taken = place;
    place += (count + 15) / 16 * 16;
    return taken;
  });
  c.scratch = place;
  return c;
}

namespace cpu {
void forward(Context& context, const Calls& calls);
void backward(Context& context, const Calls& calls);
}  // namespace cpu
namespace cuda {
void forward(Context& context, const Calls& calls);
void backward(Context& context, const Calls& calls);
}  // namespace cuda

}  // namespace innate::apply
