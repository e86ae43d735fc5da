#include "innate/kernels/dense.h"

#include "kernels/core/choose.h"
#include "kernels/core/given.h"
#include "kernels/core/kept.h"
#include "kernels/dense/call.h"

namespace innate::dense {

namespace {

using Run = void(Context&, const Calls&);
constexpr Implementation<Run> kForwards[] =
    INNATE_IMPLEMENTATIONS(forward, "cuda, tiles", "cpu, one replica a core");
constexpr Implementation<Run> kBackwards[] =
    INNATE_IMPLEMENTATIONS(backward, "cuda, tiles", "cpu, one replica a core");

void check_sizes(const char* entry, const Shape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "rows", s.rows);
  require_positive(entry, "inputs", s.inputs);
  require_positive(entry, "outputs", s.outputs);
  require_elements(entry, "rows x inputs", s.rows, s.inputs);
  require_elements(entry, "rows x outputs", s.rows, s.outputs);
  require_elements(entry, "inputs x outputs", s.inputs, s.outputs);
}

/// The call of an entry, checked, but for what only one of the two has.
Calls call_of(Given& given, const Shape& s, const Inputs& inputs, Ragged<const float> weights) {
  given.inputs(inputs, s.rows, s.inputs).in("weights", weights, int64_t{s.inputs} * s.outputs);
  Calls call;
  call.shape = s, call.inputs = inputs, call.weights = weights;
  return call;
}

std::size_t bytes(const char* entry, const Context& context, const Shape& s) {
  check_sizes(entry, s);
  return context.backend() == Backend::cuda ? 0 : require_bytes(entry, s.replicas, scratch_floats(s));
}

std::string detail(const Context& context, const Shape& s) {
  if (!context.traced()) return "";
  return "rows " + text(s.rows) + ", inputs " + text(s.inputs) + ", outputs " + text(s.outputs);
}

}  // namespace

std::size_t workspace_bytes(const Context& context, const Shape& s) {
  return bytes("dense/workspace_bytes", context, s);
}

void forward(Context& context, const Shape& shape, const Inputs& inputs, Ragged<const float> weights,
             Ragged<const float> bias, Ragged<float> outputs) {
  Given given = begin(context, "dense/forward", shape, check_sizes);
  Calls call = call_of(given, shape, inputs, weights);
  given.maybe_in("bias", bias, shape.outputs)
      .out("outputs", outputs, int64_t{shape.rows} * shape.outputs)
      .separate();
  call.bias = bias, call.outputs = outputs;
  run_first(given.entry(), kForwards, context, detail(context, shape), call);
}

void backward(Context& context, const Shape& shape, const Inputs& inputs, Ragged<const float> weights,
              Ragged<const float> dy, const Gradients& gradients, void* workspace,
              std::size_t workspace_size) {
  Given given = begin(context, "dense/backward", shape, check_sizes);
  Calls call = call_of(given, shape, inputs, weights);
  const int64_t in = shape.inputs, out = shape.outputs, rows = shape.rows;
  const std::size_t needed = bytes(given.entry(), context, shape);
  given.in("dy", dy, rows * out)
      .maybe_out("gradients.weights", gradients.weights, in * out)
      .maybe_out("gradients.bias", gradients.bias, out)
      .maybe_out("gradients.inputs", gradients.inputs, rows * in)
      .workspace(workspace, workspace_size, needed)
      .separate();
  call.dy = dy, call.gradients = gradients;
  call.workspace = static_cast<float*>(workspace);
  Inside::workspaces(context).overwrite(workspace, needed);
  run_first(given.entry(), kBackwards, context, detail(context, shape), call);
}

}  // namespace innate::dense
