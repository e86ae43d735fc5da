#include "innate/engine/tape.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include "innate/engine/task.h"
#include "kernels/core/check.h"
#include "kernels/dense/call.h"
#include "kernels/program/program.h"

namespace innate::engine {

using program::Instruction;
using program::Kind;
using program::Of;
using program::Where;

struct Tape::Record {
  explicit Record(Backend b) : backend(b) {}

  // ---- arrays

  int add(const std::string& name, std::int64_t bytes, Where where, int element_bytes) {
    what.arrays.push_back({name, bytes, where});
    elements.push_back(element_bytes);
    needs.push_back(false);
    return static_cast<int>(what.arrays.size()) - 1;
  }
  Variable floats(const std::string& name, std::int64_t rows, std::int64_t columns,
                  bool needs_gradient = false) {
    const int array = add(name, 4 * rows * columns, Where::scratch, 4);
    needs[static_cast<std::size_t>(array)] = needs_gradient;
    return {array, 0, rows, columns};
  }
  template <class T>
  T* at(const Variable& v) const {
    if (!v) return nullptr;
    const std::size_t known = what.arrays.size(), array = static_cast<std::size_t>(v.array);
    require(array < known, "a variable is of array ", v.array, "; this tape has ", known);
    require(elements[array] == static_cast<int>(sizeof(T)), what.arrays[array].name, " has elements of ",
            elements[array], " bytes; ", sizeof(T), " are needed here");
    const std::int64_t size = what.arrays[array].bytes / elements[array];
    require(v.rows >= 0 && v.columns >= 0 && v.offset >= 0 && v.offset + v.size() <= size, "a variable is ",
            v.rows, " x ", v.columns, " elements from ", v.offset, " on of ", what.arrays[array].name,
            ", which has ", size);
    return reinterpret_cast<T*>(
        program::symbol(v.array, v.offset * elements[static_cast<std::size_t>(v.array)]));
  }
  float* at(const Variable& v) const { return at<float>(v); }
  bool needs_gradient(const Variable& v) const { return v && needs[static_cast<std::size_t>(v.array)]; }

  // ---- instructions

  std::vector<Instruction>& list() {
    require(!what.sections.empty(), "a tape records instructions once a section has begun; call section()");
    return in_prologue ? what.sections.back().prologue : what.sections.back().body;
  }
  template <Kind kind, class Call>
  void add(const Call& call) {
    list().push_back(Instruction(Of<kind>{}, call));
  }
  void add_product(gemm::Product p) {
    p.precision = precision;
    if (backend == Backend::cuda && gemm::on_tensor_cores(p))
      return precision == Precision::library ? add<Kind::library_product>(p) : add<Kind::tensor_product>(p);
    if (backend == Backend::cpu) {
      if (const std::int64_t count = gemm::scratch_floats(p); count > 0) {
        if (core < 0) core = add("of a core", 0, Where::core, 4);
        std::int64_t& bytes = what.arrays[static_cast<std::size_t>(core)].bytes;
        bytes = std::max(bytes, 4 * count);
        p.scratch = reinterpret_cast<float*>(program::symbol(core, 0));
      }
    }
    add<Kind::product>(p);
  }

  /// What a room's forward and backward call for each of their products.
  struct Recorder {
    Record& record;
    void operator()(const gemm::Product& p) const { record.add_product(p); }
    void operator()(const gemm::RowSum& s) const { record.add<Kind::sum_rows>(s); }
    void strips(std::int64_t extent, std::int64_t width, const basis::Fill& fill,
                const gemm::Product& p) const {
      record.add<Kind::fill>(fill);
      record.list().back().strips = 2;
      record.list().back().extent = extent;
      record.list().back().width = width;
      record.add_product(p);
    }
  };
  Recorder recorder() { return {*this}; }

  void keep(const Variable& v) {
    const std::size_t known = what.arrays.size();
    require(static_cast<std::size_t>(v.array) < known, "a variable is of array ", v.array, "; this tape has ",
            known);
    program::Array& array = what.arrays[static_cast<std::size_t>(v.array)];
    if (array.where == Where::scratch) array.where = Where::state;
  }

  /// What lies there belongs to no one's scratch.
  void pause(const std::vector<Variable>& touched) {
    require(!what.sections.empty() && !in_prologue, "a pause belongs into the body of a section");
    for (const Variable& v : touched) {
      require(static_cast<bool>(v), "a pause touches an array that there is not");
      keep(v);
    }
    what.sections.back().pauses.push_back({what.sections.back().body.size(), nullptr});
  }

  // ---- the way back

  /// The gradient's place; null where nobody wants it. `add`: something lies there already.
  float* wanted(const Variable& v, bool* add) {
    if (!needs_gradient(v)) return nullptr;
    auto& parts = written[v.array];
    for (const auto& [offset, size] : parts)
      require(
          offset == v.offset ? size == v.size() : offset + size <= v.offset || v.offset + v.size() <= offset,
          "two layers use overlapping parts of ", what.arrays[static_cast<std::size_t>(v.array)].name, ": ",
          size, " numbers from number ", offset, " on, and ", v.size(), " from number ", v.offset,
          " on; their gradients cannot be told apart");
    *add = !parts.emplace(v.offset, v.size()).second;
    return at(gradient_of(v));
  }
  Variable gradient_of(const Variable& v) {
    const auto found = gradients.find(v.array);
    if (found != gradients.end()) return {found->second, v.offset, v.rows, v.columns};
    const program::Array& array = what.arrays[static_cast<std::size_t>(v.array)];
    const int gradient = add("gradient of " + array.name, array.bytes, Where::scratch, 4);
    gradients[v.array] = gradient;
    return {gradient, v.offset, v.rows, v.columns};
  }
  bool has_gradient(const Variable& v) const {
    const auto found = written.find(v.array);
    return found != written.end() && found->second.count(v.offset) > 0;
  }
  /// Numbers of an array that have a gradient by now.
  std::int64_t numbers_with_gradient(const Variable& v) const {
    std::int64_t sum = 0;
    if (const auto found = written.find(v.array); found != written.end())
      for (const auto& [offset, size] : found->second) sum += size;
    return sum;
  }
  void on_the_way_back(std::function<void()> way) {
    if (way_back) ways_back.push_back(std::move(way));
  }

