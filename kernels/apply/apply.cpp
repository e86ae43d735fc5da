#include "innate/kernels/apply.h"

#include <cstdint>
#include <set>
#include <type_traits>

#include "kernels/apply/call.h"
#include "kernels/core/choose.h"
#include "kernels/core/inspect.h"
#include "kernels/core/kept.h"

namespace innate::apply {

namespace {

using Run = void(Context&, const Calls&);
constexpr Implementation<Run> kForwards[] =
    INNATE_IMPLEMENTATIONS(forward, "cuda, one product after the other", "cpu, one replica a core");
constexpr Implementation<Run> kBackwards[] =
    INNATE_IMPLEMENTATIONS(backward, "cuda, one product after the other", "cpu, one replica a core");

Order order_of(Shape shape, int rows, int64_t genes, bool training) {
  shape.rows = rows;
  return cheapest(shape, genes, training);
}

/// Floats that one replica needs with so many rows in this order.
int64_t floats(const Context& context, const Shape& shape, int rows, int64_t genes, Order order,
               bool training) {
  Calls calls;
  calls.shape = shape;
  calls.shape.rows = rows;
  calls.shape.genes = {genes, nullptr, nullptr};
  calls.training = training;
  const auto given = reinterpret_cast<float*>(std::uintptr_t{256});
  calls.inputs.lists.start = reinterpret_cast<const int64_t*>(given);
  calls.outputs = {given}, calls.gradients = {{given}, {given}, {given}, {given}, {given}};
  Call call = calls.of(0, order, true);
  call.left.a_lists = calls.inputs.lists;
  int64_t sum = 0, scratch = 0;
  lay_out(call, training, [&sum, given](int64_t count) {
    sum += (count + 15) / 16 * 16;
    return given;
  });
  if (context.backend() == Backend::cuda) return sum;
  const auto need = [&scratch](const auto& work) {
    if constexpr (std::is_same_v<std::decay_t<decltype(work)>, gemm::Product>)
      scratch = larger(scratch, gemm::scratch_floats(work));
  };
  forward(call, need);
  if (training) backward(call, need);
  return sum + scratch;
}

/// Floats that one replica needs with so many rows or fewer. More rows take later orders (genes, interaction,
/// weights), and an earlier order with fewer rows may need more than a later one.
int64_t most_floats(const Context& context, const Shape& shape, int64_t genes, bool training) {
  int64_t most = 0;
  for (int rows = shape.rows; rows > 0;) {
    const Order now = order_of(shape, rows, genes, training);
    most = larger(most, floats(context, shape, rows, genes, now, training));
    if (now == Order::genes) break;
    int other = 0;  // the most rows that take another order, by halving [other, rows)
    for (int same = rows; same - other > 1;) {
      const int middle = other + (same - other) / 2;
      (order_of(shape, middle, genes, training) == now ? same : other) = middle;
    }
    rows = other;
  }
  return most;
}

/// Floats of workspace that every replica gets: the most that one of them needs.
int64_t stride(const Context& context, const Shape& shape, bool training) {
  int64_t most = 0, seen[256] = {};  // many replicas have few different numbers of genes
  for (int i = 0; i < (shape.genes.host ? shape.replicas : 1); ++i) {
    const int64_t genes = shape.genes.of(i);
    int64_t& last = seen[genes % 256];
    if (last != genes) most = larger(most, most_floats(context, shape, last = genes, training));
  }
  return (most + 63) / 64 * 64;
}

void check_sizes(const char* entry, const Shape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "rows", s.rows);
  require_positive(entry, "inputs", s.inputs);
  require_positive(entry, "outputs", s.outputs);
  require_sizes(entry, "genes", s.genes, s.replicas);
  require(s.density > 0 && s.density <= 1, entry, ": density is ", s.density,
          ", must be above 0 and at most 1");
  require_elements(entry, "rows x inputs", s.rows, s.inputs);
  require_elements(entry, "rows x outputs", s.rows, s.outputs);
  require_elements(entry, "inputs x outputs", s.inputs, s.outputs);
  require_elements(entry, "rows x genes", s.rows, s.genes.most);
  require_elements(entry, "inputs x genes", s.inputs, s.genes.most);
  require_elements(entry, "outputs x genes", s.outputs, s.genes.most);
  require_elements(entry, "genes x genes", s.genes.most, s.genes.most);
}

/// The call of an entry, checked, but for what only one of the two has.
Calls call_of(const Context& context, const char* entry, const Shape& s, const Inputs& inputs,
              const Factors& factors, bool training, void* workspace, std::size_t size) {
  check_sizes(entry, s);
  Calls call;
  call.shape = s, call.inputs = inputs, call.factors = factors, call.training = training;
  call.shape.genes = require_extents(context, entry, "genes", s.genes, s.replicas);
  require_inputs(context, entry, inputs, s.replicas, s.rows, s.inputs);
  const int64_t g = largest_followed(s.genes, s.replicas);
  Views{entry, s.replicas}
      .in("x", factors.x, s.inputs * g)
      .in("o", factors.o, g * g)
      .in("y", factors.y, s.outputs * g)
      .maybe_in("bias", factors.bias, s.outputs);
  call.workspace = static_cast<float*>(workspace);
  call.stride = stride(context, s, training);
  require_workspace(entry, workspace, size, require_bytes(entry, s.replicas, call.stride));
  return call;
}

Kept kept_by(const Calls& call) {
  const Shape& s = call.shape;
  return {"apply",    call.workspace, sizeof(float) * static_cast<std::size_t>(call.stride * s.replicas),
          s.replicas, s.rows,         s.inputs,
          s.outputs,  s.genes.most,   hash_of(s.genes, s.replicas, s.density, false)};
}

/// What both entries are given, for INNATE_CHECK.
Inspection inspection(Context& context, const char* entry, const Calls& call) {
  const Shape& s = call.shape;
  const auto of = [&s](int64_t per_gene) {
    return [&s, per_gene](int r) { return per_gene * s.genes.of(r); };
  };
  Inspection found(context, entry, s.replicas);
  found.extents("genes", s.genes)
      .data(call.inputs, s.rows, s.inputs)
      .in("x", call.factors.x, of(s.inputs))
      .in("o", call.factors.o, [&s](int r) { return s.genes.of(r) * s.genes.of(r); })
      .in("y", call.factors.y, of(s.outputs))
      .in("bias", call.factors.bias, [&s](int) { return s.outputs; })
      .each("scale", call.factors.scale)
      .workspace(call.workspace, kept_by(call).bytes);
  return found;
}

std::string orders(const Shape& s, bool training) {
  std::string all = "rows " + text(s.rows) + ", inputs " + text(s.inputs) + ", outputs " + text(s.outputs);
  std::set<int64_t> genes;
  for (int i = 0; i < (s.genes.host ? s.replicas : 1); ++i) genes.insert(s.genes.of(i));
  for (const int64_t g : genes) all += ", " + text(g) + " genes: " + name(order(s, g, training));
  return all;
}

}  // namespace

