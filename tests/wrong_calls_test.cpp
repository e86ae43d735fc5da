// Wrong calls of every public entry of the kernels: each is an Error that names the entry and the argument,
// and none crashes or writes outside of what it was given. Each is made in a process of its own, in memory
// that ends at a page nobody may touch.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "innate/kernels/activation.h"
#include "innate/kernels/apply.h"
#include "innate/kernels/basis.h"
#include "innate/kernels/batch.h"
#include "innate/kernels/classifier.h"
#include "innate/kernels/dense.h"
#include "innate/kernels/dropout.h"
#include "innate/kernels/expression.h"
#include "innate/kernels/identities.h"
#include "innate/kernels/optimizer.h"
#include "innate/kernels/pooling.h"
#include "innate/kernels/wiring.h"
#include "kernels/core/given.h"

namespace innate::test {
namespace {

/// Every block ends, but for what 256 bytes of alignment leave, at a page that cannot be touched, and begins
/// after one.
class PagedMemory : public Allocator {
 public:
  void* allocate(std::size_t bytes) override {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t inner = (bytes + page - 1) / page * page;
    void* all = mmap(nullptr, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char* begin = static_cast<char*>(all) + page;
    if (all == MAP_FAILED || (inner && mprotect(begin, inner, PROT_READ | PROT_WRITE) != 0))
      throw Error("cannot map " + std::to_string(bytes) + " bytes");
    return begin + (inner - (bytes + 255) / 256 * 256);
  }
  void deallocate(void*, std::size_t) noexcept override {}  // the process ends soon
};

constexpr int kReplicas = 2, kRows = 3, kIn = 4, kOut = 5, kGenes = 6, kGrid = 2;

/// Right arguments, made in paged memory.
struct Desk {
  Desk() { context.set_memory(memory); }

  template <class T = float>
  Ragged<T> array(int64_t each, T value = T(1)) {
    const std::vector<T> all(static_cast<std::size_t>(kReplicas * each), value);
    T* data = static_cast<T*>(memory.allocate(all.size() * sizeof(T)));
    std::memcpy(data, all.data(), all.size() * sizeof(T));
    return {data, each, nullptr};
  }

  PagedMemory memory;
  Context context = Context::cpu(1);
};

/// Makes wrong value number `wanted` of those that an entry's arguments can have.
class Change {
 public:
  explicit Change(int wanted) : wanted_(wanted) {}

  bool done() const { return !what_.empty(); }
  const std::string& what() const { return what_; }    // "rows = 0"
  const std::string& names() const { return names_; }  // what the error has to name

  /// Of which more than there are cannot be told from as many as there are.
  void count(const char* name, int& value) {
    for (const int wrong : {-1, 0, INT_MIN}) set(name, value, wrong);
  }
  template <class Number>
  void size(const char* name, Number& value) {
    using Limits = std::numeric_limits<Number>;
    for (const Number wrong : {Number(-1), Number(0), Limits::min(), Limits::max()})
      set(name, value, wrong, wrong == Limits::max() ? "" : name);  // it is for others to be too small
  }
  void extents(const char* name, Extents& value) {
    static constexpr int64_t kHost[kReplicas] = {1, 0}, kMore[kReplicas] = {1 << 20, 1};
    size(name, value.most);
    set(name, value.host, kHost);
    set(name, value.host, kMore);
    set(name, value.each, kHost);
  }
  template <class T>
  void pointer(const char* name, T*& value) {
    set(name, value, static_cast<T*>(nullptr));
  }
  template <class T>
  void maybe_in(const char* name, Ragged<T>& view) {
    set(name, view.stride, int64_t{-1});
    if (view.stride > 1) set(name, view.stride, view.stride - 1);
    set(name, view.stride, std::numeric_limits<int64_t>::max());
  }
  template <class T>
  void in(const char* name, Ragged<T>& view) {
    pointer(name, view.data);
    maybe_in(name, view);
  }
  template <class T>
  void maybe_out(const char* name, Ragged<T>& view) {
    maybe_in(name, view);
    set(name, view.stride, int64_t{0});
  }
  template <class T>
  void out(const char* name, Ragged<T>& view) {
    pointer(name, view.data);
    maybe_out(name, view);
  }
  void inputs(Inputs& inputs) {
    in("inputs", inputs.values);
    set("inputs", inputs.pixels.data, reinterpret_cast<const uint8_t*>(inputs.values.data));
  }
  void workspace(void*& begin, std::size_t& bytes) {
    pointer("workspace", begin);
    set("workspace", begin, static_cast<void*>(static_cast<char*>(begin) + 4));
    set("workspace", bytes, bytes - 1);
    set("workspace", bytes, std::size_t{0});
  }

 private:
  template <class T>
  void set(const char* name, T& value, T wrong, const char* named = nullptr) {
    if (at_++ != wanted_) return;
    value = wrong;
    names_ = named ? named : name;
    what_ = std::string(name) + ", wrong value " + std::to_string(wanted_);
  }

