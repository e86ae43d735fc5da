#include "innate/kernels/wiring.h"

#include "kernels/core/choose.h"
#include "kernels/wiring/call.h"

namespace innate::wiring {

namespace {

using Run = void(Context&, const Call&);
constexpr Implementation<Run> kForwards[] =
    INNATE_IMPLEMENTATIONS(forward, "cuda, tiles", "cpu, one replica a core");
constexpr Implementation<Run> kBackwards[] =
    INNATE_IMPLEMENTATIONS(backward, "cuda, one pass over dW", "cpu, one pass over dW, one replica a core");

void check(const char* entry, const Call& call) {
  const Shape& s = call.shape;
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "inputs", s.inputs);
  require_positive(entry, "outputs", s.outputs);
  require_extents(entry, "genes", s.genes, s.replicas);
  require_pointer(entry, "x", static_cast<bool>(call.x));
  require_pointer(entry, "o", static_cast<bool>(call.o));
  require_pointer(entry, "y", static_cast<bool>(call.y));
}

Call lay_out(const Context& context, const Shape& shape, void* workspace) {
  Call call;
  call.shape = shape;
  call.workspace = static_cast<float*>(workspace);
  call.piece = (shape.genes.most * shape.outputs + 63) / 64 * 64;
  call.parts = context.backend() == Backend::cuda ? (shape.inputs + kTileRows - 1) / kTileRows : 1;
  return call;
}

std::string detail(const Context& context, const Shape& s) {
  if (!context.traced()) return "";
  return "inputs " + text(s.inputs) + ", outputs " + text(s.outputs) + ", genes up to " + text(s.genes.most);
}

}  // namespace

std::size_t workspace_bytes(const Context& context, const Shape& shape) {
  const Call call = lay_out(context, shape, nullptr);
  return sizeof(float) * static_cast<std::size_t>(shape.replicas * (3 + call.parts) * call.piece);
}

void forward(Context& context, const Shape& shape, Ragged<const float> x, Ragged<const float> o,
             Ragged<const float> y, const float* scale, Ragged<float> w, void* workspace,
             std::size_t workspace_size, Options options) {
  Call call = lay_out(context, shape, workspace);
  call.x = x, call.o = o, call.y = y, call.scale = scale, call.w = w, call.threshold = options.threshold;
  check("wiring/forward", call);
  require_pointer("wiring/forward", "w", static_cast<bool>(w));
  require_workspace("wiring/forward", workspace, workspace_size, workspace_bytes(context, shape));
  run_first("wiring/forward", kForwards, context, detail(context, shape), call);
}

void backward(Context& context, const Shape& shape, Ragged<const float> x, Ragged<const float> o,
              Ragged<const float> y, const float* scale, Ragged<const float> dw, Ragged<float> dx,
              Ragged<float> d_o, Ragged<float> dy, void* workspace, std::size_t workspace_size, bool add) {
  Call call = lay_out(context, shape, workspace);
  call.x = x, call.o = o, call.y = y, call.scale = scale, call.dw = dw, call.dx = dx, call.d_o = d_o,
  call.dy = dy, call.add = add;
  check("wiring/backward", call);
  require_pointer("wiring/backward", "dw", static_cast<bool>(dw));
  require_workspace("wiring/backward", workspace, workspace_size, workspace_bytes(context, shape));
  run_first("wiring/backward", kBackwards, context, detail(context, shape), call);
}

}  // namespace innate::wiring
