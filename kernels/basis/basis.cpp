#include "innate/kernels/basis.h"

#include "kernels/basis/call.h"
#include "kernels/core/choose.h"

namespace innate::basis {

namespace {

constexpr Implementation<void(Context&, const FillCalls&)> kFills[] =
    INNATE_IMPLEMENTATIONS(fill, "cuda, four numbers a thread", "cpu, one replica a core");
constexpr Implementation<void(Context&, const Calls&)> kForwards[] =
    INNATE_IMPLEMENTATIONS(forward, "cuda, one product after the other", "cpu, one replica a core");
constexpr Implementation<void(Context&, const Calls&)> kBackwards[] =
    INNATE_IMPLEMENTATIONS(backward, "cuda, one product after the other", "cpu, one replica a core");
constexpr Implementation<void(Context&, const CombinationCalls&)> kCombines[] =
    INNATE_IMPLEMENTATIONS(combine, "cuda, four weights a thread", "cpu, one replica a core");
constexpr Implementation<void(Context&, const CombinationCalls&)> kCombineBackwards[] =
    INNATE_IMPLEMENTATIONS(combine_backward, "cuda, four threads a number", "cpu, one replica a core");

/// The most rows up to shape.rows that take features first; 0: none.
int rows_of_features(ProductShape shape, int64_t vectors, bool training) {
  int some = 0;
  for (int most = shape.rows; most > some;) {
    shape.rows = some + (most - some + 1) / 2;
    if (cheapest(shape, vectors, training) == Order::features)
      some = shape.rows;
    else
      most = shape.rows - 1;
  }
  return some;
}

/// Floats of workspace that every replica gets: the most that one of them needs with so many rows or fewer,
/// which may take another order.
int64_t stride(const Context& context, const ProductShape& shape, bool stored, bool training) {
  int64_t floats = 0;
  for (int i = 0; i < (shape.vectors.host ? shape.replicas : 1); ++i) {
    Call c{};
    c.inputs = shape.inputs, c.outputs = shape.outputs, c.vectors = shape.vectors.of(i);
    const auto need = [&](int64_t rows, Order order) {
      if (rows == 0) return;
      c.rows = rows, c.order = order;
      int64_t sum = 0;
      lay_out(c, stored, [&sum](int64_t count) {
        sum += (count + 15) / 16 * 16;
        return static_cast<float*>(nullptr);
      });
      const bool sums = context.backend() == Backend::cpu && training && order == Order::weights;
      floats = larger(floats, sum + (sums ? gemm::sums_size(c.inputs, c.outputs) : 0));
    };
    const int few = rows_of_features(shape, c.vectors, training);
    need(few, Order::features);
    if (few < shape.rows) need(shape.rows, Order::weights);
  }
  return (floats + 63) / 64 * 64;
}

void check(const char* entry, const ProductShape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "rows", s.rows);
  require_positive(entry, "inputs", s.inputs);
  require_positive(entry, "outputs", s.outputs);
  require_extents(entry, "vectors", s.vectors, s.replicas);
  require(s.density > 0 && s.density <= 1, entry, ": density is ", s.density,
          ", must be above 0 and at most 1");
}

void check(const char* entry, const CombinationShape& s, const Numbers& r) {
  require_positive(entry, "replicas", s.replicas);
  require_extents(entry, "numbers", s.numbers, s.replicas);
  require_positive(entry, "weights", s.weights);
  require(r.stored || r.seeds, entry, ": r has neither stored numbers nor seeds");
}

Calls call_of(Context& context, const char* entry, const ProductShape& shape, const Inputs& inputs,
              const Numbers& r, const float* scale, bool training, void* workspace, std::size_t size) {
  check(entry, shape);
  require_inputs(context, entry, inputs);
  require(r.stored || r.seeds, entry, ": r has neither stored numbers nor seeds");
  const bool stored = static_cast<bool>(r.stored);
  require_workspace(entry, workspace, size, workspace_bytes(context, shape, stored, training));
  Calls call;
  call.shape = shape, call.inputs = inputs, call.numbers = r, call.scale = scale;
  call.workspace = static_cast<float*>(workspace);
  call.stride = stride(context, shape, stored, training);
  call.training = training;
  return call;
}

std::string detail(const Context& context, const Calls& call) {
  if (!context.traced()) return "";
  const ProductShape& s = call.shape;
  return "rows " + text(s.rows) + ", inputs " + text(s.inputs) + ", outputs " + text(s.outputs) +
         ", vectors up to " + text(s.vectors.most) + ": " + name(cheapest(s, s.vectors.most, call.training)) +
         (call.numbers.stored ? ", R stored" : ", R made");
}

std::string detail(const Context& context, const CombinationShape& s, const Numbers& r) {
  if (!context.traced()) return "";
  return "numbers up to " + text(s.numbers.most) + ", weights " + text(s.weights) +
         (r.stored ? ", R stored" : ", R made");
}

}  // namespace

