// Wiring on the CPU: one replica on one core.
#include "kernels/core/parallel.h"
#include "kernels/wiring/call.h"

namespace innate::wiring::cpu {

namespace {

void forward(const Call& call, int i) {
  gemm::multiply(products::v(call, i), call.scratch(i));
  const gemm::Product w = products::w(call, i);
  gemm::multiply(w, nullptr);
  if (!call.threshold) return;
  for (int64_t e = 0; e < w.m * w.n; ++e) w.c[e] = w.c[e] > 0.0f ? 1.0f : 0.0f;
}

/// One tile of dW gives its rows of dX and its part of X^T dW, while it is in the cache.
void backward_tile(const Call& call, int i, int64_t first, int64_t rows) {
  const int64_t g = call.shape.genes[i], out = call.shape.outputs;
  const float* dw = call.dw[i] + first * out;
  gemm::Product p;
  p.alpha = call.scale_of(i);
  if (call.dx) {
    p.m = rows, p.n = g, p.k = out, p.a = dw, p.b = call.scratch(i), p.c = call.dx[i] + first * g;
    p.add = call.add;
    gemm::multiply(p, nullptr);
    p.add = false;
  }
  if (!call.d_o && !call.dy) return;
  p.m = g, p.n = out, p.k = rows, p.a = call.x[i] + first * g, p.b = dw, p.c = call.part(i, 0),
  p.transpose_a = true;
  gemm::multiply(p, nullptr);
  float* dv = call.dv(i);
  for (int64_t e = 0; e < g * out; ++e) dv[e] = (first == 0 ? 0.0f : dv[e]) + p.c[e];
}

void backward(const Call& call, int i) {
  const int64_t in = call.shape.inputs, g = call.shape.genes[i];
  gemm::multiply(products::v(call, i), call.scratch(i));
  gemm::transpose(call.v(i), g, call.shape.outputs, call.scratch(i));
  for (int64_t first = 0; first < in; first += kTileRows)
    backward_tile(call, i, first, in - first < kTileRows ? in - first : kTileRows);
  if (call.d_o) gemm::multiply(products::d_o(call, i), nullptr);
  if (call.dy) gemm::multiply(products::dy(call, i), nullptr);
}

}  // namespace

void forward(Context& context, const Call& call) {
  parallel_for(call.shape.replicas, context.threads(),
               [&](int64_t i) { forward(call, static_cast<int>(i)); });
}

void backward(Context& context, const Call& call) {
  parallel_for(call.shape.replicas, context.threads(),
               [&](int64_t i) { backward(call, static_cast<int>(i)); });
}

}  // namespace innate::wiring::cpu
