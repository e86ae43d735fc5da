// Apply: data through the weights that a genome grows, without forming them where that is cheaper.
//
//   y = A W + b,   W = s X O Y^T        (GEM; Barabasi 2023)
//
// A: rows x inputs, floats or 8-bit pixels (their value is inputs.scale * pixel). X: inputs x G. O: G x G,
// O[a][b] with a a gene of the input neuron. Y: outputs x G. b: outputs, optional. y: rows x outputs. All
// row-major, packed, one set a replica. `scale` is one s a replica, in memory of the context (null: s = 1).
//
// The product is contracted in the cheapest of three orders, chosen for each replica from its own shape:
//   genes        ((A X) O) Y^T      rows < outputs
//   interaction  (A X) (O Y^T)
//   weights      A (X (O Y^T))      many rows and more genes than outputs
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/precision.h"
#include "innate/kernels/view.h"

namespace innate::apply {

struct Shape {
  int replicas = 0;
  int rows = 0, inputs = 0, outputs = 0;
  Extents genes;
  /// The share of A that is not zero, as far as the caller knows (it moves the choice of order, not the
  /// result's meaning). Set it from the data set, not from a batch, or results will depend on the batch.
  double density = 1.0;
  Precision precision = Precision::exact;  // of large products
};

enum class Order { genes, interaction, weights };
INNATE_API const char* name(Order order);

/// The order that a replica with this many genes takes: the fewest multiply-adds of forward and, if
/// `training`, backward.
INNATE_API Order order(const Shape& shape, int64_t genes, bool training);

/// The genome's side of the product.
struct Factors {
  Ragged<const float> x, o, y;
  const float* scale = nullptr;
  Ragged<const float> bias;  // optional
};

/// Where gradients go; each may be null and is then not computed.
struct Gradients {
  Ragged<float> x, o, y, bias;
  Ragged<float> inputs;  // dA, rows x inputs
  bool add = false;      // to what they hold, instead of setting them
};

/// Bytes of workspace (256-byte aligned, in memory of the context) that `forward` needs, and `backward` after
/// it, with so many rows or fewer. Throws Error on sizes that are not positive or larger than memory can be.
INNATE_API std::size_t workspace_bytes(const Context& context, const Shape& shape, bool training);

/// Writes y. `training` keeps in the workspace what `backward` needs, and the context notes it: pass the same
/// workspace, untouched (`backward` uses it up). What it gives can be passed on to `backward`.
/// Nothing may alias. Throws Error on sizes that are not positive, null pointers, replicas that share an
/// output, or too small a workspace.
INNATE_API Token forward(Context& context, const Shape& shape, const Inputs& inputs, const Factors& factors,
                         Ragged<float> outputs, bool training, void* workspace, std::size_t workspace_size);

/// From dy (rows x outputs) and what `forward` (with `training`, the same shape and arguments) left in the
/// workspace:
///   dX = s A^T dy Y O^T,  dO = s X^T A^T dy Y,  dY = s dy^T A X O,  db = sum of dy over rows,  dA = s dy Y
///   O^T X^T
/// Throws Error as `forward` does, and where the workspace does not hold what a forward of this context and
/// shape left there (or, with a token, that forward): there was none, a backward has used it up, another
/// entry that was given this workspace wrote to it, or rows, genes, ... are others.
INNATE_API void backward(Context& context, const Shape& shape, const Inputs& inputs, const Factors& factors,
                         Ragged<const float> dy, const Gradients& gradients, void* workspace,
                         std::size_t workspace_size, Token token = {});

}  // namespace innate::apply
