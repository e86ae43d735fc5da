#include "innate/kernels/basis.h"

#include "kernels/basis/call.h"
#include "kernels/core/choose.h"
#include "kernels/core/inspect.h"
#include "kernels/core/kept.h"

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
  int64_t floats = 0, seen[256] = {};  // many replicas have few different numbers of vectors
  for (int i = 0; i < (shape.vectors.host ? shape.replicas : 1); ++i) {
    Call c{};
    c.inputs = shape.inputs, c.outputs = shape.outputs, c.vectors = shape.vectors.of(i);
    int64_t& last = seen[c.vectors % 256];
    if (last == c.vectors) continue;
    last = c.vectors;
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

void check_sizes(const char* entry, const ProductShape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "rows", s.rows);
  require_positive(entry, "inputs", s.inputs);
  require_positive(entry, "outputs", s.outputs);
  require_sizes(entry, "vectors", s.vectors, s.replicas);
  require(s.density > 0 && s.density <= 1, entry, ": density is ", s.density,
          ", must be above 0 and at most 1");
  require_elements(entry, "rows x inputs", s.rows, s.inputs);
  require_elements(entry, "rows x outputs", s.rows, s.outputs);
  require_elements(entry, "inputs x outputs", s.inputs, s.outputs);
  require_elements(entry, "rows x vectors", s.rows, s.vectors.most);
  require_elements(entry, "inputs x vectors", s.inputs, s.vectors.most);
  require_elements(entry, "vectors x outputs", s.vectors.most, s.outputs);
}

void check_numbers(const char* entry, const Numbers& r, int replicas, int64_t elements) {
  require(r.stored || r.seeds, entry, ": r has neither stored numbers nor seeds");
  Views{entry, replicas}.maybe_in("r.stored", r.stored, elements);
}

/// The call of an entry, checked, but for what only one of the two has.
Calls call_of(Context& context, const char* entry, const ProductShape& s, const Inputs& inputs,
              const Numbers& r, const float* scale, bool training, void* workspace, std::size_t size) {
  check_sizes(entry, s);
  Calls call;
  call.shape = s, call.inputs = inputs, call.numbers = r, call.scale = scale, call.training = training;
  call.shape.vectors = require_extents(context, entry, "vectors", s.vectors, s.replicas);
  require_inputs(context, entry, inputs, s.replicas, s.rows, s.inputs);
  check_numbers(entry, r, s.replicas, s.inputs * largest_followed(s.vectors, s.replicas));
  call.workspace = static_cast<float*>(workspace);
  call.stride = stride(context, s, static_cast<bool>(r.stored), training);
  require_workspace(entry, workspace, size, require_bytes(entry, s.replicas, call.stride));
  return call;
}

Kept kept_by(const Calls& call) {
  const ProductShape& s = call.shape;
  return {"basis",
          call.workspace,
          sizeof(float) * static_cast<std::size_t>(call.stride * s.replicas),
          s.replicas,
          s.rows,
          s.inputs,
          s.outputs,
          s.vectors.most,
          hash_of(s.vectors, s.replicas, s.density, static_cast<bool>(call.numbers.stored))};
}

/// What both entries are given, for INNATE_CHECK.
Inspection inspection(Context& context, const char* entry, const Calls& call) {
  const ProductShape& s = call.shape;
  Inspection found(context, entry, s.replicas);
  found.extents("vectors", s.vectors)
      .data(call.inputs, s.rows, s.inputs)
      .in("r.stored", call.numbers.stored, [&s](int r) { return s.inputs * s.vectors.of(r); })
      .each("r.seeds", call.numbers.seeds)
      .each("scale", call.scale)
      .workspace(call.workspace, kept_by(call).bytes);
  return found;
}

CombinationCalls call_of(Context& context, const char* entry, const CombinationShape& s, const Numbers& r,
                         const float* scale) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "weights", s.weights);
  CombinationCalls call;
  call.shape = s, call.numbers = r, call.scale = scale;
  call.shape.numbers = require_extents(context, entry, "numbers", s.numbers, s.replicas);
  require_elements(entry, "weights", s.weights, 1);
  if (r.stored) require_elements(entry, "numbers x weights", s.numbers.most, s.weights);
  check_numbers(entry, r, s.replicas, r.stored ? largest_followed(s.numbers, s.replicas) * s.weights : 0);
  return call;
}

/// What both entries are given, for INNATE_CHECK.
Inspection inspection(Context& context, const char* entry, const CombinationCalls& call) {
  const CombinationShape& s = call.shape;
  Inspection found(context, entry, s.replicas);
  found.extents("numbers", s.numbers)
      .in("r.stored", call.numbers.stored, [&s](int r) { return s.numbers.of(r) * s.weights; })
      .each("r.seeds", call.numbers.seeds)
      .each("scale", call.scale);
  return found;
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
  ProductShape one = shape;
  one.replicas = 1, one.vectors = {vectors, nullptr, nullptr};
  check_sizes("basis/order", one);
  return cheapest(shape, vectors, training);
}