  gemm::Product left(const Signal& a) const {
    gemm::Product p;
    p.density = static_cast<float>(a.density);
    if (a.values) {
      p.a = at(a.values);
      return p;
    }
    p.a_rows = at<std::uint32_t>(a.chosen);
    p.a_pixels = a.set->images();
    p.a_lists = a.set->lists();
    p.a_scale = a.scale;
    return p;
  }

  // ---- layers, by the form of their weights

  void check(const Weights& w) const;

  void through_whole(const Signal& a, const Weights& w, const Variable& out);
  void through_factored(const Signal& a, const Weights& w, const Variable& out);
  void through_fields(const Signal& a, const Weights& w, const Variable& out);
  void through_combined(const Signal& a, const Weights& w, const Variable& out);

  Backend backend;
  Precision precision = Precision::exact;
  program::Code what;
  std::vector<int> elements;  // bytes of an element of each array
  std::vector<bool> needs;    // a gradient, of each array
  int core = -1;
  bool in_prologue = false, way_back = false;
  std::map<int, int> gradients;  // array -> its gradient, in this section
  std::map<int, std::map<std::int64_t, std::int64_t>>
      written;  // array -> offset and size of parts with a gradient
  std::vector<std::function<void()>> ways_back;
};

namespace {

void check_size(const std::string& name, std::int64_t rows, std::int64_t columns, int element_bytes) {
  require(rows >= 0 && columns >= 0 && element_bytes >= 1, "array ", name, " has ", rows, " x ", columns,
          " elements of ", element_bytes, " bytes; none of these may be negative, and an element has a byte");
}

/// rows or columns -1: any number.
void require_shape(const char* entry, const char* what, const Variable& v, std::int64_t rows,
                   std::int64_t columns) {
  require(static_cast<bool>(v), entry, ": ", what, " is empty");
  require((rows < 0 || v.rows == rows) && (columns < 0 || v.columns == columns), entry, ": ", what, " is ",
          v.rows, " x ", v.columns, ", must be ", rows < 0 ? v.rows : rows, " x ",
          columns < 0 ? v.columns : columns);
}

/// One number; it may be left out where `needed` is false.
void require_number(const char* entry, const char* what, const Variable& v, bool needed = true) {
  if (v || needed) require_shape(entry, what, v, 1, 1);
}

void require_grid(const char* entry, const Grid& grid) {
  require(grid.height >= 1 && grid.width >= 1 && grid.channels >= 1, entry, ": the grid is ", grid.height,
          " x ", grid.width, " x ", grid.channels, "; all three must be at least 1");
}

void check(const Signal& a) {
  require_positive("signal", "rows", a.rows);
  require(static_cast<bool>(a.values) != (a.set != nullptr),
          "signal: it is either values or images of a set, exactly one of them");
  require(a.density > 0 && a.density <= 1, "signal: the share that is not 0 is ", a.density,
          "; it must be above 0 and at most 1");
  if (a.values)
    return require_shape("signal", "values", a.values, a.turned ? a.columns : a.rows,
                         a.turned ? a.rows : a.columns);
  require_shape("signal", "chosen", a.chosen, a.rows, 1);
  require(a.set->pixels() == a.columns, "signal: its rows have ", a.columns, " numbers, the set's images ",
          a.set->pixels());
}
std::int64_t neurons_of(const Grid& grid) { return std::int64_t{grid.height} * grid.width * grid.channels; }

}  // namespace

Tape::Tape(Backend backend) : record_(std::make_unique<Record>(backend)) {}
Tape::~Tape() = default;

void Tape::precision(Precision precision) { record_->precision = precision; }

Variable Tape::state(const std::string& name, std::int64_t rows, std::int64_t columns, int element_bytes,
                     bool learned) {
  check_size(name, rows, columns, element_bytes);
  const int array = record_->add(name, element_bytes * rows * columns, Where::state, element_bytes);
  record_->needs[static_cast<std::size_t>(array)] = learned;
  return {array, 0, rows, columns};
}

Variable Tape::scratch(const std::string& name, std::int64_t rows, std::int64_t columns, int element_bytes) {
  check_size(name, rows, columns, element_bytes);
  return {record_->add(name, element_bytes * rows * columns, Where::scratch, element_bytes), 0, rows,
          columns};
}

void Tape::keep(Variable v) {
  require_shape("keep", "the array", v, -1, -1);
  record_->keep(v);
}

void Tape::section(const std::string& name, bool way_back) {
  Record& r = *record_;
  r.what.sections.push_back({name, {}, {}, {}});
  r.in_prologue = false;
  r.way_back = way_back;
  r.gradients.clear();
  r.written.clear();
  r.ways_back.clear();
}

void Tape::prologue() { record_->in_prologue = true; }
void Tape::body() { record_->in_prologue = false; }

Backend Tape::backend() const { return record_->backend; }
const std::vector<int>& Tape::element_bytes() const { return record_->elements; }
program::Code Tape::take() { return std::move(record_->what); }

// ---- growing

Tape::Profiles Tape::profiles(Variable places, const Grid& grid) {
  Record& r = *record_;
  require_grid("profiles", grid);
  require_shape("profiles", "places", places, 3 * grid.channels, -1);
  const bool needs = r.needs_gradient(places);
  const std::int64_t columns = grid.channels * places.columns;
  const Profiles p{r.floats("u", grid.height, columns, needs), r.floats("v", grid.width, columns, needs),
                   grid};
  expression::Call call{};
  call.height = grid.height, call.width = grid.width, call.channels = grid.channels;
  call.genes = places.columns;
  call.places = r.at(places), call.u = r.at(p.u), call.v = r.at(p.v);
  r.add<Kind::profiles>(call);
  r.on_the_way_back([&r, call, p, places]() mutable {
    if (!r.has_gradient(p.u)) return;
    call.du = r.at(r.gradient_of(p.u)), call.dv = r.at(r.gradient_of(p.v));
    call.dplaces = r.wanted(places, &call.add);
    if (call.dplaces) r.add<Kind::profiles_backward>(call);
  });
  return p;
}

Variable Tape::expand(const Profiles& p) {
  Record& r = *record_;
  const Grid& grid = p.grid;
  require_grid("expand", grid);
  require_shape("expand", "u", p.u, grid.height, -1);
  require_shape("expand", "v", p.v, grid.width, p.u.columns);
  const std::int64_t genes = p.u.columns / grid.channels;
  const Variable x =
      r.floats("X", std::int64_t{grid.height} * grid.width * grid.channels, genes, r.needs_gradient(p.u));
  expression::Call call{};
  call.height = grid.height, call.width = grid.width, call.channels = grid.channels;
  call.genes = genes;
  call.u = r.at(p.u), call.v = r.at(p.v), call.x = r.at(x);
  r.add<Kind::expand>(call);
  r.on_the_way_back([&r, call, p, x]() mutable {
    if (!r.has_gradient(x)) return;
    bool add_u = false;
    call.dx = r.at(r.gradient_of(x));
    call.du = r.wanted(p.u, &call.add), call.dv = r.wanted(p.v, &add_u);
    if (call.du) r.add<Kind::expand_backward>(call);
  });
  return x;
}

Variable Tape::identities(Variable places, const Grid& grid, int axes, expression::Profile profile,
                          bool centred) {
  Record& r = *record_;
  require_grid("identities", grid);
  require(axes == 3 || (axes == 2 && grid.channels == 1), "identities: there are ", axes, " axes and ",
          grid.channels, " channels; axes must be 3, or 2 where there is one channel");
  require_shape("identities", "places", places, 2 * axes, -1);
  const std::int64_t neurons = neurons_of(grid);
  const Variable x = r.floats("X", neurons, places.columns, r.needs_gradient(places));
  expression::IdentityCall call{};
  call.height = grid.height, call.width = grid.width, call.channels = grid.channels;
  call.axes = axes, call.genes = places.columns;
  call.profile = profile, call.centred = centred, call.share = expression::share_of_one(neurons);
  call.places = r.at(places), call.x = r.at(x);
  r.add<Kind::identities>(call);
  r.on_the_way_back([&r, call, places, x]() mutable {
    if (!r.has_gradient(x)) return;
    call.x = nullptr, call.dx = r.at(r.gradient_of(x));
    call.dplaces = r.wanted(places, &call.add);
    if (call.dplaces) r.add<Kind::identities_backward>(call);
  });
  return x;
}

Variable Tape::combine(Variable basis, Variable seed, Variable c, std::int64_t weights, Variable scale) {
  Record& r = *record_;
  require_shape("combine", "c", c, 1, -1);
  require_positive("combine", "the number of weights", weights);
  if (basis) require_shape("combine", "r", basis, c.size(), weights);
  require_number("combine", "seed", seed, !basis);
  require_number("combine", "scale", scale, false);
  const Variable theta = r.floats("theta", 1, weights, r.needs_gradient(c));
  basis::Combination call{};
  call.numbers = call.count = c.size();
  call.weights = weights;
  call.r = r.at(basis), call.seed = basis ? nullptr : r.at<std::uint64_t>(seed);
  call.c = r.at(c), call.scale = r.at(scale), call.theta = r.at(theta);
  r.add<Kind::combine>(call);
  r.on_the_way_back([&r, call, theta, c]() mutable {
    const std::int64_t known = r.numbers_with_gradient(theta);
    if (known == 0) return;
    require(known == theta.size(), "a combination grows ", theta.size(), " weights, of which layers use ",
            known);
    call.dtheta = r.at(r.gradient_of(theta));
    call.dc = r.wanted(c, &call.add);
    if (call.dc) r.add<Kind::combine_backward>(call);
  });
  return theta;
}

Variable Tape::grow_fields(Variable x, Variable o, Variable y, Variable scale, const field::Geometry& g) {
  Record& r = *record_;
  field::check("grow_fields", g);
  require_shape("grow_fields", "o", o, o.columns, -1);
  require_shape("grow_fields", "x", x, g.in_neurons(), o.rows);
  require_shape("grow_fields", "y", y, g.out_neurons(), o.rows);
  require_number("grow_fields", "scale", scale, false);
  const std::int64_t genes = o.rows;
  const bool to_z = r.needs_gradient(x) || r.needs_gradient(o), needs = to_z || r.needs_gradient(y);
  const Variable z = r.floats("X O", g.in_neurons(), genes);
  const Variable w = r.floats("W of fields", g.places(), g.weights() * g.outputs, needs);
  gemm::Product first = apply::products::of(r.at(z), g.in_neurons(), genes, genes, r.at(x), r.at(o));
  r.add_product(first);
  field::Call call{};
  call.at = g, call.columns = genes;
  call.t = r.at(z), call.u = r.at(y), call.m = r.at(w), call.scale = r.at(scale);
  r.add<Kind::field_weights>(call);
  r.on_the_way_back([&r, call, x, o, y, w, genes, g, to_z]() mutable {
    if (!r.has_gradient(w)) return;
    call.m = r.at(r.gradient_of(w));
    field::Call own = call;
    own.u = r.wanted(y, &own.add);
    if (own.u) r.add<Kind::field_outputs>(own);
    if (!to_z) return;
    const Variable dz = r.floats("gradient of X O", g.in_neurons(), genes);
    call.t = r.at(dz);
    r.add<Kind::field_inputs>(call);
    gemm::Product d_o = apply::products::of(nullptr, genes, genes, g.in_neurons(), r.at(x), r.at(dz));
    d_o.transpose_a = true, d_o.c = r.wanted(o, &d_o.add);
    if (d_o.c) r.add_product(d_o);
    gemm::Product dx = apply::products::of(nullptr, g.in_neurons(), genes, genes, r.at(dz), r.at(o));
    dx.transpose_b = true, dx.c = r.wanted(x, &dx.add);
    if (dx.c) r.add_product(dx);
  });
  return w;
}

// ---- network

Signal Tape::turn(const Signal& a) {
  Record& r = *record_;
  check(a);
  Signal turned;
  turned.rows = a.rows, turned.columns = a.columns, turned.density = a.density, turned.turned = !a.turned;
  const std::int64_t lines = a.turned ? a.columns : a.rows, width = a.turned ? a.rows : a.columns;
  turned.values = r.floats("turned", width, lines, r.needs_gradient(a.values));
  batch::Turn call{};
  call.rows = lines, call.columns = width, call.out = r.at(turned.values);
  if (a.values) {
    call.in = r.at(a.values);
  } else {
    call.chosen = r.at<std::uint32_t>(a.chosen);
    call.pixels = a.set->images(), call.lists = r.backend == Backend::cpu ? a.set->lists() : PixelLists{};
    call.scale = a.scale, call.channels = a.set->channels();
    call.scales = a.set->scales(), call.shifts = a.set->shifts();
  }
  r.add<Kind::turn>(call);
  r.on_the_way_back([&r, a, turned, lines, width]() {
    if (!r.has_gradient(turned.values)) return;
    batch::Turn back{};
    back.rows = width, back.columns = lines, back.in = r.at(r.gradient_of(turned.values));
    back.out = r.wanted(a.values, &back.add);
    if (back.out) r.add<Kind::turn>(back);
  });
  return turned;
}

namespace {

/// Where what lies between a room's products goes.
template <class Tape>
auto between(Tape& record) {
  return [&record](std::int64_t count) { return record.at(record.floats("between", 1, count)); };
}

struct Shape {
  int rows, inputs, outputs;
  Shape(const Signal& a, const Weights& w)
      : rows(static_cast<int>(a.rows)),
        inputs(static_cast<int>(w.inputs)),
        outputs(static_cast<int>(w.outputs)) {}
};

}  // namespace

void Tape::Record::through_whole(const Signal& a, const Weights& w, const Variable& out) {
  dense::Call call{};
  call.rows = a.rows, call.inputs = w.inputs, call.outputs = w.outputs;
  call.left = left(a), call.weights = at(w.w), call.bias = at(w.bias), call.out = at(out);
  dense::forward(call, recorder());
  on_the_way_back([this, call, a, w, out]() mutable {
    if (!has_gradient(out)) return;
    call.dy = at(gradient_of(out));
    call.d_weights = wanted(w.w, &call.add_dweights);
    call.d_bias = wanted(w.bias, &call.add_dbias);
    call.da = wanted(a.values, &call.add_da);
    dense::backward(call, recorder());
  });
}

void Tape::Record::through_fields(const Signal& a, const Weights& w, const Variable& out) {
  const field::Geometry& g = w.field;
  field::Call call{};
  call.at = g, call.columns = a.rows;
  call.t = at(a.values), call.m = at(w.w), call.u = at(out), call.bias = at(w.bias);
  call.shared = w.w.rows == 1 && g.places() > 1;
  call.each_bias = w.bias && w.bias.size() != g.outputs;
  add<Kind::field_outputs>(call);
  on_the_way_back([this, call, a, w, out]() mutable {
    if (!has_gradient(out)) return;
    const field::Geometry& g = w.field;
    call.u = at(gradient_of(out)), call.bias = nullptr;
    field::Call own = call;
    own.m = wanted(w.w, &own.add);
    float* to = own.m;  // of all places together, where they share them
    const bool add_to = own.add;
    if (call.shared && to) own.m = at(floats("dW of fields", g.places(), w.w.size())), own.add = false;
    own.shared = false;
    bool add_bias = false;
    float* bias = wanted(w.bias, &add_bias);
    if (bias && !to) own.m = at(floats("unused", g.places(), g.weights() * g.outputs));  // beside the sums
    const Variable sums = bias ? floats("sums of fields", g.places(), g.outputs) : Variable{};
    own.sums = at(sums);
    if (own.m) add<Kind::field_weights>(own);
    if (call.shared && to) add<Kind::sum_rows>(gemm::RowSum{g.places(), w.w.size(), own.m, to, add_to});
    if (bias && call.each_bias) add<Kind::sum_rows>(gemm::RowSum{1, sums.size(), own.sums, bias, add_bias});
    if (bias && !call.each_bias)
      add<Kind::sum_rows>(gemm::RowSum{g.places(), g.outputs, own.sums, bias, add_bias});
    call.t = wanted(a.values, &call.add);
    if (call.t) add<Kind::field_inputs>(call);
  });
}

void Tape::Record::through_combined(const Signal& a, const Weights& w, const Variable& out) {
  const Shape s(a, w);
  basis::Call call{};
  call.rows = a.rows, call.inputs = w.inputs, call.outputs = w.outputs, call.vectors = w.p.rows;
  call.order = basis::cheapest({1, s.rows, s.inputs, s.outputs, {w.p.rows, nullptr, nullptr}, a.density},
                               w.p.rows, way_back);
  call.left = left(a), call.scale = at(w.scale);
  call.r = at(w.r), call.seed = w.r ? nullptr : at<std::uint64_t>(w.seed);
  call.p = at(w.p), call.bias = at(w.bias), call.y = at(out);
  basis::lay_out(call, static_cast<bool>(w.r), between(*this));
  basis::forward(call, recorder());
  on_the_way_back([this, call, a, w, out]() mutable {
    if (!has_gradient(out)) return;
    call.dy = at(gradient_of(out));
    call.da = wanted(a.values, &call.add_da);
    call.dp = wanted(w.p, &call.add_dp);
    if (call.da && !call.dp) call.dp = at(floats("unused", 1, w.p.size()));  // on the way to da
    call.dbias = wanted(w.bias, &call.add_dbias);
    basis::backward(call, recorder());
  });
}

void Tape::Record::through_factored(const Signal& a, const Weights& w, const Variable& out) {
  const Shape s(a, w);
  apply::Call call{};
  call.rows = a.rows, call.inputs = w.inputs, call.outputs = w.outputs, call.genes = w.o.rows;
  call.order = apply::cheapest({1, s.rows, s.inputs, s.outputs, {w.o.rows, nullptr, nullptr}, a.density},
                               w.o.rows, way_back);
  call.left = left(a), call.scale = at(w.scale);
  call.x = at(w.x), call.o = at(w.o), call.y = at(w.y), call.bias = at(w.bias), call.out = at(out);
  apply::lay_out(call, way_back, between(*this));
  apply::forward(call, recorder());
  on_the_way_back([this, call, a, w, out]() mutable {
    if (!has_gradient(out)) return;
    call.dy = at(gradient_of(out));
    call.dx = wanted(w.x, &call.add_dx), call.d_o = wanted(w.o, &call.add_do);
    call.d_y = wanted(w.y, &call.add_dy), call.d_bias = wanted(w.bias, &call.add_dbias);
    call.da = wanted(a.values, &call.add_da);
    apply::backward(call, recorder());
  });
}

void Tape::Record::check(const Weights& w) const {
  require_positive("weights", "inputs", w.inputs);
  require_positive("weights", "outputs", w.outputs);
  if (w.form == Weights::Form::fields) {
    const field::Geometry& g = w.field;
    field::check("weights", g);
    require(w.inputs == g.in_neurons() && w.outputs == g.out_neurons(), "weights: fields of ", g.in_neurons(),
            " neurons on ", g.out_neurons(), " cannot be a layer of ", w.inputs, " inputs and ", w.outputs,
            " outputs");
    require_shape("weights", "w", w.w, w.w.rows == 1 ? 1 : g.places(), g.weights() * g.outputs);
    if (w.bias)
      require_shape("weights", "bias", w.bias, 1, w.bias.size() == g.outputs ? g.outputs : w.outputs);
    return;
  }
  if (w.bias) require_shape("weights", "bias", w.bias, 1, w.outputs);
  require_number("weights", "scale", w.scale, false);
  if (w.form == Weights::Form::whole) return require_shape("weights", "w", w.w, w.inputs, w.outputs);
  if (w.form == Weights::Form::factored) {
    require_shape("weights", "o", w.o, w.o.columns, -1);
    require_shape("weights", "x", w.x, w.inputs, w.o.rows);
    return require_shape("weights", "y", w.y, w.outputs, w.o.rows);
  }
  require(w.form == Weights::Form::combined, "weights: there is no form ", static_cast<int>(w.form));
  require_shape("weights", "p", w.p, -1, w.outputs);
  if (w.r) require_shape("weights", "r", w.r, w.inputs, w.p.rows);
  require_number("weights", "seed", w.seed, !w.r);
}

namespace {

void check_choice(const DeviceImages& set, std::int64_t rows, const Variable& chosen,
                  const Variable& labels) {
  require(rows >= 1 && rows <= set.count(), "choose: ", rows, " images are to be chosen of ", set.count());
  require_shape("choose", "chosen", chosen, rows, 1);
  require_shape("choose", "labels", labels, rows, 1);
}

void check_judged(const Variable& logits, const Variable& labels) {
  require_shape("cross_entropy", "logits", logits, -1, -1);
  require(logits.rows >= 1 && logits.columns >= 1 && logits.columns <= 256, "cross_entropy: logits are ",
          logits.rows, " x ", logits.columns, "; at least one row, and 1 to 256 classes are possible");
  require_shape("cross_entropy", "labels", labels, logits.rows, 1);
}

void require_share(const char* entry, const char* what, double share) {
  require(share >= 0 && share < 1, entry, ": ", what, " is ", share, ", must be at least 0 and below 1");
}

}  // namespace

Variable Tape::layer(const Signal& a, const Weights& w) {
  check(a);
  record_->check(w);
  require(a.columns == w.inputs, "a layer of ", w.inputs, " inputs sees ", a.columns, " numbers");
  Record& r = *record_;
  bool needs = r.needs_gradient(a.values);
  for (const Variable& v : {w.w, w.x, w.o, w.y, w.p, w.bias}) needs = needs || r.needs_gradient(v);
  const bool fields = w.form == Weights::Form::fields;
  require(a.turned == fields && (!fields || a.values), "a layer ",
          fields ? "of fields sees a signal that is" : "sees a signal that is",
          fields ? " not turned" : " turned", "; call turn()");
  const Variable out =
      fields ? r.floats("map", w.outputs, a.rows, needs) : r.floats("outputs", a.rows, w.outputs, needs);
  switch (w.form) {
    case Weights::Form::fields: r.through_fields(a, w, out); break;
    case Weights::Form::whole: r.through_whole(a, w, out); break;
    case Weights::Form::factored: r.through_factored(a, w, out); break;
    case Weights::Form::combined: r.through_combined(a, w, out); break;
  }
  return out;
}

void Tape::activate(Variable y, activation::Function function) {
  Record& r = *record_;
  require_shape("activate", "y", y, -1, -1);
  require(y.offset == 0 && y.size() > 0, "activate: y is ", y.rows, " x ", y.columns, " numbers from number ",
          y.offset, " on; it must be a whole array");
  if (function == activation::Function::none) return;
  activation::Call call{y.size(), function, r.at(y), nullptr};
  r.add<Kind::activate>(call);
  r.on_the_way_back([&r, call, y]() mutable {
    if (!r.has_gradient(y)) return;
    call.dy = r.at(r.gradient_of(y));
    r.add<Kind::activate_backward>(call);
  });
}

Variable Tape::dropout(Variable values, double rate, int layer, Variable seed, Variable clock) {
  Record& r = *record_;
  require_shape("dropout", "values", values, -1, -1);
  require(dropout::possible(rate), "dropout: the rate is ", rate, ", must be 0 to 1 - 2^-16");
  require_number("dropout", "seed", seed);
  require_number("dropout", "clock", clock);
  const Variable out = r.floats("kept", values.rows, values.columns, r.needs_gradient(values));
  dropout::Call call{};
  call.count = values.size(), call.dropped = dropout::dropped(rate);
  call.stream = static_cast<std::uint32_t>(layer);
  call.seed = r.at<std::uint64_t>(seed), call.step = r.at<std::int64_t>(clock);
  call.in = r.at(values), call.out = r.at(out);
  r.add<Kind::dropout>(call);
  r.on_the_way_back([&r, call, values, out]() mutable {
    if (!r.has_gradient(out)) return;
    call.in = r.at(r.gradient_of(out)), call.out = r.wanted(values, &call.add);
    if (call.out) r.add<Kind::dropout>(call);
  });
  return out;
}

Variable Tape::pool(Variable values, const Grid& grid, const pooling::Window& window) {
  Record& r = *record_;
  require_grid("pool", grid);
  require_shape("pool", "values", values, neurons_of(grid), -1);
  require(
      window.height >= 1 && window.width >= 1 && window.height <= grid.height && window.width <= grid.width,
      "pool: a window of ", window.height, " x ", window.width, " does not fit on a map of ", grid.height,
      " x ", grid.width);
  require(window.height <= pooling::kMostOfWindow / window.width, "pool: a window of ", window.height, " x ",
          window.width, " has more than 2^24 numbers");
  pooling::Call call{};
  call.height = grid.height, call.width = grid.width, call.channels = grid.channels;
  call.columns = values.columns, call.window = window;
  const Variable out = r.floats("pooled", std::int64_t{call.down()} * call.across() * grid.channels,
                                values.columns, r.needs_gradient(values));
  call.in = r.at(values), call.out = r.at(out);
  r.add<Kind::pool>(call);
  r.on_the_way_back([&r, call, values, out]() mutable {
    if (!r.has_gradient(out)) return;
    if (call.window.function != pooling::Function::max) call.in = nullptr;
    call.out = nullptr, call.dout = r.at(r.gradient_of(out));
    call.din = r.wanted(values, &call.add);
    if (call.din) r.add<Kind::pool_backward>(call);
  });
  return out;
}

Variable Tape::whole(const Weights& w) {
  Record& r = *record_;
  r.check(w);
  if (w.form == Weights::Form::whole || w.form == Weights::Form::fields) return w.w;
  const Variable all = r.floats("W", w.inputs, w.outputs);
  if (w.form == Weights::Form::factored) {
    const std::int64_t genes = w.o.rows;
    const Variable v = r.floats("O Y^T", genes, w.outputs);
    gemm::Product first = apply::products::of(r.at(v), genes, w.outputs, genes, r.at(w.o), r.at(w.y));
    first.transpose_b = true;
    r.add_product(first);
    gemm::Product second = apply::products::of(r.at(all), w.inputs, w.outputs, genes, r.at(w.x), r.at(v));
    second.alpha_at = r.at(w.scale);
    r.add_product(second);
    return all;
  }
  basis::Call call{};
  call.rows = w.inputs, call.inputs = w.inputs, call.outputs = w.outputs, call.vectors = w.p.rows;
  call.order = basis::Order::weights;
  call.scale = r.at(w.scale), call.r = r.at(w.r), call.seed = w.r ? nullptr : r.at<std::uint64_t>(w.seed);
  call.p = r.at(w.p);
  basis::lay_out(call, static_cast<bool>(w.r), between(r));
  call.weights = r.at(all);
  basis::grow(call, r.recorder());
  return all;
}

// ---- task

void Tape::choose(const DeviceImages& set, std::int64_t rows, std::int64_t batches, Variable seed,
                  Variable clock, Variable chosen, Variable labels) {
  Record& r = *record_;
  check_choice(set, rows, chosen, labels);
  require(batches >= 1 && batches <= set.count() / rows, "choose: an epoch has ", batches, " batches of ",
          rows, "; with ", set.count(), " images it can have 1 to ", set.count() / rows);
  require_number("choose", "seed", seed);
  require_number("choose", "clock", clock);
  r.add<Kind::choose>(batch::Choice{rows, set.count(), batches, 0, r.at<std::int64_t>(clock), 0,
                                    r.at<std::uint64_t>(seed), set.labels(), r.at<std::uint32_t>(chosen),
                                    r.at<std::uint8_t>(labels)});
}

void Tape::choose_in_order(const DeviceImages& set, std::int64_t rows, std::int64_t first, Variable clock,
                           Variable chosen, Variable labels) {
  Record& r = *record_;
  check_choice(set, rows, chosen, labels);
  require(first >= 0 && first <= set.count() - rows, "choose: ", rows, " images from number ", first,
          " on are to be chosen of ", set.count());
  require_number("choose", "clock", clock, false);
  r.add<Kind::choose>(batch::Choice{rows, set.count(), 0, first, r.at<std::int64_t>(clock), 0, nullptr,
                                    set.labels(), r.at<std::uint32_t>(chosen), r.at<std::uint8_t>(labels)});
}

void Tape::cross_entropy(Variable logits, Variable labels, Variable loss_sum) {
  Record& r = *record_;
  check_judged(logits, labels);
  require_number("cross_entropy", "loss_sum", loss_sum);
  r.add<Kind::cross_entropy>(classifier::Call{logits.rows, logits.columns, r.at(logits),
                                              r.at<std::uint8_t>(labels), r.at(logits), r.at(loss_sum),
                                              nullptr, true});
  r.gradients[logits.array] = logits.array;
  r.written[logits.array][logits.offset] = logits.size();
}

void Tape::measure(Variable logits, Variable labels, Variable loss, Variable correct) {
  Record& r = *record_;
  check_judged(logits, labels);
  require_number("measure", "loss", loss);
  require_number("measure", "correct", correct);
  r.add<Kind::cross_entropy>(classifier::Call{logits.rows, logits.columns, r.at(logits),
                                              r.at<std::uint8_t>(labels), nullptr, r.at(loss),
                                              r.at<std::int32_t>(correct), false});
}

void Tape::tally(Variable loss, Variable correct, std::int64_t rows, std::int64_t images, Variable losses,
                 Variable right) {
  Record& r = *record_;
  for (const Variable& v : {loss, correct, losses, right}) require_number("tally", "what is added", v);
  require(rows >= 1 && rows <= images, "tally: a call has ", rows, " of a test's ", images, " images");
  r.add<Kind::tally>(classifier::Tally{rows, images, r.at(loss), r.at<std::int32_t>(correct),
                                       r.at<double>(losses), r.at<std::int64_t>(right)});
}

void Tape::begin_backward(Variable y, Variable dy) {
  Record& r = *record_;
  require(y.size() == dy.size() && y.offset == 0 && dy.offset == 0, "a gradient of ", dy.rows, " x ",
          dy.columns, " numbers from number ", dy.offset, " on cannot be that of ", y.rows, " x ", y.columns,
          " from number ", y.offset, " on: both must be whole arrays of one size");
  r.gradients[y.array] = dy.array;
  r.written[y.array][0] = y.size();
}

// ---- work of others

void Tape::call(Function function, const std::vector<Variable>& touched) {
  Record& r = *record_;
  require(function != nullptr, "a call has no function");
  r.pause(touched);
  std::map<int, int> bytes;  // of an element of each array
  for (const Variable& v : touched) bytes[v.array] = r.elements[static_cast<std::size_t>(v.array)];
  r.what.sections.back().pauses.back().function = [function = std::move(function), bytes](
                                                      Context& context,
                                                      const std::function<void*(int)>& address) {
    function(context, [&](Variable v) -> void* {
      const auto known = bytes.find(v.array);
      require(known != bytes.end(), "a call asks for an array that it does not name among those it touches");
      return static_cast<char*>(address(v.array)) + v.offset * known->second;
    });
  };
}

void Tape::pause(const std::vector<Variable>& touched) {
  for (const program::Pause& other : record_->what.sections.back().pauses)
    require(other.function != nullptr, "section '", record_->what.sections.back().name,
            "' has two pauses, and may have one");
  record_->pause(touched);
}

// ---- learning

void Tape::backward() {
  Record& r = *record_;
  for (auto way = r.ways_back.rbegin(); way != r.ways_back.rend(); ++way) (*way)();
  r.ways_back.clear();
}

Variable Tape::gradient(Variable learned, const std::vector<Variable>& parts) const {
  const Record& r = *record_;
  r.at(learned);
  for (std::size_t p = 0; p < parts.size(); ++p)
    require(r.has_gradient(parts[p]), "array ", p, " of ",
            r.what.arrays[static_cast<std::size_t>(learned.array)].name,
            " is to be learned, but no weight depends on it");
  const auto found = r.gradients.find(learned.array);
  require(found != r.gradients.end(), "nothing has written a gradient; it is asked for after backward()");
  return {found->second, 0, learned.rows, learned.columns};
}

void Tape::adam(const optimizer::Adam& settings, Variable rate, Variable clock, Variable gradient, Variable m,
                Variable v, Variable parameters) {
  Record& r = *record_;
  require_share("adam", "beta1", settings.beta1);
  require_share("adam", "beta2", settings.beta2);
  require(static_cast<float>(settings.epsilon) > 0 && std::isfinite(settings.epsilon), "adam: epsilon is ",
          settings.epsilon, ", must be above 0 and finite, as a float");
  require_number("adam", "rate", rate);
  require_number("adam", "clock", clock);
  for (const Variable& each : {gradient, m, v})
    require_shape("adam", "gradient, m or v", each, parameters.rows, parameters.columns);
  const Variable constants = scratch("constants of Adam", 1, 1, sizeof(optimizer::AdamStep));
  const auto* step = r.at<const optimizer::AdamStep>(constants);
  // Ahead of the way back, so that it does not lie between that and the update.
  auto& list = r.list();
  const Instruction first(Of<Kind::constants>{}, optimizer::Constants{settings, r.at<std::int64_t>(clock),
                                                                      r.at<optimizer::AdamStep>(constants)});
  list.insert(list.begin(), first);
  r.add<Kind::adam>(optimizer::Call{
      parameters.size(), r.at(rate), r.at(gradient), r.at(m), r.at(v), r.at(parameters), step, {}, 0.0f});
}

Variable Tape::schedule(const optimizer::Schedule& schedule, Variable rate, Variable clock) {
  Record& r = *record_;
  require_number("schedule", "rate", rate);
  require_number("schedule", "clock", clock);
  require(schedule.steps >= 1, "schedule: it has ", schedule.steps, " steps; at least 1 is needed");
  require(schedule.to >= 0 && schedule.to <= 1 && schedule.by > 0 && schedule.by <= 1,
          "schedule: a rate goes to ", schedule.to, " of itself, by ", schedule.by,
          "; 0 to 1, and above 0 to 1, are possible");
  if (schedule.kind == optimizer::Schedule::Kind::constant) return rate;
  const Variable now = scratch("rate of the step", 1, 1);
  // Ahead of the way back, so that it does not lie between that and the update.
  auto& list = r.list();
  const Instruction first(Of<Kind::schedule>{},
                          optimizer::Scheduled{schedule, r.at<std::int64_t>(clock), r.at(rate), r.at(now)});
  list.insert(list.begin(), first);
  return now;
}

void Tape::sgd(const optimizer::Sgd& settings, Variable rate, Variable gradient, Variable velocity,
               Variable parameters) {
  Record& r = *record_;
  require_share("sgd", "momentum", settings.momentum);
  require_number("sgd", "rate", rate);
  for (const Variable& each : {gradient, velocity})
    require_shape("sgd", "gradient or velocity", each, parameters.rows, parameters.columns);
  r.add<Kind::sgd>(optimizer::Call{parameters.size(),
                                   r.at(rate),
                                   r.at(gradient),
                                   r.at(velocity),
                                   nullptr,
                                   r.at(parameters),
                                   nullptr,
                                   {},
                                   static_cast<float>(settings.momentum)});
}

namespace {

/// Moves a body's `combine` behind its update, and to the prologue for the first pass, where the update
/// changes just what it combines.
void sweep(program::Section* section, std::int64_t width) {
  auto& body = section->body;
  const auto combine =
      std::find_if(body.begin(), body.end(), [](const Instruction& i) { return i.kind == Kind::combine; });
  if (combine == body.end() || body.size() < 3) return;
  const Instruction &back = body[body.size() - 2], &update = body.back();
  if (back.kind != Kind::combine_backward || (update.kind != Kind::adam && update.kind != Kind::sgd)) return;
  const optimizer::Call& step = update.kind == Kind::adam ? update.adam_call : update.sgd_call;
  const basis::Combination grown = combine->combine_call;
  if (step.parameters != grown.c || step.count != grown.numbers) return;
  const Instruction next = *combine;
  section->prologue.push_back(next);
  body.erase(combine);
  body.push_back(next);
  Instruction& first = body[body.size() - 3];
  first.strips = 3;
  first.extent = grown.numbers;
  first.width = width;
}

}  // namespace

void Tape::tick(Variable clock) {
  Record& r = *record_;
  require_number("tick", "clock", clock);
  r.list();
  // A strip's numbers of R (not across other people's work): eight streams from memory on a core, enough for
  // a block's threads on a device.
  if (r.way_back && r.what.sections.back().pauses.empty())
    sweep(&r.what.sections.back(), r.backend == Backend::cpu ? 8 : 96);
  r.add<Kind::tick>(program::Tick{r.at<std::int64_t>(clock)});
}

void Tape::clear(Variable value) {
  require_shape("clear", "value", value, -1, -1);
  record_->add<Kind::clear>(program::Clear{record_->at<std::uint64_t>(value), value.size()});
}

}  // namespace innate::engine