  int wanted_, at_ = 0;
  std::string what_, names_;
};

struct Space {
  Space(Desk& d, std::size_t size) : begin(d.memory.allocate(size)), bytes(size) {}
  void* begin;
  std::size_t bytes;
};

struct Entry {
  const char* name;
  std::function<void(Desk&, Change&)> call;
};

Inputs floats(Desk& d) {
  Inputs inputs;
  inputs.values = d.array(kRows * kIn);
  return inputs;
}

struct ApplyCall {
  explicit ApplyCall(Desk& desk) : d(desk) {}
  void forward() {
    token = apply::forward(d.context, shape, inputs, factors, out, true, space.begin, space.bytes);
  }
  void backward(Token t = {}) {
    apply::backward(d.context, shape, inputs, factors, dy, gradients, space.begin, space.bytes, t);
  }
  void change(Change& c) {
    c.count("replicas", shape.replicas);
    c.size("rows", shape.rows), c.size("inputs", shape.inputs), c.size("outputs", shape.outputs);
    c.extents("genes", shape.genes);
    c.inputs(inputs);
    c.in("x", factors.x), c.in("o", factors.o), c.in("y", factors.y), c.maybe_in("bias", factors.bias);
    c.workspace(space.begin, space.bytes);
  }
  void change_gradients(Change& c) {
    c.in("dy", dy);
    c.maybe_out("gradients.x", gradients.x), c.maybe_out("gradients.o", gradients.o);
    c.maybe_out("gradients.y", gradients.y), c.maybe_out("gradients.bias", gradients.bias);
    c.maybe_out("gradients.inputs", gradients.inputs);
  }

  Desk& d;
  apply::Shape shape{kReplicas, kRows, kIn, kOut, {kGenes, nullptr, nullptr}};
  Inputs inputs = floats(d);
  apply::Factors factors{d.array(kIn * kGenes), d.array(kGenes* kGenes), d.array(kOut* kGenes),
                         d.array(1).data, d.array(kOut)};
  Ragged<float> out = d.array(kRows * kOut);
  Ragged<const float> dy = d.array(kRows * kOut);
  apply::Gradients gradients{d.array(kIn * kGenes), d.array(kGenes* kGenes), d.array(kOut* kGenes),
                             d.array(kOut), d.array(kRows* kIn)};
  Space space{d, apply::workspace_bytes(d.context, shape, true)};
  Token token;
};

struct BasisCall {
  explicit BasisCall(Desk& desk) : d(desk) {}
  void forward() {
    basis::forward(d.context, shape, inputs, r, p, nullptr, bias, y, true, space.begin, space.bytes);
  }
  void backward() {
    basis::backward(d.context, shape, inputs, r, nullptr, dy, dp, dbias, space.begin, space.bytes);
  }
  void change(Change& c) {
    c.count("replicas", shape.replicas);
    c.size("rows", shape.rows), c.size("inputs", shape.inputs), c.size("outputs", shape.outputs);
    c.extents("vectors", shape.vectors);
    c.inputs(inputs);
    c.in("r", r.stored);
    c.workspace(space.begin, space.bytes);
  }