const char* name(Order order) {
  switch (order) {
    case Order::genes: return "((A X) O) Y^T";
    case Order::interaction: return "(A X) (O Y^T)";
    case Order::weights: return "A (X (O Y^T))";
  }
  return "";
}

Order order(const Shape& shape, int64_t genes, bool training) {
  Shape one = shape;
  one.replicas = 1, one.genes = {genes, nullptr, nullptr};
  check_sizes("apply/order", one);
  return cheapest(shape, genes, training);
}

std::size_t workspace_bytes(const Context& context, const Shape& shape, bool training) {
  check_sizes("apply/workspace_bytes", shape);
  return require_bytes("apply/workspace_bytes", shape.replicas, stride(context, shape, training));
}

Token forward(Context& context, const Shape& shape, const Inputs& inputs, const Factors& factors,
              Ragged<float> outputs, bool training, void* workspace, std::size_t workspace_size) {
  const char* entry = "apply/forward";
  Calls call = call_of(context, entry, shape, inputs, factors, training, workspace, workspace_size);
  const int64_t count = int64_t{shape.rows} * shape.outputs;
  Views{entry, shape.replicas}.out("outputs", outputs, count);
  call.outputs = outputs;
  if (inspecting())
    inspection(context, entry, call).out("outputs", outputs, [=](int) { return count; }).separate();
  const Kept kept = kept_by(call);
  Inside::workspaces(context).overwrite(kept.workspace, kept.bytes);
  run_first(entry, kForwards, context, context.traced() ? orders(shape, training) : "", call);
  return training ? keep(context, kept) : Token{};
}

void backward(Context& context, const Shape& shape, const Inputs& inputs, const Factors& factors,
              Ragged<const float> dy, const Gradients& gradients, void* workspace, std::size_t workspace_size,
              Token token) {
  const char* entry = "apply/backward";
  Calls call = call_of(context, entry, shape, inputs, factors, true, workspace, workspace_size);
  const int64_t g = largest_followed(shape.genes, shape.replicas), in = shape.inputs, out = shape.outputs;
  Views{entry, shape.replicas}
      .in("dy", dy, shape.rows * out)
      .maybe_out("gradients.x", gradients.x, in * g)
      .maybe_out("gradients.o", gradients.o, g * g)
      .maybe_out("gradients.y", gradients.y, out * g)
      .maybe_out("gradients.bias", gradients.bias, out)
      .maybe_out("gradients.inputs", gradients.inputs, shape.rows * in);
  call.dy = dy, call.gradients = gradients;
  if (inspecting()) {
    const Extents& genes = call.shape.genes;
    inspection(context, entry, call)
        .in("dy", dy, [&](int) { return shape.rows * out; })
        .out("gradients.x", gradients.x, [&](int r) { return in * genes.of(r); })
        .out("gradients.o", gradients.o, [&](int r) { return genes.of(r) * genes.of(r); })
        .out("gradients.y", gradients.y, [&](int r) { return out * genes.of(r); })
        .out("gradients.bias", gradients.bias, [&](int) { return out; })
        .out("gradients.inputs", gradients.inputs, [&](int) { return shape.rows * in; })
        .separate();
  }
  take(context, entry, kept_by(call), token);
  run_first(entry, kBackwards, context, context.traced() ? orders(shape, true) : "", call);
}

}  // namespace innate::apply
