// Wiring: the weights that a genome grows, whole.
//
//   W = s X O Y^T       (GEM; Barabasi 2023, eq. of "Genetic Connectome Model")
//   W = H(X O Y^T)      (binary connectome model: H(v) = 1 where v > 0, else 0)
//
// X: inputs x G, expression of the input neurons. O: G x G, O[a][b] with a a gene of the input neuron, b of
// the output neuron. Y: outputs x G. W: inputs x outputs. All row-major, packed, one set a replica. `scale`
// is one s a replica, in memory of the context (null: s = 1). Use `apply` where only the product with data is
// wanted: it does not form W.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/precision.h"
#include "innate/kernels/view.h"

namespace innate::wiring {

struct Shape {
  int replicas = 0;
  int inputs = 0, outputs = 0;
  Extents genes;
  Precision precision = Precision::exact;  // of large products; the pass over dW is exact
};

struct Options {
  bool threshold = false;  // W = H(X O Y^T); scale is not used, and there is no backward
};

/// Bytes of workspace that `forward` and `backward` need (256-byte aligned, in memory of the context); they
/// leave nothing in it for each other. Throws Error on sizes that are not positive or larger than memory can
/// be.
INNATE_API std::size_t workspace_bytes(const Context& context, const Shape& shape);

/// Writes W. Nothing may alias. Throws Error on sizes that are not positive, null pointers, or too small a
/// workspace.
INNATE_API void forward(Context& context, const Shape& shape, Ragged<const float> x, Ragged<const float> o,
                        Ragged<const float> y, const float* scale, Ragged<float> w, void* workspace,
                        std::size_t workspace_size, Options options = {});

/// From dW (inputs x outputs), read once (on CUDA once for every 128 genes), writes dX (inputs x G), dO (G x
/// G) and dY (outputs x G), or adds them to what is there; any of the three may be null and is then not
/// computed. Nothing may alias.
///   dX = s dW Y O^T,   dO = s X^T dW Y,   dY = s dW^T X O
INNATE_API void backward(Context& context, const Shape& shape, Ragged<const float> x, Ragged<const float> o,
                         Ragged<const float> y, const float* scale, Ragged<const float> dw, Ragged<float> dx,
                         Ragged<float> d_o, Ragged<float> dy, void* workspace, std::size_t workspace_size,
                         bool add = false);

/// The sample deviation of the elements of X O Y^T, in double precision, on the host and from host memory.
/// Used when a genome is drawn, to choose s. Throws Error on sizes that are not positive or null pointers.
INNATE_API double deviation(int inputs, int outputs, int64_t genes, const float* x, const float* o,
                            const float* y);

}  // namespace innate::wiring