  Desk& d;
  basis::ProductShape shape{kReplicas, kRows, kIn, kOut, {kGenes, nullptr, nullptr}};
  Inputs inputs = floats(d);
  basis::Numbers r{d.array(kIn * kGenes), nullptr};
  Ragged<const float> p = d.array(kGenes * kOut), bias = d.array(kOut), dy = d.array(kRows * kOut);
  Ragged<float> y = d.array(kRows * kOut), dp = d.array(kGenes * kOut), dbias = d.array(kOut);
  Space space{d, basis::workspace_bytes(d.context, shape, true, true)};
};

void wire(Desk& d, Change& change, bool back) {
  wiring::Shape shape{kReplicas, kIn, kOut, {kGenes, nullptr, nullptr}};
  Ragged<const float> x = d.array(kIn * kGenes), o = d.array(kGenes * kGenes), y = d.array(kOut * kGenes),
                      dw = d.array(kIn * kOut);
  Ragged<float> w = d.array(kIn * kOut), dx = d.array(kIn * kGenes), d_o = d.array(kGenes * kGenes),
                dy = d.array(kOut * kGenes);
  Space space(d, wiring::workspace_bytes(d.context, shape));
  change.count("replicas", shape.replicas);
  change.size("inputs", shape.inputs), change.size("outputs", shape.outputs);
  change.extents("genes", shape.genes);
  change.in("x", x), change.in("o", o), change.in("y", y);
  change.workspace(space.begin, space.bytes);
  if (back) {
    change.in("dw", dw), change.maybe_out("dx", dx), change.maybe_out("d_o", d_o), change.maybe_out("dy", dy);
    wiring::backward(d.context, shape, x, o, y, nullptr, dw, dx, d_o, dy, space.begin, space.bytes);
  } else {
    change.out("w", w);
    wiring::forward(d.context, shape, x, o, y, nullptr, w, space.begin, space.bytes);
  }
}

void dense_it(Desk& d, Change& change, bool back) {
  dense::Shape shape{kReplicas, kRows, kIn, kOut};
  Inputs inputs = floats(d);
  Ragged<const float> weights = d.array(kIn * kOut), bias = d.array(kOut), dy = d.array(kRows * kOut);
  Ragged<float> out = d.array(kRows * kOut);
  dense::Gradients gradients{d.array(kIn * kOut), d.array(kOut), d.array(kRows * kIn)};
  Space space(d, dense::workspace_bytes(d.context, shape));
  change.count("replicas", shape.replicas);
  change.size("rows", shape.rows), change.size("inputs", shape.inputs), change.size("outputs", shape.outputs);
  change.inputs(inputs);
  change.in("weights", weights);
  if (back) {
    change.in("dy", dy);
    change.maybe_out("gradients.weights", gradients.weights);
    change.maybe_out("gradients.bias", gradients.bias),
        change.maybe_out("gradients.inputs", gradients.inputs);
    change.workspace(space.begin, space.bytes);
    dense::backward(d.context, shape, inputs, weights, dy, gradients, space.begin, space.bytes);
  } else {
    change.maybe_in("bias", bias), change.out("outputs", out);
    dense::forward(d.context, shape, inputs, weights, bias, out);
  }
}

void combine(Desk& d, Change& change, bool back) {
  basis::CombinationShape shape{kReplicas, {kGenes, nullptr, nullptr}, kIn};
  basis::Numbers r{d.array(kGenes * kIn), nullptr};
  Ragged<float> c = d.array(kGenes), theta = d.array(kIn);
  change.count("replicas", shape.replicas);
  change.extents("numbers", shape.numbers), change.size("weights", shape.weights);
  change.in("r", r.stored);
  if (back) {
    change.in("dtheta", theta), change.out("dc", c);
    basis::combine_backward(d.context, shape, r, nullptr, theta, c);
  } else {
    change.in("c", c), change.out("theta", theta);
    basis::combine(d.context, shape, r, c, nullptr, theta);
  }
}

void express(Desk& d, Change& change, int which) {
  expression::Shape shape{kReplicas, kGrid, kGrid, 2, {kGenes, nullptr, nullptr}};
  constexpr int kColumns = 2 * kGenes;
  Ragged<float> places = d.array(3 * kColumns), u = d.array(kGrid * kColumns), v = d.array(kGrid * kColumns),
                du = d.array(kGrid * kColumns), dv = d.array(kGrid * kColumns),
                x = d.array(kGrid * kGrid * kColumns), dplaces = d.array(3 * kColumns);
  change.count("replicas", shape.replicas);
  change.size("height", shape.height), change.size("width", shape.width);
  change.size("channels", shape.channels), change.extents("genes", shape.genes);
  const auto read = [&] { change.in("u", u), change.in("v", v); };
  switch (which) {
    case 0:
      change.in("places", places), change.out("u", u), change.out("v", v);
      return expression::profiles(d.context, shape, places, u, v);
    case 1:
      read(), change.in("places", places), change.in("du", du), change.in("dv", dv);
      change.out("dplaces", dplaces);
      return expression::profiles_backward(d.context, shape, places, u, v, du, dv, dplaces);
    case 2: read(), change.out("x", x); return expression::expand(d.context, shape, u, v, x);
    default:
      read(), change.in("dx", x), change.out("du", du), change.out("dv", dv);
      return expression::expand_backward(d.context, shape, u, v, x, du, dv);
  }
}

void identify(Desk& d, Change& change, bool back) {
  expression::IdentityShape shape{kReplicas, kGrid, kGrid, 2, 3, {kGenes, nullptr, nullptr}};
  Ragged<const float> places = d.array(6 * kGenes), dx = d.array(kGrid * kGrid * 2 * kGenes);
  Ragged<float> x = d.array(kGrid * kGrid * 2 * kGenes), dplaces = d.array(6 * kGenes);
  change.count("replicas", shape.replicas);
  change.size("height", shape.height), change.size("width", shape.width);
  change.size("channels", shape.channels), change.size("axes", shape.axes),
      change.extents("genes", shape.genes);
  change.in("places", places);
  if (back) {
    change.in("dx", dx), change.out("dplaces", dplaces);
    return expression::identities_backward(d.context, shape, places, dx, dplaces);
  }
  change.out("x", x);
  expression::identities(d.context, shape, places, x);
}

void pool(Desk& d, Change& change, bool back) {
  pooling::Shape shape{kReplicas, kIn, kIn, 2, {kGenes, nullptr, nullptr}, {pooling::Function::max, 2, 2}};
  Ragged<const float> in = d.array(kIn * kIn * 2 * kGenes), dout = d.array(kIn / 2 * (kIn / 2) * 2 * kGenes);
  Ragged<float> out = d.array(kIn / 2 * (kIn / 2) * 2 * kGenes), din = d.array(kIn * kIn * 2 * kGenes);
  change.count("replicas", shape.replicas);
  change.size("height", shape.height), change.size("width", shape.width);
  change.size("channels", shape.channels), change.extents("columns", shape.columns);
  change.size("window.height", shape.window.height), change.size("window.width", shape.window.width);
  change.in("in", in);
  if (back) {
    change.in("dout", dout), change.out("din", din);
    return pooling::backward(d.context, shape, in, dout, din);
  }
  change.out("out", out);
  pooling::forward(d.context, shape, in, out);
}

void optimize(Desk& d, Change& change, bool adam) {
  optimizer::Shape shape{kReplicas, {kGenes, nullptr, nullptr}};
  const float* rate = d.array(1).data;
  int64_t step = 1;
  Ragged<const float> gradient = d.array(kGenes);
  Ragged<float> m = d.array(kGenes), v = d.array(kGenes), parameters = d.array(kGenes);
  change.count("replicas", shape.replicas);
  change.extents("parameters", shape.parameters);
  change.pointer("rate", rate), change.in("gradient", gradient), change.out(adam ? "m" : "velocity", m);
  change.out("parameters", parameters);
  if (!adam) return optimizer::sgd(d.context, shape, {}, rate, gradient, m, parameters);
  change.out("v", v);
  optimizer::adam(d.context, shape, {}, rate, step, gradient, m, v, parameters);
}

void activate(Desk& d, Change& change, bool back) {
  activation::Shape shape{kReplicas, {kGenes, nullptr, nullptr}, activation::Function::tanh};
  Ragged<float> y = d.array(kGenes), dy = d.array(kGenes);
  change.count("replicas", shape.replicas);
  change.extents("elements", shape.elements);
  if (!back) {
    change.out("y", y);
    return activation::forward(d.context, shape, y);
  }
  Ragged<const float> read = y;
  change.in("y", read), change.out("dy", dy);
  activation::backward(d.context, shape, read, dy);
}

void drop(Desk& d, Change& change) {
  dropout::Shape shape{kReplicas, {kGenes, nullptr, nullptr}};
  const uint64_t* seeds = d.array<uint64_t>(1).data;
  const int64_t* steps = d.array<int64_t>(1).data;
  Ragged<const float> in = d.array(kGenes);
  Ragged<float> out = d.array(kGenes);
  change.count("replicas", shape.replicas);
  change.extents("elements", shape.elements);
  change.pointer("seeds", seeds), change.pointer("steps", steps);
  change.in("in", in), change.out("out", out);
  dropout::apply(d.context, shape, seeds, steps, in, out);
}

void take_batch(Desk& d, Change& change, bool gather) {
  batch::Shape shape{kReplicas, kRows, kIn, 7};
  const uint8_t *images = d.array<uint8_t>(7 * kIn).data, *labels = d.array<uint8_t>(7).data;
  const uint64_t* seeds = d.array<uint64_t>(1).data;
  Ragged<uint8_t> out_images = d.array<uint8_t>(kRows * kIn), out_labels = d.array<uint8_t>(kRows);
  Ragged<uint32_t> out_rows = d.array<uint32_t>(kRows);
  change.count("replicas", shape.replicas), change.count("samples", shape.samples);
  change.size("rows", shape.rows);
  change.pointer("labels", labels), change.pointer("seeds", seeds), change.out("out_labels", out_labels);
  if (gather) {
    change.size("pixels", shape.pixels), change.pointer("images", images),
        change.out("out_images", out_images);
    batch::gather(d.context, shape, images, labels, seeds, 0, out_images, out_labels);
  } else {
    change.out("out_rows", out_rows);
    batch::choose(d.context, shape, labels, seeds, 0, out_rows, out_labels);
  }
}

void classify(Desk& d, Change& change, bool predict) {
  classifier::Shape shape{kReplicas, kRows, kOut};
  Ragged<const float> logits = d.array(kRows * kOut);
  Ragged<const uint8_t> labels = d.array<uint8_t>(kRows);
  Ragged<int32_t> predictions = d.array<int32_t>(kRows);
  classifier::Outputs outputs{d.array(kRows * kOut), d.array(1), d.array<int32_t>(1)};
  change.count("replicas", shape.replicas), change.size("rows", shape.rows);
  change.size("classes", shape.classes), change.in("logits", logits);
  if (predict) {
    change.maybe_out("probabilities", outputs.dlogits), change.maybe_out("predictions", predictions);
    return classifier::predict(d.context, shape, logits, outputs.dlogits, predictions);
  }
  change.in("labels", labels), change.maybe_out("outputs.dlogits", outputs.dlogits);
  change.maybe_out("outputs.loss", outputs.loss), change.maybe_out("outputs.correct", outputs.correct);
  classifier::cross_entropy(d.context, shape, logits, labels, outputs);
}

std::vector<Entry> entries() {
  return {
      {"apply/forward",
       [](Desk& d, Change& c) {
         ApplyCall call(d);
         call.change(c), c.out("outputs", call.out);
         call.forward();
       }},
      {"apply/backward",
       [](Desk& d, Change& c) {
         ApplyCall call(d);
         call.forward();
         call.change(c), call.change_gradients(c);
         call.backward();
       }},
      {"apply/workspace_bytes",
       [](Desk& d, Change& c) {
         apply::Shape shape{kReplicas, kRows, kIn, kOut, {kGenes, nullptr, nullptr}};
         c.size("replicas", shape.replicas), c.count("rows", shape.rows), c.count("inputs", shape.inputs);
         c.count("outputs", shape.outputs), c.size("genes", shape.genes.most);
         if (shape.replicas == INT_MAX) shape.rows = 1 << 22, shape.genes.most = 1 << 20;
         apply::workspace_bytes(d.context, shape, true);
       }},
      {"basis/forward",
       [](Desk& d, Change& c) {
         BasisCall call(d);
         call.change(c), c.in("p", call.p), c.maybe_in("bias", call.bias), c.out("y", call.y);
         call.forward();
       }},
      {"basis/backward",
       [](Desk& d, Change& c) {
         BasisCall call(d);
         call.forward();
         call.change(c), c.in("dy", call.dy), c.maybe_out("dp", call.dp), c.maybe_out("dbias", call.dbias);
         call.backward();
       }},
      {"basis/workspace_bytes",
       [](Desk& d, Change& c) {
         basis::ProductShape shape{kReplicas, kRows, kIn, kOut, {kGenes, nullptr, nullptr}};
         c.size("replicas", shape.replicas), c.count("rows", shape.rows), c.count("inputs", shape.inputs);
         c.count("outputs", shape.outputs), c.size("vectors", shape.vectors.most);
         if (shape.replicas == INT_MAX)
           shape.rows = 1 << 22, shape.vectors.most = 1 << 20, shape.inputs = shape.outputs = 1 << 16;
         basis::workspace_bytes(d.context, shape, false, true);
       }},
      {"basis/fill",
       [](Desk& d, Change& c) {
         int replicas = kReplicas;
         Extents lines{kIn, nullptr, nullptr}, columns{kGenes, nullptr, nullptr};
         const uint64_t* seeds = d.array<uint64_t>(1).data;
         Ragged<float> r = d.array(kIn * kGenes);
         c.count("replicas", replicas), c.extents("lines", lines), c.extents("columns", columns);
         c.pointer("seeds", seeds), c.out("r", r);
         basis::fill(d.context, replicas, lines, columns, seeds, r);
       }},
      {"basis/combine", [](Desk& d, Change& c) { combine(d, c, false); }},
      {"basis/combine_backward", [](Desk& d, Change& c) { combine(d, c, true); }},
      {"wiring/forward", [](Desk& d, Change& c) { wire(d, c, false); }},
      {"wiring/backward", [](Desk& d, Change& c) { wire(d, c, true); }},
      {"wiring/workspace_bytes",
       [](Desk& d, Change& c) {
         wiring::Shape shape{kReplicas, kIn, kOut, {kGenes, nullptr, nullptr}};
         c.size("replicas", shape.replicas), c.count("inputs", shape.inputs);
         c.count("outputs", shape.outputs), c.size("genes", shape.genes.most);
         if (shape.replicas == INT_MAX) shape.outputs = 1 << 30;
         wiring::workspace_bytes(d.context, shape);
       }},
      {"wiring/deviation",
       [](Desk& d, Change& c) {
         int inputs = kIn, outputs = kOut;
         int64_t genes = kGenes;
         const float *x = d.array(kIn * kGenes).data, *o = d.array(kGenes * kGenes).data,
                     *y = d.array(kOut * kGenes).data;
         c.count("inputs", inputs), c.count("outputs", outputs), c.size("genes", genes);
         c.pointer("x", x), c.pointer("o", o), c.pointer("y", y);
         wiring::deviation(inputs, outputs, genes, x, o, y);
       }},
      {"dense/forward", [](Desk& d, Change& c) { dense_it(d, c, false); }},
      {"dense/backward", [](Desk& d, Change& c) { dense_it(d, c, true); }},
      {"dense/workspace_bytes",
       [](Desk& d, Change& c) {
         dense::Shape shape{kReplicas, kRows, kIn, kOut};
         c.size("replicas", shape.replicas), c.count("rows", shape.rows), c.count("inputs", shape.inputs);
         c.count("outputs", shape.outputs);
         if (shape.replicas == INT_MAX) shape.inputs = shape.outputs = 1 << 21;
         dense::workspace_bytes(d.context, shape);
       }},
      {"expression/profiles", [](Desk& d, Change& c) { express(d, c, 0); }},
      {"expression/profiles_backward", [](Desk& d, Change& c) { express(d, c, 1); }},
      {"expression/expand", [](Desk& d, Change& c) { express(d, c, 2); }},
      {"expression/expand_backward", [](Desk& d, Change& c) { express(d, c, 3); }},
      {"expression/identities", [](Desk& d, Change& c) { identify(d, c, false); }},
      {"expression/identities_backward", [](Desk& d, Change& c) { identify(d, c, true); }},
      {"pooling/forward", [](Desk& d, Change& c) { pool(d, c, false); }},
      {"pooling/backward", [](Desk& d, Change& c) { pool(d, c, true); }},
      {"activation/forward", [](Desk& d, Change& c) { activate(d, c, false); }},
      {"activation/backward", [](Desk& d, Change& c) { activate(d, c, true); }},
      {"dropout/apply", drop},
      {"optimizer/adam", [](Desk& d, Change& c) { optimize(d, c, true); }},
      {"optimizer/sgd", [](Desk& d, Change& c) { optimize(d, c, false); }},
      {"batch/gather", [](Desk& d, Change& c) { take_batch(d, c, true); }},
      {"batch/choose", [](Desk& d, Change& c) { take_batch(d, c, false); }},
      {"batch/list_pixels",
       [](Desk& d, Change& c) {
         const uint8_t* images = d.array<uint8_t>(kIn).data;
         int64_t count = kReplicas, pixels = kIn;
         std::vector<int64_t> start, *to = &start;
         std::vector<uint32_t> entries, *others = &entries;
         c.size("pixels", pixels), c.pointer("images", images), c.pointer("start", to);
         c.pointer("entries", others);
         batch::list_pixels(images, count, pixels, to, others);
       }},
      {"classifier/cross_entropy", [](Desk& d, Change& c) { classify(d, c, false); }},
      {"classifier/predict", [](Desk& d, Change& c) { classify(d, c, true); }},
  };
}

/// What a call says, made in a process of its own.
template <class Call>
std::string said_by(const Call& call) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    std::string said;
    try {
      said = call();
    } catch (const Error& error) {
      said = error.what();
    } catch (const std::exception& error) {
      said = std::string("another exception: ") + error.what();
    }
    _exit(write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string said(4096, '\0');
  const ssize_t size = read(ends[0], said.data(), said.size());
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return "ended by signal " + std::to_string(WTERMSIG(status));
  said.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return said;
}

void PrintTo(const Entry& entry, std::ostream* out) { *out << entry.name; }

class WrongCalls : public testing::TestWithParam<Entry> {};
INSTANTIATE_TEST_SUITE_P(, WrongCalls, testing::ValuesIn(entries()), [](const auto& info) {
  std::string name = info.param.name;
  for (char& c : name)
    if (c == '/') c = '_';
  return name;
});

TEST_P(WrongCalls, AreErrorsThatNameTheArgument) {
  const Entry& entry = GetParam();
  const auto run = [&entry](Change& change) {
    Desk desk;
    entry.call(desk, change);
    return std::string("no error");
  };
  EXPECT_EQ(said_by([&] {
              Change none(-1);
              return run(none);
            }),
            "no error");
  int made = 0;
  for (bool more = true; more; ++made) {
    Change told(made);  // the same change, without the call: what it is
    const std::string described = said_by([&] {
      try {
        Desk desk;
        entry.call(desk, told);
      } catch (const Error&) {
      }
      return told.done() ? told.names() + "\n" + told.what() : "none";
    });
    more = described != "none";
    if (!more) break;
    const std::string names = described.substr(0, described.find('\n'));
    Change change(made);
    const std::string said = said_by([&] { return run(change); });
    EXPECT_EQ(said.rfind(std::string(entry.name) + ": ", 0), 0u) << described << "\n" << said;
    EXPECT_NE(said.find(names), std::string::npos) << described << "\n" << said;
  }
  EXPECT_GE(made, 7);
}

struct Row {
  const char* what;
  std::function<void(Desk&)> call;
  const char* says;  // the error begins so
};

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

void adam_with(Desk& d, const optimizer::Adam& settings, int64_t step = 1) {
  const Ragged<float> a = d.array(kGenes), m = d.array(kGenes), v = d.array(kGenes), p = d.array(kGenes);
  optimizer::adam(d.context, {kReplicas, {kGenes, nullptr, nullptr}}, settings, d.array(1).data, step, a, m,
                  v, p);
}
void sgd_with(Desk& d, double momentum, float rate = 1.0f) {
  const Ragged<float> g = d.array(kGenes), m = d.array(kGenes), p = d.array(kGenes);
  optimizer::sgd(d.context, {kReplicas, {kGenes, nullptr, nullptr}}, {momentum}, d.array(1, rate).data, g, m,
                 p);
}
constexpr const char* kNothingKept =
    "apply/backward: the workspace does not hold what apply/forward leaves there: call it on this context "
    "and "
    "workspace, with training, before each backward";

const Row kWrong[] = {
    {"backward alone", [](Desk& d) { ApplyCall(d).backward(); }, kNothingKept},
    {"backward twice",
     [](Desk& d) {
       ApplyCall c(d);
       c.forward(), c.backward(), c.backward();
     },
     kNothingKept},
    {"backward after a forward that does not train",
     [](Desk& d) {
       ApplyCall c(d);
       c.forward();
       apply::forward(d.context, c.shape, c.inputs, c.factors, c.out, false, c.space.begin, c.space.bytes);
       c.backward();
     },
     kNothingKept},
    {"backward on another context",
     [](Desk& d) {
       ApplyCall c(d);
       c.forward();
       Desk other;
       apply::backward(other.context, c.shape, c.inputs, c.factors, c.dy, c.gradients, c.space.begin,
                       c.space.bytes);
     },
     kNothingKept},
    {"backward of fewer rows",
     [](Desk& d) {
       ApplyCall c(d);
       c.forward();
       c.shape.rows = 2;
       c.backward();
     },
     "apply/backward: rows is 2, but was 3 in the forward whose work the workspace holds"},
    {"backward of another density",
     [](Desk& d) {
       ApplyCall c(d);
       c.forward();
       c.shape.density = 0.5;
       c.backward();
     },
     "apply/backward: the shape (an extent of a replica, density, or whether R is stored) is not that"},
    {"backward with a token of an earlier forward",
     [](Desk& d) {
       ApplyCall c(d);
       c.forward();
       const Token first = c.token;
       c.forward();
       c.backward(first);
     },
     "apply/backward: the token is of forward number 1, but forward number 2 has used the workspace since"},
    {"backward after another room used the workspace",
     [](Desk& d) {
       ApplyCall c(d);
       c.space = Space(d, 1 << 16);
       c.forward();
       const wiring::Shape one{1, 1, 1, {1, nullptr, nullptr}};
       wiring::forward(d.context, one, c.factors.x, c.factors.o, c.factors.y, nullptr, d.array(1),
                       c.space.begin, c.space.bytes);
       c.backward();
     },
     kNothingKept},
    {"backward after the workspace was cleared",
     [](Desk& d) {
       ApplyCall c(d);
       c.forward();
       d.context.clear(c.space.begin, 1);
       c.backward();
     },
     kNothingKept},
    {"backward in the place of a buffer that is gone",
     [](Desk& d) {
       ApplyCall c(d);
       void* place = nullptr;
       {
         const auto buffer = Buffer<char>::of_size(d.context, c.space.bytes);
         c.space.begin = place = buffer.data();
         c.forward();
       }
       c.backward();
     },
     kNothingKept},
    {"backward of another room",
     [](Desk& d) {
       BasisCall b(d);
       ApplyCall c(d);
       c.space = Space(d, 1 << 16), b.space = c.space;
       b.forward(), c.backward();
     },
     "apply/backward: the workspace holds what basis/forward left, not apply/forward"},
    {"basis backward twice",
     [](Desk& d) {
       BasisCall b(d);
       b.forward(), b.backward(), b.backward();
     },
     "basis/backward: the workspace does not hold what basis/forward leaves there"},
    {"two forwards under way",
     [](Desk& d) {
       ApplyCall one(d), two(d);
       one.forward(), two.forward();
       one.backward(one.token), two.backward(two.token);
       throw Error("both were right");
     },
     "both were right"},
    {"beta1 of 1",
     [](Desk& d) {
       adam_with(d, {1.0, 0.9, 1e-8});
     },
     "optimizer/adam: beta1 is 1.000000, must be"},
    {"beta2 below 0",
     [](Desk& d) {
       adam_with(d, {0.9, -0.1, 1e-8});
     },
     "optimizer/adam: beta2 is -0.1"},
    {"beta2 that is no number",
     [](Desk& d) {
       adam_with(d, {0.9, kNan, 1e-8});
     },
     "optimizer/adam: beta2 is nan"},
    {"epsilon of 0 as a float",
     [](Desk& d) {
       adam_with(d, {0.9, 0.9, 1e-60});
     },
     "optimizer/adam: epsilon is 0"},
    {"epsilon that is infinite",
     [](Desk& d) {
       adam_with(d, {0.9, 0.9, 1e60});
     },
     "optimizer/adam: epsilon is inf"},
    {"step 0", [](Desk& d) { adam_with(d, {}, 0); }, "optimizer/adam: step is 0, must be at least 1"},
    {"momentum of 1", [](Desk& d) { sgd_with(d, 1.0); }, "optimizer/sgd: momentum is 1.000000, must be"},
    {"momentum that is no number", [](Desk& d) { sgd_with(d, kNan); }, "optimizer/sgd: momentum is nan"},
    {"step of an epoch that there is not",
     [](Desk& d) {
       batch::choose(d.context, {1, 1, 1, 1}, d.array<uint8_t>(1).data, d.array<uint64_t>(1).data,
                     int64_t{1} << 32, d.array<uint32_t>(1), d.array<uint8_t>(1));
     },
     "batch/choose: step 4294967296 is in epoch 4294967296 of 1 steps each, must be before epoch 2^32"},
    {"a context that was moved from",
     [](Desk& d) {
       const Context other = std::move(d.context);
       ApplyCall call(d);
     },
     "this context is empty: it was moved from"},
    {"download to nowhere", [](Desk& d) { d.context.download(nullptr, d.array(1).data, 4); },
     "download: to_host is null, where 4 bytes are asked for"},
    {"upload from nowhere", [](Desk& d) { d.context.upload(d.array(1).data, nullptr, 4); },
     "upload: from_host is null, where 4 bytes are asked for"},
    {"copy to nowhere", [](Desk& d) { d.context.copy(nullptr, d.array(1).data, 4); }, "copy: to is null"},
    {"clear nowhere", [](Desk& d) { d.context.clear(nullptr, 4); }, "clear: to is null"},
    {"a buffer larger than memory can be", [](Desk& d) { Buffer<float>::of_size(d.context, SIZE_MAX / 2); },
     "a buffer of 9223372036854775807 elements of 4 bytes is larger than memory can be"},
    {"a block larger than memory can be", [](Desk&) { Context::cpu(1).memory().allocate(SIZE_MAX); },
     "cannot allocate 18446744073709551615 bytes of host memory"},
    {"a view of no replicas", [](Desk& d) { Buffer<float>::of_size(d.context, 6).view(0); },
     "a buffer of 6 elements is not 0 equal arrays"},
    {"a view of replicas that do not divide it",
     [](Desk& d) { Buffer<float>::of_size(d.context, 6).view(4); },
     "a buffer of 6 elements is not 4 equal arrays"},
    {"order of no rows",
     [](Desk&) {
       apply::order({1, 0, 1, 1, {}}, 1, true);
     },
     "apply/order: rows is 0"},
    {"order of no genes",
     [](Desk&) {
       apply::order({1, 1, 1, 1, {}}, 0, true);
     },
     "apply/order: genes is 0"},
    {"order of no vectors",
     [](Desk&) {
       basis::order({1, 1, 1, 1, {}}, -1, true);
     },
     "basis/order: vectors is -1"},
    {"density of nowhere", [](Desk&) { batch::density(nullptr, 3); }, "batch/density: pixels is null"},
};

// With INNATE_CHECK.
const Row kFoundOnlyByLooking[] = {
    {"an output in an input",
     [](Desk& d) {
       ApplyCall c(d);
       c.out.data = const_cast<float*>(c.inputs.values.data) + 1;
       c.forward();
     },
     "apply/forward: INNATE_CHECK: outputs of replica 0 and inputs.values of replica 0 share 44 bytes"},
    {"outputs of two replicas by offsets",
     [](Desk& d) {
       ApplyCall c(d);
       const int64_t offsets[kReplicas] = {0, 14};
       c.out.offset = offsets;
       c.forward();
     },
     "apply/forward: INNATE_CHECK: outputs of replica 0 and outputs of replica 1 share 4 bytes"},
    {"a gradient in the workspace",
     [](Desk& d) {
       ApplyCall c(d);
       c.forward();
       c.gradients.bias.data = static_cast<float*>(c.space.begin);
       c.backward();
     },
     "apply/backward: INNATE_CHECK: "},
    {"a workspace that was written to",
     [](Desk& d) {
       ApplyCall c(d);
       c.forward();
       *static_cast<float*>(c.space.begin) += 1;
       c.backward();
     },
     "apply/backward: INNATE_CHECK: the "},
    {"a label out of range",
     [](Desk& d) {
       const Ragged<uint8_t> labels = d.array<uint8_t>(kRows);
       labels[1][2] = kOut;
       classifier::cross_entropy(d.context, {kReplicas, kRows, kOut}, d.array(kRows * kOut), labels, {});
     },
     "classifier/cross_entropy: INNATE_CHECK: labels of replica 1 holds 5 at 2, must be below 5"},
    {"dlogits in the place of logits",
     [](Desk& d) {
       const Ragged<float> logits = d.array(kRows * kOut);
       classifier::cross_entropy(d.context, {kReplicas, kRows, kOut}, logits, d.array<uint8_t>(kRows),
                                 {logits, {}, {}});
       throw Error("that is right");
     },
     "that is right"},
    {"dlogits beside logits",
     [](Desk& d) {
       const Ragged<float> logits = d.array(kRows * kOut + 1);
       classifier::cross_entropy(d.context, {kReplicas, kRows, kOut}, logits, d.array<uint8_t>(kRows),
                                 {{logits.data + 1, logits.stride, nullptr}, {}, {}});
     },
     "classifier/cross_entropy: INNATE_CHECK: outputs.dlogits of replica 0 and logits of replica 0 share 56 "
     "bytes"},
    {"a row that the set does not have",
     [](Desk& d) {
       Inputs inputs;
       inputs.rows = d.array<uint32_t>(kRows, 7);
       inputs.images = d.array<uint8_t>(7 * kIn).data;
       inputs.count = 7;
       dense::forward(d.context, {kReplicas, kRows, kIn, kOut}, inputs, d.array(kIn * kOut), {},
                      d.array(kRows * kOut));
     },
     "dense/forward: INNATE_CHECK: inputs.rows of replica 0 holds 7 at 0, must be below 7"},
    {"a rate that is no number", [](Desk& d) { sgd_with(d, 0, kNan); },
     "optimizer/sgd: INNATE_CHECK: rate of replica 0 is nan, must be finite and not negative"},
    {"a negative rate", [](Desk& d) { sgd_with(d, 0, -1); },
     "optimizer/sgd: INNATE_CHECK: rate of replica 0 is -1.000000, must be finite"},
    {"parameters in the place of the gradient",
     [](Desk& d) {
       const Ragged<float> g = d.array(kGenes);
       optimizer::sgd(d.context, {kReplicas, {kGenes, nullptr, nullptr}}, {}, d.array(1).data, g,
                      d.array(kGenes), g);
     },
     "optimizer/sgd: INNATE_CHECK: parameters of replica 0 and gradient of replica 0 share 24 bytes"},
};

void expect_errors(const Row* rows, std::size_t count, bool inspected) {
  for (std::size_t i = 0; i < count; ++i) {
    const Row& row = rows[i];
    const std::string said = said_by([&] {
      inspecting() = inspected;
      Desk desk;
      row.call(desk);
      return std::string("no error");
    });
    EXPECT_EQ(said.substr(0, std::strlen(row.says)), row.says) << row.what;
  }
}

TEST(WrongUses, AreErrors) { expect_errors(kWrong, std::size(kWrong), false); }
TEST(WrongUses, AreFoundByInnateCheck) {
  expect_errors(kFoundOnlyByLooking, std::size(kFoundOnlyByLooking), true);
}

/// What is looked at leaves right calls alone.
TEST_P(WrongCalls, LeaveRightOnesAlone) {
  EXPECT_EQ(said_by([] {
              inspecting() = true;
              Desk desk;
              Change none(-1);
              GetParam().call(desk, none);
              return std::string("no error");
            }),
            "no error");
}

}  // namespace
}  // namespace innate::test
