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

enum class Stage { v, w, d_o, dy };
constexpr bool transposes_a(Stage s) { return s == Stage::dy; }
constexpr bool transposes_b(Stage s) { return s == Stage::v; }

INNATE_HD gemm::Product product(Stage stage, const Call& call, int i) {
  gemm::Product p;
  const int64_t g = call.shape.genes[i], in = call.shape.inputs, out = call.shape.outputs;
  p.transpose_a = transposes_a(stage);
  p.transpose_b = transposes_b(stage);
  switch (stage) {
    case Stage::v: p.m = g, p.n = out, p.k = g, p.a = call.o[i], p.b = call.y[i], p.c = call.v(i); break;
    case Stage::w:
      p.m = in, p.n = out, p.k = g, p.a = call.x[i], p.b = call.v(i), p.c = call.w[i];
      p.alpha = call.scale_of(i);
      break;
    case Stage::d_o: p.m = g, p.n = g, p.k = out, p.a = call.dv(i), p.b = call.y[i], p.c = call.d_o[i]; break;
    case Stage::dy: p.m = out, p.n = g, p.k = g, p.a = call.dv(i), p.b = call.o[i], p.c = call.dy[i]; break;
  }
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

}  // namespace innate::wiring
