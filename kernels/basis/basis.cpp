#include "innate/kernels/basis.h"

#include "kernels/basis/call.h"
#include "kernels/core/choose.h"
#include "kernels/core/given.h"
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
    shape.rows = some + (most - some) / 2 + (most - some) % 2;
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

/// R, which has as many elements as this where it is stored.
void numbers_of(Given& given, const Numbers& r, const Elements& elements) {
  require(r.stored || r.seeds, given.entry(), ": r has neither stored numbers nor seeds");
  given.maybe_in("r.stored", r.stored, elements).each("r.seeds", r.seeds);
}

/// The call of an entry, checked, but for what only one of the two has.
Calls call_of(Given& given, const ProductShape& s, const Inputs& inputs, const Numbers& r, const float* scale,
              bool training, void* workspace, std::size_t size) {
  Calls call;
  call.shape = s, call.inputs = inputs, call.numbers = r, call.scale = scale, call.training = training;
  call.shape.vectors = given.extents("vectors", s.vectors);
  call.workspace = static_cast<float*>(workspace);
  numbers_of(given.inputs(inputs, s.rows, s.inputs), r, {s.inputs, &s.vectors});
  call.stride = stride(given.context(), s, static_cast<bool>(r.stored), training);
  given.each("scale", scale)
      .workspace(workspace, size, require_bytes(given.entry(), s.replicas, call.stride));
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
          "vectors",
          hash_of(s.vectors, s.replicas, s.density, static_cast<bool>(call.numbers.stored))};
}

CombinationCalls call_of(Given& given, const CombinationShape& s, const Numbers& r, const float* scale) {
  CombinationCalls call;
  call.shape = s, call.numbers = r, call.scale = scale;
  call.shape.numbers = given.extents("numbers", s.numbers);
  if (r.stored) require_elements(given.entry(), "numbers x weights", s.numbers.most, s.weights);
  numbers_of(given, r, {s.weights, &s.numbers});
  given.each("scale", scale);
  return call;
}

void check_combination(const char* entry, const CombinationShape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "weights", s.weights);
  require_elements(entry, "weights", s.weights, 1);
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
  Given given(context, entry, replicas);
  const Extents all_lines = given.extents("lines", lines), all_columns = given.extents("columns", columns);
  require_elements(entry, "lines x columns", lines.most, columns.most);
  require_pointer(entry, "seeds", seeds != nullptr);
  given.each("seeds", seeds).out("r", r, {1, &lines, &columns}).separate();
  run_first(entry, kFills, context, "", FillCalls{replicas, all_lines, all_columns, seeds, r});
}

std::size_t workspace_bytes(const Context& context, const ProductShape& shape, bool stored, bool training) {
  check_sizes("basis/workspace_bytes", shape);
  return require_bytes("basis/workspace_bytes", shape.replicas, stride(context, shape, stored, training));
}

Token forward(Context& context, const ProductShape& shape, const Inputs& inputs, const Numbers& r,
              Ragged<const float> p, const float* scale, Ragged<const float> bias, Ragged<float> y,
              bool training, void* workspace, std::size_t workspace_size) {
  Given given = begin(context, "basis/forward", shape, check_sizes);
  Calls call = call_of(given, shape, inputs, r, scale, training, workspace, workspace_size);
  given.in("p", p, {shape.outputs, &shape.vectors})
      .maybe_in("bias", bias, shape.outputs)
      .out("y", y, int64_t{shape.rows} * shape.outputs)
      .separate();
  call.p = p, call.bias = bias, call.y = y;
  const Kept kept = kept_by(call);
  Inside::workspaces(context).overwrite(kept.workspace, kept.bytes);
  run_first(given.entry(), kForwards, context, detail(context, call), call);
  return training ? keep(context, kept) : Token{};
}

void backward(Context& context, const ProductShape& shape, const Inputs& inputs, const Numbers& r,
              const float* scale, Ragged<const float> dy, Ragged<float> dp, Ragged<float> dbias,
              void* workspace, std::size_t workspace_size, Token token) {
  Given given = begin(context, "basis/backward", shape, check_sizes);
  Calls call = call_of(given, shape, inputs, r, scale, true, workspace, workspace_size);
  given.in("dy", dy, int64_t{shape.rows} * shape.outputs)
      .maybe_out("dp", dp, {shape.outputs, &shape.vectors})
      .maybe_out("dbias", dbias, shape.outputs)
      .separate();
  call.dy = dy, call.dp = dp, call.dbias = dbias;
  take(context, given.entry(), kept_by(call), token);
  run_first(given.entry(), kBackwards, context, detail(context, call), call);
}

void combine(Context& context, const CombinationShape& shape, const Numbers& r, Ragged<const float> c,
             const float* scale, Ragged<float> theta) {
  Given given = begin(context, "basis/combine", shape, check_combination);
  CombinationCalls call = call_of(given, shape, r, scale);
  given.in("c", c, {1, &shape.numbers}).out("theta", theta, shape.weights).separate();
  call.c = c, call.theta = theta;
  run_first(given.entry(), kCombines, context, detail(context, shape, r), call);
}

void combine_backward(Context& context, const CombinationShape& shape, const Numbers& r, const float* scale,
                      Ragged<const float> dtheta, Ragged<float> dc) {
  Given given = begin(context, "basis/combine_backward", shape, check_combination);
  CombinationCalls call = call_of(given, shape, r, scale);
  given.in("dtheta", dtheta, shape.weights).out("dc", dc, {1, &shape.numbers}).separate();
  call.dtheta = dtheta, call.dc = dc;
  run_first(given.entry(), kCombineBackwards, context, detail(context, shape, r), call);
}

}  // namespace innate::basis