void fill(Context& context, int replicas, Extents lines, Extents columns, const uint64_t* seeds,
          Ragged<float> r) {
  const char* entry = "basis/fill";
  require_positive(entry, "replicas", replicas);
  lines = require_extents(context, entry, "lines", lines, replicas);
  columns = require_extents(context, entry, "columns", columns, replicas);
  require_elements(entry, "lines x columns", lines.most, columns.most);
  require_pointer(entry, "seeds", seeds != nullptr);
  Views{entry, replicas}.out("r", r, largest_followed(lines, replicas) * largest_followed(columns, replicas));
  if (inspecting())
    Inspection(context, entry, replicas)
        .extents("lines", lines)
        .extents("columns", columns)
        .each("seeds", seeds)
        .out("r", r, [&](int i) { return lines.of(i) * columns.of(i); })
        .separate();
  run_first(entry, kFills, context, "", FillCalls{replicas, lines, columns, seeds, r});
}

std::size_t workspace_bytes(const Context& context, const ProductShape& shape, bool stored, bool training) {
  check_sizes("basis/workspace_bytes", shape);
  return require_bytes("basis/workspace_bytes", shape.replicas, stride(context, shape, stored, training));
}

Token forward(Context& context, const ProductShape& shape, const Inputs& inputs, const Numbers& r,
              Ragged<const float> p, const float* scale, Ragged<const float> bias, Ragged<float> y,
              bool training, void* workspace, std::size_t workspace_size) {
  const char* entry = "basis/forward";
  Calls call = call_of(context, entry, shape, inputs, r, scale, training, workspace, workspace_size);
  const int64_t out = shape.outputs, count = shape.rows * out;
  Views{entry, shape.replicas}
      .in("p", p, largest_followed(shape.vectors, shape.replicas) * out)
      .maybe_in("bias", bias, out)
      .out("y", y, count);
  call.p = p, call.bias = bias, call.y = y;
  if (inspecting())
    inspection(context, entry, call)
        .in("p", p, [&](int i) { return shape.vectors.of(i) * out; })
        .in("bias", bias, [&](int) { return out; })
        .out("y", y, [&](int) { return count; })
        .separate();
  const Kept kept = kept_by(call);
  Inside::workspaces(context).overwrite(kept.workspace, kept.bytes);
  run_first(entry, kForwards, context, detail(context, call), call);
  return training ? keep(context, kept) : Token{};
}

void backward(Context& context, const ProductShape& shape, const Inputs& inputs, const Numbers& r,
              const float* scale, Ragged<const float> dy, Ragged<float> dp, Ragged<float> dbias,
              void* workspace, std::size_t workspace_size, Token token) {
  const char* entry = "basis/backward";
  Calls call = call_of(context, entry, shape, inputs, r, scale, true, workspace, workspace_size);
  const int64_t out = shape.outputs, count = shape.rows * out;
  Views{entry, shape.replicas}
      .in("dy", dy, count)
      .maybe_out("dp", dp, largest_followed(shape.vectors, shape.replicas) * out)
      .maybe_out("dbias", dbias, out);
  call.dy = dy, call.dp = dp, call.dbias = dbias;
  if (inspecting())
    inspection(context, entry, call)
        .in("dy", dy, [&](int) { return count; })
        .out("dp", dp, [&](int i) { return shape.vectors.of(i) * out; })
        .out("dbias", dbias, [&](int) { return out; })
        .separate();
  take(context, entry, kept_by(call), token);
  run_first(entry, kBackwards, context, detail(context, call), call);
}

void combine(Context& context, const CombinationShape& shape, const Numbers& r, Ragged<const float> c,
             const float* scale, Ragged<float> theta) {
  const char* entry = "basis/combine";
  CombinationCalls call = call_of(context, entry, shape, r, scale);
  Views{entry, shape.replicas}
      .in("c", c, largest_followed(shape.numbers, shape.replicas))
      .out("theta", theta, shape.weights);
  call.c = c, call.theta = theta;
  if (inspecting())
    inspection(context, entry, call)
        .in("c", c, [&](int i) { return shape.numbers.of(i); })
        .out("theta", theta, [&](int) { return shape.weights; })
        .separate();
  run_first(entry, kCombines, context, detail(context, shape, r), call);
}

void combine_backward(Context& context, const CombinationShape& shape, const Numbers& r, const float* scale,
                      Ragged<const float> dtheta, Ragged<float> dc) {
  const char* entry = "basis/combine_backward";
  CombinationCalls call = call_of(context, entry, shape, r, scale);
  Views{entry, shape.replicas}
      .in("dtheta", dtheta, shape.weights)
      .out("dc", dc, largest_followed(shape.numbers, shape.replicas));
  call.dtheta = dtheta, call.dc = dc;
  if (inspecting())
    inspection(context, entry, call)
        .in("dtheta", dtheta, [&](int) { return shape.weights; })
        .out("dc", dc, [&](int i) { return shape.numbers.of(i); })
        .separate();
  run_first(entry, kCombineBackwards, context, detail(context, shape, r), call);
}

}  // namespace innate::basis
