#include "innate/kernels/apply.h"

#include <cstdint>
#include <set>
#include <type_traits>

#include "kernels/apply/call.h"
#include "kernels/core/choose.h"
#include "kernels/core/given.h"
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
Calls call_of(Given& given, const Shape& s, const Inputs& inputs, const Factors& factors, bool training,
              void* workspace, std::size_t size) {
  Calls call;
  call.shape = s, call.inputs = inputs, call.factors = factors, call.training = training;
  call.shape.genes = given.extents("genes", s.genes);
  call.workspace = static_cast<float*>(workspace);
  given.inputs(inputs, s.rows, s.inputs)
      .in("x", factors.x, {s.inputs, &s.genes})
      .in("o", factors.o, {1, &s.genes, &s.genes})
      .in("y", factors.y, {s.outputs, &s.genes})
      .maybe_in("bias", factors.bias, s.outputs)
      .each("scale", factors.scale);
  call.stride = stride(given.context(), s, training);
  given.workspace(workspace, size, require_bytes(given.entry(), s.replicas, call.stride));
  return call;
}

Kept kept_by(const Calls& call) {
  const Shape& s = call.shape;
  return {"apply",
          call.workspace,
          sizeof(float) * static_cast<std::size_t>(call.stride * s.replicas),
          s.replicas,
          s.rows,
          s.inputs,
          s.outputs,
          s.genes.most,
          "genes",
          hash_of(s.genes, s.replicas, s.density, false)};
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
  Given given = begin(context, "apply/forward", shape, check_sizes);
  Calls call = call_of(given, shape, inputs, factors, training, workspace, workspace_size);
  given.out("outputs", outputs, int64_t{shape.rows} * shape.outputs).separate();
  call.outputs = outputs;
  const Kept kept = kept_by(call);
  Inside::workspaces(context).overwrite(kept.workspace, kept.bytes);
  run_first(given.entry(), kForwards, context, context.traced() ? orders(shape, training) : "", call);
  return training ? keep(context, kept) : Token{};
}

void backward(Context& context, const Shape& shape, const Inputs& inputs, const Factors& factors,
              Ragged<const float> dy, const Gradients& gradients, void* workspace, std::size_t workspace_size,
              Token token) {
  Given given = begin(context, "apply/backward", shape, check_sizes);
  Calls call = call_of(given, shape, inputs, factors, true, workspace, workspace_size);
  const Extents& genes = shape.genes;
  given.in("dy", dy, int64_t{shape.rows} * shape.outputs)
      .maybe_out("gradients.x", gradients.x, {shape.inputs, &genes})
      .maybe_out("gradients.o", gradients.o, {1, &genes, &genes})
      .maybe_out("gradients.y", gradients.y, {shape.outputs, &genes})
      .maybe_out("gradients.bias", gradients.bias, shape.outputs)
      .maybe_out("gradients.inputs", gradients.inputs, int64_t{shape.rows} * shape.inputs)
      .separate();
  call.dy = dy, call.gradients = gradients;
  take(context, given.entry(), kept_by(call), token);
  run_first(given.entry(), kBackwards, context, context.traced() ? orders(shape, true) : "", call);
}

}  // namespace innate::apply
