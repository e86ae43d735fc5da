// What both backends share: the layout of the workspace and the small matrix products (formulas: wiring.h).
#pragma once

#include "innate/kernels/wiring.h"
#include "kernels/core/gemm.h"

namespace innate::wiring {

/// dW is read in tiles of this many rows. Each tile gives a part of X^T dW, and the parts are added in
/// ascending order, on both backends: the number is part of the results' definition.
constexpr int kTileRows = 64;

/// A call, as it is handed to a backend; plain data, so that a kernel can take it by value.
struct Call {
  Shape shape;
  Ragged<const float> x, o, y;
  const float* scale = nullptr;
  Ragged<float> w;
  bool threshold = false;
  Ragged<const float> dw;
  Ragged<float> dx, d_o, dy;
  bool add = false;  // to what they hold
  float* workspace = nullptr;
  int64_t piece = 0;  // floats of one G x outputs array in the workspace
  int64_t parts = 0;  // such arrays a replica has for parts of X^T dW

  INNATE_HD float* at(int replica, int64_t which) const {
    return workspace + (replica * (3 + parts) + which) * piece;
  }
  INNATE_HD float* v(int replica) const { return at(replica, 0); }        // O Y^T
  INNATE_HD float* scratch(int replica) const { return at(replica, 1); }  // v^T or Y^T (CPU)
  INNATE_HD float* dv(int replica) const { return at(replica, 2); }       // s X^T dW
  INNATE_HD float* part(int replica, int64_t tile) const { return at(replica, 3 + tile); }
  INNATE_HD float scale_of(int replica) const { return scale && !threshold ? scale[replica] : 1.0f; }
};

namespace products {

INNATE_HD gemm::Product of(const Call& call, float* c, int64_t m, int64_t n, int64_t k, const float* a,
                           const float* b) {
  gemm::Product p;
  p.precision = call.shape.precision;
  p.m = m, p.n = n, p.k = k, p.a = a, p.b = b, p.c = c;
  return p;
}

INNATE_HD gemm::Product v(const Call& call, int i) {
  const int64_t g = call.shape.genes[i];
  gemm::Product p = of(call, call.v(i), g, call.shape.outputs, g, call.o[i], call.y[i]);
  p.transpose_b = true;
  return p;
}
INNATE_HD gemm::Product w(const Call& call, int i) {
  gemm::Product p =
      of(call, call.w[i], call.shape.inputs, call.shape.outputs, call.shape.genes[i], call.x[i], call.v(i));
  p.alpha = call.scale_of(i);
  return p;
}
INNATE_HD gemm::Product d_o(const Call& call, int i) {
  const int64_t g = call.shape.genes[i];
  gemm::Product p = of(call, call.d_o[i], g, g, call.shape.outputs, call.dv(i), call.y[i]);
  p.add = call.add;
  return p;
}
INNATE_HD gemm::Product dy(const Call& call, int i) {
  const int64_t g = call.shape.genes[i];
  gemm::Product p = of(call, call.dy[i], call.shape.outputs, g, g, call.dv(i), call.o[i]);
  p.transpose_a = true;
  p.add = call.add;
  return p;
}

}  // namespace products

namespace cpu {
void forward(Context& context, const Call& call);
void backward(Context& context, const Call& call);
}  // namespace cpu
namespace cuda {
void forward(Context& context, const Call& call);
void backward(Context& context, const Call& call);
}  // namespace cuda

}  // namespace innate::wiring
