// Dense: data through weights that are learned one by one (the direct network that genomes are compared
// with).
//
//   y = A W + b
//
// A: rows x inputs, floats or 8-bit pixels. W: inputs x outputs. b: outputs, optional. y: rows x outputs. All
// row-major, packed, one set a replica. Every sum runs over its index in ascending order with one fused
// multiply-add a term, unless shape.precision asks otherwise of large products.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/precision.h"
#include "innate/kernels/view.h"

namespace innate::dense {

struct Shape {
  int replicas = 0;
  int rows = 0, inputs = 0, outputs = 0;
  Precision precision = Precision::exact;
};

/// Each may be null and is then not computed.
struct Gradients {
  Ragged<float> weights, bias;
  Ragged<float> inputs;  // dA, rows x inputs
  bool add = false;      // to what they hold, instead of setting them
};

/// Bytes of workspace (256-byte aligned, in memory of the context) that `backward` needs; it may hold
/// anything before. Throws Error on sizes that are not positive or larger than memory can be.
INNATE_API std::size_t workspace_bytes(const Context& context, const Shape& shape);

/// Writes y. Nothing may alias. Throws Error on sizes that are not positive or null pointers.
INNATE_API void forward(Context& context, const Shape& shape, const Inputs& inputs,
                        Ragged<const float> weights, Ragged<const float> bias, Ragged<float> outputs);

/// dW = A^T dy,  db = sum of dy over rows,  dA = dy W^T.
INNATE_API void backward(Context& context, const Shape& shape, const Inputs& inputs,
                         Ragged<const float> weights, Ragged<const float> dy, const Gradients& gradients,
                         void* workspace, std::size_t workspace_size);

}  // namespace innate::dense
