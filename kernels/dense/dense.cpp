#include "innate/kernels/dense.h"

#include "kernels/core/choose.h"
#include "kernels/core/inspect.h"
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
Calls call_of(const Context& context, const char* entry, const Shape& s, const Inputs& inputs,
              Ragged<const float> weights) {
  check_sizes(entry, s);
  require_inputs(context, entry, inputs, s.replicas, s.rows, s.inputs);
  Views{entry, s.replicas}.in("weights", weights, int64_t{s.inputs} * s.outputs);
  Calls call;
  call.shape = s, call.inputs = inputs, call.weights = weights;
  return call;
}

/// What both entries are given, for INNATE_CHECK.
Inspection inspection(Context& context, const char* entry, const Calls& call) {
  const Shape& s = call.shape;
  Inspection found(context, entry, s.replicas);
  found.data(call.inputs, s.rows, s.inputs).in("weights", call.weights, [&s](int) {
    return int64_t{s.inputs} * s.outputs;
  });
  return found;
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
  const char* entry = "dense/forward";
  Calls call = call_of(context, entry, shape, inputs, weights);
  const int64_t count = int64_t{shape.rows} * shape.outputs;
  Views{entry, shape.replicas}.maybe_in("bias", bias, shape.outputs).out("outputs", outputs, count);
  call.bias = bias, call.outputs = outputs;
  if (inspecting())
    inspection(context, entry, call)
        .in("bias", bias, [&](int) { return shape.outputs; })
        .out("outputs", outputs, [&](int) { return count; })
        .separate();
  run_first(entry, kForwards, context, detail(context, shape), call);
}

void backward(Context& context, const Shape& shape, const Inputs& inputs, Ragged<const float> weights,
              Ragged<const float> dy, const Gradients& gradients, void* workspace,
              std::size_t workspace_size) {
  const char* entry = "dense/backward";
  Calls call = call_of(context, entry, shape, inputs, weights);
  const int64_t in = shape.inputs, out = shape.outputs, rows = shape.rows;
  Views{entry, shape.replicas}
      .in("dy", dy, rows * out)
      .maybe_out("gradients.weights", gradients.weights, in * out)
      .maybe_out("gradients.bias", gradients.bias, out)
      .maybe_out("gradients.inputs", gradients.inputs, rows * in);
  const std::size_t needed = bytes(entry, context, shape);
  require_workspace(entry, workspace, workspace_size, needed);
  call.dy = dy, call.gradients = gradients;
  call.workspace = static_cast<float*>(workspace);
  if (inspecting())
    inspection(context, entry, call)
        .in("dy", dy, [&](int) { return rows * out; })
        .out("gradients.weights", gradients.weights, [&](int) { return in * out; })
        .out("gradients.bias", gradients.bias, [&](int) { return out; })
        .out("gradients.inputs", gradients.inputs, [&](int) { return rows * in; })
        .workspace(workspace, needed)
        .separate();
  Inside::workspaces(context).overwrite(workspace, needed);
  run_first(entry, kBackwards, context, detail(context, shape), call);
}

}  // namespace innate::dense
