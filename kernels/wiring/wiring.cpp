#include "innate/kernels/wiring.h"

#include <cmath>
#include <vector>

#include "kernels/core/choose.h"
#include "kernels/core/given.h"
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

void check_sizes(const char* entry, const Shape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "inputs", s.inputs);
  require_positive(entry, "outputs", s.outputs);
  require_sizes(entry, "genes", s.genes, s.replicas);
  require_elements(entry, "inputs x outputs", s.inputs, s.outputs);
  require_elements(entry, "inputs x genes", s.inputs, s.genes.most);
  require_elements(entry, "outputs x genes", s.outputs, s.genes.most);
  require_elements(entry, "genes x genes", s.genes.most, s.genes.most);
}

/// Of a shape whose sizes are right.
std::size_t bytes(const Context& context, const char* entry, const Shape& s) {
  const Call call = lay_out(context, s);
  return require_bytes(entry, s.replicas,
                       require_elements(entry, "parts of X^T dW", 3 + call.parts, call.piece));
}

/// The call of an entry, checked, but for what only one of the two has.
Call call_of(Given& given, const Shape& s, Ragged<const float> x, Ragged<const float> o,
             Ragged<const float> y, const float* scale, void* workspace, std::size_t size) {
  Call call = lay_out(given.context(), s);
  call.shape.genes = given.extents("genes", s.genes);
  given.in("x", x, {s.inputs, &s.genes})
      .in("o", o, {1, &s.genes, &s.genes})
      .in("y", y, {s.outputs, &s.genes})
      .each("scale", scale)
      .workspace(workspace, size, bytes(given.context(), given.entry(), s));
  call.x = x, call.o = o, call.y = y, call.scale = scale;
  call.workspace = static_cast<float*>(workspace);
  return call;
}

std::string detail(const Context& context, const Shape& s) {
  if (!context.traced()) return "";
  return "inputs " + text(s.inputs) + ", outputs " + text(s.outputs) + ", genes up to " + text(s.genes.most);
}

}  // namespace

std::size_t workspace_bytes(const Context& context, const Shape& shape) {
  check_sizes("wiring/workspace_bytes", shape);
  return bytes(context, "wiring/workspace_bytes", shape);
}

void forward(Context& context, const Shape& shape, Ragged<const float> x, Ragged<const float> o,
             Ragged<const float> y, const float* scale, Ragged<float> w, void* workspace,
             std::size_t workspace_size, Options options) {
  Given given = begin(context, "wiring/forward", shape, check_sizes);
  Call call = call_of(given, shape, x, o, y, scale, workspace, workspace_size);
  given.out("w", w, int64_t{shape.inputs} * shape.outputs).separate();
  call.w = w, call.threshold = options.threshold;
  Inside::workspaces(context).overwrite(workspace, workspace_bytes(context, shape));
  run_first(given.entry(), kForwards, context, detail(context, shape), call);
}

void backward(Context& context, const Shape& shape, Ragged<const float> x, Ragged<const float> o,
              Ragged<const float> y, const float* scale, Ragged<const float> dw, Ragged<float> dx,
              Ragged<float> d_o, Ragged<float> dy, void* workspace, std::size_t workspace_size, bool add) {
  Given given = begin(context, "wiring/backward", shape, check_sizes);
  Call call = call_of(given, shape, x, o, y, scale, workspace, workspace_size);
  const Extents& genes = shape.genes;
  given.in("dw", dw, int64_t{shape.inputs} * shape.outputs)
      .maybe_out("dx", dx, {shape.inputs, &genes})
      .maybe_out("d_o", d_o, {1, &genes, &genes})
      .maybe_out("dy", dy, {shape.outputs, &genes})
      .separate();
  call.dw = dw, call.dx = dx, call.d_o = d_o, call.dy = dy, call.add = add;
  Inside::workspaces(context).overwrite(workspace, workspace_bytes(context, shape));
  run_first(given.entry(), kBackwards, context, detail(context, shape), call);
}

double deviation(int inputs, int outputs, int64_t genes, const float* x, const float* o, const float* y) {
  const char* entry = "wiring/deviation";
  require_positive(entry, "inputs", inputs);
  require_positive(entry, "outputs", outputs);
  require_positive(entry, "genes", genes);
  require_elements(entry, "outputs x genes", outputs, genes);
  require_pointer(entry, "x", x != nullptr);
  require_pointer(entry, "o", o != nullptr);
  require_pointer(entry, "y", y != nullptr);
  std::vector<double> v(static_cast<std::size_t>(genes * outputs));  // O Y^T
  for (int64_t a = 0; a < genes; ++a)
    for (int64_t b = 0; b < genes; ++b)
      for (int j = 0; j < outputs; ++j)
        v[static_cast<std::size_t>(a * outputs + j)] +=
            static_cast<double>(o[a * genes + b]) * y[j * genes + b];
  double sum = 0, squares = 0;
  for (int i = 0; i < inputs; ++i)
    for (int j = 0; j < outputs; ++j) {
      double w = 0;
      for (int64_t a = 0; a < genes; ++a)
        w += x[i * genes + a] * v[static_cast<std::size_t>(a * outputs + j)];
      sum += w;
      squares += w * w;
    }
  const double count = static_cast<double>(inputs) * outputs, mean = sum / count;
  return count > 1 ? std::sqrt(std::fmax(0.0, (squares - count * mean * mean) / (count - 1))) : 0.0;
}

}  // namespace innate::wiring
