#include "innate/kernels/apply.h"

#include <cstdint>
#include <set>
#include <type_traits>

#include "kernels/apply/call.h"
#include "kernels/core/choose.h"

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
  int64_t most = 0;
  const int distinct = shape.genes.host ? shape.replicas : 1;
  for (int i = 0; i < distinct; ++i)
    most = larger(most, most_floats(context, shape, shape.genes.of(i), training));
  return (most + 63) / 64 * 64;
}

void check(const Context& context, const char* entry, const Shape& s, const Inputs& inputs,
           const Factors& factors) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "rows", s.rows);
  require_positive(entry, "inputs", s.inputs);
  require_positive(entry, "outputs", s.outputs);
  require_extents(entry, "genes", s.genes, s.replicas);
  require(s.density > 0 && s.density <= 1, entry, ": density is ", s.density,
          ", must be above 0 and at most 1");
  require_inputs(context, entry, inputs);
  require_pointer(entry, "x", static_cast<bool>(factors.x));
  require_pointer(entry, "o", static_cast<bool>(factors.o));
  require_pointer(entry, "y", static_cast<bool>(factors.y));
}

void place(const Context& context, void* workspace, bool training, Calls* call) {
  call->workspace = static_cast<float*>(workspace);
  call->stride = stride(context, call->shape, training);
  call->training = training;
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

Order order(const Shape& shape, int64_t genes, bool training) { return cheapest(shape, genes, training); }

std::size_t workspace_bytes(const Context& context, const Shape& shape, bool training) {
  return static_cast<std::size_t>(stride(context, shape, training)) * sizeof(float) *
         static_cast<std::size_t>(shape.replicas);
}

void forward(Context& context, const Shape& shape, const Inputs& inputs, const Factors& factors,
             Ragged<float> outputs, bool training, void* workspace, std::size_t workspace_size) {
  check(context, "apply/forward", shape, inputs, factors);
  require_pointer("apply/forward", "outputs", static_cast<bool>(outputs));
  require_workspace("apply/forward", workspace, workspace_size, workspace_bytes(context, shape, training));
  Calls call;
  call.shape = shape, call.inputs = inputs, call.factors = factors, call.outputs = outputs;
  place(context, workspace, training, &call);
  run_first("apply/forward", kForwards, context, context.traced() ? orders(shape, training) : "", call);
}

void backward(Context& context, const Shape& shape, const Inputs& inputs, const Factors& factors,
              Ragged<const float> dy, const Gradients& gradients, void* workspace,
              std::size_t workspace_size) {
  check(context, "apply/backward", shape, inputs, factors);
  require_pointer("apply/backward", "dy", static_cast<bool>(dy));
  require_workspace("apply/backward", workspace, workspace_size, workspace_bytes(context, shape, true));
  Calls call;
  call.shape = shape, call.inputs = inputs, call.factors = factors, call.dy = dy, call.gradients = gradients;
  place(context, workspace, true, &call);
  run_first("apply/backward", kBackwards, context, context.traced() ? orders(shape, true) : "", call);
}

}  // namespace innate::apply
