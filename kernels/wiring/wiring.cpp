#include "innate/kernels/wiring.h"

#include "kernels/core/choose.h"
#include "kernels/core/inspect.h"
#include "kernels/core/kept.h"
#include "kernels/wiring/call.h"

namespace innate::wiring {

namespace {

using Run = void(Context&, const Call&);
constexpr Implementation<Run> kForwards[] =
    INNATE_IMPLEMENTATIONS(forward, "cuda, tiles", "cpu, one replica a core");
constexpr Implementation<Run> kBackwards[] =
    INNATE_IMPLEMENTATIONS(backward, "cuda, one pass over dW", "cpu, one pass over dW, one replica a core");

Call lay_out(const Context& context, const Shape& shape) {
  Call call;
  call.shape = shape;
  call.piece = (shape.genes.most * shape.outputs + 63) / 64 * 64;
  call.parts = context.backend() == Backend::cuda ? (int64_t{shape.inputs} + kTileRows - 1) / kTileRows : 1;
  return call;
}

std::size_t bytes(const Context& context, const char* entry, const Shape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "inputs", s.inputs);
  require_positive(entry, "outputs", s.outputs);
  require_sizes(entry, "genes", s.genes, s.replicas);
  require_elements(entry, "inputs x outputs", s.inputs, s.outputs);
  require_elements(entry, "inputs x genes", s.inputs, s.genes.most);
  require_elements(entry, "outputs x genes", s.outputs, s.genes.most);
  require_elements(entry, "genes x genes", s.genes.most, s.genes.most);
  const Call call = lay_out(context, s);
  return require_bytes(entry, s.replicas,
                       require_elements(entry, "parts of X^T dW", 3 + call.parts, call.piece));
}

/// The call of an entry, checked, but for what only one of the two has.
Call call_of(const Context& context, const char* entry, const Shape& s, Ragged<const float> x,
             Ragged<const float> o, Ragged<const float> y, const float* scale, void* workspace,
             std::size_t size) {
  const std::size_t needed = bytes(context, entry, s);
  Call call = lay_out(context, s);
  call.shape.genes = require_extents(context, entry, "genes", s.genes, s.replicas);
  const int64_t g = largest_followed(s.genes, s.replicas);
  Views{entry, s.replicas}.in("x", x, s.inputs * g).in("o", o, g * g).in("y", y, s.outputs * g);
  require_workspace(entry, workspace, size, needed);
  call.x = x, call.o = o, call.y = y, call.scale = scale;
  call.workspace = static_cast<float*>(workspace);
  return call;
}

/// What both entries are given, for INNATE_CHECK.
Inspection inspection(Context& context, const char* entry, const Call& call) {
  const Shape& s = call.shape;
  Inspection found(context, entry, s.replicas);
  found.extents("genes", s.genes)
      .in("x", call.x, [&s](int r) { return s.inputs * s.genes.of(r); })
      .in("o", call.o, [&s](int r) { return s.genes.of(r) * s.genes.of(r); })
      .in("y", call.y, [&s](int r) { return s.outputs * s.genes.of(r); })
      .each("scale", call.scale)
      .workspace(call.workspace, bytes(context, entry, s));
  return found;
}

std::string detail(const Context& context, const Shape& s) {
  if (!context.traced()) return "";
  return "inputs " + text(s.inputs) + ", outputs " + text(s.outputs) + ", genes up to " + text(s.genes.most);
}

}  // namespace

std::size_t workspace_bytes(const Context& context, const Shape& shape) {
  return bytes(context, "wiring/workspace_bytes", shape);
}

void forward(Context& context, const Shape& shape, Ragged<const float> x, Ragged<const float> o,
             Ragged<const float> y, const float* scale, Ragged<float> w, void* workspace,
             std::size_t workspace_size, Options options) {
  const char* entry = "wiring/forward";
  Call call = call_of(context, entry, shape, x, o, y, scale, workspace, workspace_size);
  const int64_t count = int64_t{shape.inputs} * shape.outputs;
  Views{entry, shape.replicas}.out("w", w, count);
  call.w = w, call.threshold = options.threshold;
  if (inspecting()) inspection(context, entry, call).out("w", w, [=](int) { return count; }).separate();
  Inside::workspaces(context).overwrite(workspace, workspace_bytes(context, shape));
  run_first(entry, kForwards, context, detail(context, shape), call);
}

void backward(Context& context, const Shape& shape, Ragged<const float> x, Ragged<const float> o,
              Ragged<const float> y, const float* scale, Ragged<const float> dw, Ragged<float> dx,
              Ragged<float> d_o, Ragged<float> dy, void* workspace, std::size_t workspace_size, bool add) {
  const char* entry = "wiring/backward";
  Call call = call_of(context, entry, shape, x, o, y, scale, workspace, workspace_size);
  const int64_t g = largest_followed(shape.genes, shape.replicas), in = shape.inputs, out = shape.outputs;
  Views{entry, shape.replicas}
      .in("dw", dw, in * out)
      .maybe_out("dx", dx, in * g)
      .maybe_out("d_o", d_o, g * g)
      .maybe_out("dy", dy, out * g);
  call.dw = dw, call.dx = dx, call.d_o = d_o, call.dy = dy, call.add = add;
  if (inspecting()) {
    const Extents& genes = shape.genes;
    inspection(context, entry, call)
        .in("dw", dw, [&](int) { return in * out; })
        .out("dx", dx, [&](int r) { return in * genes.of(r); })
        .out("d_o", d_o, [&](int r) { return genes.of(r) * genes.of(r); })
        .out("dy", dy, [&](int r) { return out * genes.of(r); })
        .separate();
  }
  Inside::workspaces(context).overwrite(workspace, workspace_bytes(context, shape));
  run_first(entry, kBackwards, context, detail(context, shape), call);
}

}  // namespace innate::wiring
