// y = A W in the factored form, and a step's forward and backward, on pixels; beside chains of matrix
// products on floats.
#include "innate/kernels/apply.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

struct Problem {
  int replicas, rows, inputs, outputs, genes;
  double nonzero;  // share of the pixels
  std::string name() const {
    return std::to_string(replicas) + "x" + std::to_string(rows) + "/G" + std::to_string(genes) +
           "/nonzero:" + std::to_string(static_cast<int>(100 * nonzero)) + "%";
  }
};

/// The interaction order on the pixels that are not 0, which are read as bytes. Backward (dX and dO) reads
/// A, dy, Y, v = O Y^T and t = A X.
Task task_of(const Problem& p, bool backward) {
  const double in = p.inputs, out = p.outputs, g = p.genes, rows = p.rows;
  const double data = 2 * p.nonzero * rows * in * g, small = 2 * g * g * out, few = 2 * rows * g * out;
  const double read = backward ? 2 * g * out + rows * out + rows * g : in * g + g * g + out * g;
  const double written = backward ? in * g + g * g : rows * out;
  return {p.replicas * (data + small + (backward ? 2 : 1) * few), p.replicas * (rows * in + 4 * read),
          p.replicas * 4 * written, std::int64_t{p.replicas} * p.rows};
}

/// Forward; and backward, which uses up what forward left.
Task task(const Problem& p, bool training) {
  Task all = task_of(p, false);
  if (!training) return all;
  const Task back = task_of(p, true);
  all.operations += back.operations, all.read += back.read, all.written += back.written;
  return all;
}

void ours(benchmark::State& state, Backend backend, bool lists, const Problem& p, bool training) {
  Context context = make_context(backend);
  const std::int64_t in = p.inputs, out = p.outputs, g = p.genes;
  Normals x(context, p.replicas, in * g), o(context, p.replicas, g * g), y(context, p.replicas, out * g),
      z(context, p.replicas, p.rows * out);
  Normals dx(context, p.replicas, in * g), d_o(context, p.replicas, g * g);
  const Batches a(context, p.replicas, p.rows, in, p.nonzero, lists);
  const apply::Shape shape{p.replicas, p.rows, p.inputs, p.outputs, {g, nullptr, nullptr}, p.nonzero};
  const Inputs& inputs = a.inputs();
  const apply::Factors factors{x.view(), o.view(), y.view(), nullptr, {}};
  const auto workspace =
      Buffer<unsigned char>::of_size(context, apply::workspace_bytes(context, shape, true));
  state.SetLabel(apply::name(apply::order(shape, g, true)));
  measure(state, context, task(p, training), [&] {
    apply::forward(context, shape, inputs, factors, z.view(), true, workspace.data(), workspace.size());
    if (training)
      apply::backward(context, shape, inputs, factors, z.view(), {dx.view(), d_o.view(), {}, {}, {}},
                      workspace.data(), workspace.size());
  });
  std::vector<Size> products = {{p.rows, g, in}, {g, out, g}, {p.rows, out, g}};
  if (training)
    products.insert(products.end(), {{g, out, p.rows}, {p.rows, g, out}, {in, g, p.rows}, {g, g, out}});
  add_model(state, backend, p.replicas, products);
}

/// t = A X, v = O Y^T, z = t v; backward dv = t^T dz, dt = dz v^T, dX = A^T dt, dO = dv Y. A is floats, zeros
/// and all: that is what the peers take.
void products(benchmark::State& state, Backend backend, Peer peer, const Problem& p, bool training) {
  Context context = make_context(backend);
  const std::int64_t rows = p.rows, in = p.inputs, out = p.outputs, g = p.genes;
  Normals x(context, p.replicas, in * g), o(context, p.replicas, g * g), y(context, p.replicas, out * g),
      z(context, p.replicas, rows * out);
  Normals dx(context, p.replicas, in * g), d_o(context, p.replicas, g * g), v(context, p.replicas, g * out),
      dv(context, p.replicas, g * out), t(context, p.replicas, rows * g), dt(context, p.replicas, rows * g);
  Buffer<float> a(context, as_floats(pixels(p.replicas * rows * in, p.nonzero)));
  std::vector<Product> chain = {{rows, g, in, a.data(), x.data(), t.data()},
                                {g, out, g, o.data(), y.data(), v.data(), false, true},
                                {rows, out, g, t.data(), v.data(), z.data()}};
  if (training)
    for (const Product& back : {Product{g, out, rows, t.data(), z.data(), dv.data(), true, false},
                                Product{rows, g, out, z.data(), v.data(), dt.data(), false, true},
                                Product{in, g, rows, a.data(), dt.data(), dx.data(), true, false},
                                Product{g, g, out, dv.data(), y.data(), d_o.data()}})
      chain.push_back(back);
  state.SetLabel("on floats");
  measure(state, context, task(p, training), [&] {
    for (const Product& product : chain) multiply(context, peer, p.replicas, product);
  });
}

}  // namespace

void add_rows() {
  std::vector<Contestant> all = contestants();
  all.push_back({"cpu-lists", Backend::cpu, {}, true});
  for (const Contestant& peer : peers()) all.push_back(peer);
  for (const int genes : {1, 9, 17, 26, 40})
    for (const double nonzero : {0.19, 0.5})
      for (const bool training : {false, true})
        for (const Contestant& who : all) {
          if (who.peer && nonzero != 0.19) continue;  // to them all pixels are alike
          const Problem p{100, 64, 784, 10, genes, nonzero};
          const std::string name =
              std::string("apply/") + (training ? "training/" : "forward/") + who.name + "/" + p.name();
          if (who.peer)
            add_row(name, products, who.backend, *who.peer, p, training);
          else
            add_row(name, ours, who.backend, who.lists, p, training);
        }
}

}  // namespace innate::benchmarks
