#include "innate/kernels/dense.h"

#include "kernels/core/choose.h"
#include "kernels/dense/call.h"

namespace innate::dense {

namespace {

using Run = void(Context&, const Calls&);
constexpr Implementation<Run> kForwards[] =
    INNATE_IMPLEMENTATIONS(forward, "cuda, tiles", "cpu, one replica a core");
constexpr Implementation<Run> kBackwards[] =
    INNATE_IMPLEMENTATIONS(backward, "cuda, tiles", "cpu, one replica a core");

void check(const Context& context, const char* entry, const Shape& s, const Inputs& inputs,
           Ragged<const float> weights) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "rows", s.rows);
  require_positive(entry, "inputs", s.inputs);
  require_positive(entry, "outputs", s.outputs);
  require_inputs(context, entry, inputs);
  require_pointer(entry, "weights", static_cast<bool>(weights));
}

std::string detail(const Context& context, const Shape& s) {
  if (!context.traced()) return "";
  return "rows " + text(s.rows) + ", inputs " + text(s.inputs) + ", outputs " + text(s.outputs);
}

}  // namespace

std::size_t workspace_bytes(const Context& context, const Shape& s) {
  if (context.backend() == Backend::cuda) return 0;
  return sizeof(float) * static_cast<std::size_t>(s.replicas * scratch_floats(s));
}

void forward(Context& context, const Shape& shape, const Inputs& inputs, Ragged<const float> weights,
             Ragged<const float> bias, Ragged<float> outputs) {
  check(context, "dense/forward", shape, inputs, weights);
  require_pointer("dense/forward", "outputs", static_cast<bool>(outputs));
  Calls call;
  call.shape = shape, call.inputs = inputs, call.weights = weights, call.bias = bias, call.outputs = outputs;
  run_first("dense/forward", kForwards, context, detail(context, shape), call);
}

void backward(Context& context, const Shape& shape, const Inputs& inputs, Ragged<const float> weights,
              Ragged<const float> dy, const Gradients& gradients, void* workspace,
              std::size_t workspace_size) {
  check(context, "dense/backward", shape, inputs, weights);
  require_pointer("dense/backward", "dy", static_cast<bool>(dy));
  require_workspace("dense/backward", workspace, workspace_size, workspace_bytes(context, shape));
  Calls call;
  call.shape = shape, call.inputs = inputs, call.weights = weights, call.dy = dy, call.gradients = gradients;
  call.workspace = static_cast<float*>(workspace);
  run_first("dense/backward", kBackwards, context, detail(context, shape), call);
}

}  // namespace innate::dense