const char* name(Order order) { return order == Order::features ? "(A R) P" : "A (R P)"; }

Order order(const ProductShape& shape, int64_t vectors, bool training) {
  return cheapest(shape, vectors, training);
}

void fill(Context& context, int replicas, Extents lines, Extents columns, const uint64_t* seeds,
          Ragged<float> r) {
  const char* entry = "basis/fill";
  require_positive(entry, "replicas", replicas);
  require_extents(entry, "lines", lines, replicas);
  require_extents(entry, "columns", columns, replicas);
  require_pointer(entry, "seeds", seeds != nullptr);
  require_pointer(entry, "r", static_cast<bool>(r));
  run_first(entry, kFills, context, "", FillCalls{replicas, lines, columns, seeds, r});
}

std::size_t workspace_bytes(const Context& context, const ProductShape& shape, bool stored, bool training) {
  check("basis/workspace_bytes", shape);
  return sizeof(float) * static_cast<std::size_t>(stride(context, shape, stored, training)) *
         static_cast<std::size_t>(shape.replicas);
}

void forward(Context& context, const ProductShape& shape, const Inputs& inputs, const Numbers& r,
             Ragged<const float> p, const float* scale, Ragged<const float> bias, Ragged<float> y,
             bool training, void* workspace, std::size_t workspace_size) {
  const char* entry = "basis/forward";
  Calls call = call_of(context, entry, shape, inputs, r, scale, training, workspace, workspace_size);
  require_pointer(entry, "p", static_cast<bool>(p));
  require_pointer(entry, "y", static_cast<bool>(y));
  call.p = p, call.bias = bias, call.y = y;
  run_first(entry, kForwards, context, detail(context, call), call);
}

void backward(Context& context, const ProductShape& shape, const Inputs& inputs, const Numbers& r,
              const float* scale, Ragged<const float> dy, Ragged<float> dp, Ragged<float> dbias,
              void* workspace, std::size_t workspace_size) {
  const char* entry = "basis/backward";
  Calls call = call_of(context, entry, shape, inputs, r, scale, true, workspace, workspace_size);
  require_pointer(entry, "dy", static_cast<bool>(dy));
  call.dy = dy, call.dp = dp, call.dbias = dbias;
  run_first(entry, kBackwards, context, detail(context, call), call);
}

void combine(Context& context, const CombinationShape& shape, const Numbers& r, Ragged<const float> c,
             const float* scale, Ragged<float> theta) {
  const char* entry = "basis/combine";
  check(entry, shape, r);
  require_pointer(entry, "c", static_cast<bool>(c));
  require_pointer(entry, "theta", static_cast<bool>(theta));
  CombinationCalls call;
  call.shape = shape, call.numbers = r, call.scale = scale, call.c = c, call.theta = theta;
  run_first(entry, kCombines, context, detail(context, shape, r), call);
}

void combine_backward(Context& context, const CombinationShape& shape, const Numbers& r, const float* scale,
                      Ragged<const float> dtheta, Ragged<float> dc) {
  const char* entry = "basis/combine_backward";
  check(entry, shape, r);
  require_pointer(entry, "dtheta", static_cast<bool>(dtheta));
  require_pointer(entry, "dc", static_cast<bool>(dc));
  CombinationCalls call;
  call.shape = shape, call.numbers = r, call.scale = scale, call.dtheta = dtheta, call.dc = dc;
  run_first(entry, kCombineBackwards, context, detail(context, shape, r), call);
}

}  // namespace innate::basis
