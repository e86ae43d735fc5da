// W = X O Y^T and its backward in one pass over dW, beside chains of matrix products.
#include "innate/kernels/wiring.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

struct Problem {
  int replicas, inputs, outputs, genes;
  std::string name() const {
    return std::to_string(replicas) + "x" + std::to_string(inputs) + "x" + std::to_string(outputs) + "/G" +
           std::to_string(genes);
  }
};

/// The cheaper association of the forward product (outputs <= inputs in all rows), and of the backward ones.
Task task(const Problem& p, bool backward) {
  const double in = p.inputs, out = p.outputs, g = p.genes;
  const double data = 2 * in * out * g, small = 2 * g * g * out, genome = in * g + g * g + out * g;
  const double operations = backward ? 2 * data + 3 * small : data + small;
  const double weights = 4 * p.replicas * in * out, genomes = 4 * p.replicas * genome;
  if (backward) return {p.replicas * operations, weights + genomes, genomes, p.replicas};
  return {p.replicas * operations, genomes, weights, p.replicas};
}

struct Operands {
  Operands(Context& context, const Problem& p)
      : in(p.inputs),
        out(p.outputs),
        g(p.genes),
        x(context, p.replicas, in * g),
        o(context, p.replicas, g * g),
        y(context, p.replicas, out * g),
        w(context, p.replicas, in * out),
        dx(context, p.replicas, in * g),
        d_o(context, p.replicas, g * g),
        dy(context, p.replicas, out * g),
        v(context, p.replicas, g * out),
        dv(context, p.replicas, g * out) {}
  std::int64_t in, out, g;
  Normals x, o, y, w, dx, d_o, dy, v, dv;
};

void ours(benchmark::State& state, Backend backend, const Problem& p, bool backward) {
  Context context = make_context(backend);
  const Operands a(context, p);
  const wiring::Shape shape{p.replicas, p.inputs, p.outputs, {p.genes, nullptr, nullptr}};
  const auto workspace = Buffer<unsigned char>::of_size(context, wiring::workspace_bytes(context, shape));
  measure(state, context, task(p, backward), [&] {
    if (backward)
      wiring::backward(context, shape, a.x.view(), a.o.view(), a.y.view(), nullptr, a.w.view(), a.dx.view(),
                       a.d_o.view(), a.dy.view(), workspace.data(), workspace.size());
    else
      wiring::forward(context, shape, a.x.view(), a.o.view(), a.y.view(), nullptr, a.w.view(),
                      workspace.data(), workspace.size());
  });
  const std::int64_t in = p.inputs, out = p.outputs, g = p.genes;
  if (backward)  // one pass has both products of dW
    add_model(state, backend, p.replicas, {{g, out, g}, {in, 2 * g, out}, {g, g, out}, {out, g, g}});
  else
    add_model(state, backend, p.replicas, {{g, out, g}, {in, out, g}});
}

/// v = O Y^T, W = X v; backward reads dW twice: dX = dW v^T and dv = X^T dW, then dO = dv Y and dY = dv^T O.
void products(benchmark::State& state, Backend backend, Peer peer, const Problem& p, bool backward) {
  Context context = make_context(backend);
  const Operands a(context, p);
  const Product v{a.g, a.out, a.g, a.o.data(), a.y.data(), a.v.data(), false, true};
  const Product w{a.in, a.out, a.g, a.x.data(), a.v.data(), a.w.data()};
  const Product dx{a.in, a.g, a.out, a.w.data(), a.v.data(), a.dx.data(), false, true};
  const Product dv{a.g, a.out, a.in, a.x.data(), a.w.data(), a.dv.data(), true, false};
  const Product d_o{a.g, a.g, a.out, a.dv.data(), a.y.data(), a.d_o.data()};
  const Product dy{a.out, a.g, a.g, a.dv.data(), a.o.data(), a.dy.data(), true, false};
  const std::vector<Product> chain = backward ? std::vector{v, dx, dv, d_o, dy} : std::vector{v, w};
  measure(state, context, task(p, backward), [&] {
    for (const Product& product : chain) multiply(context, peer, p.replicas, product);
  });
}

}  // namespace

void add_rows() {
  std::vector<Contestant> all = contestants();
  for (const Contestant& peer : peers()) all.push_back(peer);
  for (const Problem& p :
       {Problem{100, 784, 10, 26}, {100, 784, 10, 9}, {10, 784, 784, 22}, {1, 1024, 1024, 64}})
    for (const bool backward : {false, true})
      for (const Contestant& who : all) {
        const std::string name =
            std::string("wiring/") + (backward ? "backward/" : "forward/") + who.name + "/" + p.name();
        if (who.peer)
          add_row(name, products, who.backend, *who.peer, p, backward);
        else
          add_row(name, ours, who.backend, p, backward);
      }
}

}  // namespace innate::benchmarks
