// y = A W for weights that are learned one by one, on pixels; beside one matrix product on floats.
#include "innate/kernels/dense.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

constexpr int kReplicas = 100, kRows = 64;
constexpr std::int64_t kIn = 784, kOut = 10;

/// Forward reads A and W and writes y; backward reads A and dy and writes dW.
Task task(double nonzero, bool backward) {
  const double in = kIn, out = kOut, rows = kRows, weights = 4 * in * out, outputs = 4 * rows * out;
  return {kReplicas * 2 * nonzero * rows * in * out, kReplicas * (rows * in + (backward ? outputs : weights)),
          kReplicas * (backward ? weights : outputs), std::int64_t{kReplicas} * kRows};
}

void ours(benchmark::State& state, Backend backend, bool lists, double nonzero, bool backward) {
  Context context = make_context(backend);
  Normals w(context, kReplicas, kIn * kOut), dw(context, kReplicas, kIn * kOut),
      z(context, kReplicas, kRows * kOut);
  const Batches a(context, kReplicas, kRows, kIn, nonzero, lists);
  const dense::Shape shape{kReplicas, kRows, static_cast<int>(kIn), static_cast<int>(kOut)};
  const Inputs& inputs = a.inputs();
  const auto workspace = Buffer<unsigned char>::of_size(context, dense::workspace_bytes(context, shape));
  measure(state, context, task(nonzero, backward), [&] {
    if (backward)
      dense::backward(context, shape, inputs, w.view(), z.view(), {dw.view(), {}, {}}, workspace.data(),
                      workspace.size());
    else
      dense::forward(context, shape, inputs, w.view(), {}, z.view());
  });
  add_model(state, backend, kReplicas, {backward ? Size{kIn, kOut, kRows} : Size{kRows, kOut, kIn}});
}

void products(benchmark::State& state, Backend backend, Peer peer, double nonzero, bool backward) {
  Context context = make_context(backend);
  Normals w(context, kReplicas, kIn * kOut), z(context, kReplicas, kRows * kOut);
  Buffer<float> a(context, as_floats(pixels(kReplicas * kRows * kIn, nonzero)));
  const Product forward{kRows, kOut, kIn, a.data(), w.data(), z.data()},
      gradient{kIn, kOut, kRows, a.data(), z.data(), w.data(), true, false};
  state.SetLabel("on floats");
  measure(state, context, task(nonzero, backward),
          [&] { multiply(context, peer, kReplicas, backward ? gradient : forward); });
}

/// A hidden layer's: A is floats, none of them 0, and backward makes dA as well.
void hidden(benchmark::State& state, Backend backend, std::optional<Peer> peer, bool backward) {
  constexpr std::int64_t kUnits = 784;
  Context context = make_context(backend);
  Normals a(context, 1, kRows * kUnits), w(context, 1, kUnits * kUnits), z(context, 1, kRows * kUnits),
      da(context, 1, kRows * kUnits), dw(context, 1, kUnits * kUnits);
  const double products = backward ? 2 : 1, wide = 4.0 * kUnits * kUnits, tall = 4.0 * kRows * kUnits;
  const Task work{products * 2 * kRows * kUnits * kUnits, wide + products * tall,
                  backward ? wide + tall : tall, kRows};
  if (peer) {
    const Product forward{kRows, kUnits, kUnits, a.data(), w.data(), z.data()},
        dw_of{kUnits, kUnits, kRows, a.data(), z.data(), dw.data(), true, false},
        da_of{kRows, kUnits, kUnits, z.data(), w.data(), da.data(), false, true};
    measure(state, context, work, [&] {
      multiply(context, *peer, 1, backward ? dw_of : forward);
      if (backward) multiply(context, *peer, 1, da_of);
    });
    return;
  }
  const dense::Shape shape{1, kRows, static_cast<int>(kUnits), static_cast<int>(kUnits)};
  Inputs inputs;
  inputs.values = a.view();
  const auto workspace = Buffer<unsigned char>::of_size(context, dense::workspace_bytes(context, shape));
  measure(state, context, work, [&] {
    if (backward)
      dense::backward(context, shape, inputs, w.view(), z.view(), {dw.view(), {}, da.view()},
                      workspace.data(), workspace.size());
    else
      dense::forward(context, shape, inputs, w.view(), {}, z.view());
  });
  std::vector<Size> sizes = {{kRows, kUnits, kUnits}};
  if (backward) sizes = {{kUnits, kUnits, kRows}, {kRows, kUnits, kUnits}};
  add_model(state, backend, 1, sizes);
}

}  // namespace

void add_rows() {
  std::vector<Contestant> all = contestants();
  all.push_back({"cpu-lists", Backend::cpu, {}, true});
  for (const Contestant& peer : peers()) all.push_back(peer);
  for (const double nonzero : {0.19, 0.5})
    for (const bool backward : {false, true})
      for (const Contestant& who : all) {
        if (who.peer && nonzero != 0.19) continue;  // to them all pixels are alike
        const std::string name = std::string("dense/") + (backward ? "backward/" : "forward/") + who.name +
                                 "/100x64/nonzero:" + std::to_string(static_cast<int>(100 * nonzero)) + "%";
        if (who.peer)
          add_row(name, products, who.backend, *who.peer, nonzero, backward);
        else
          add_row(name, ours, who.backend, who.lists, nonzero, backward);
      }
  for (const bool backward : {false, true})
    for (const Contestant& who : all)
      if (!who.lists)
        add_row(std::string("dense/") + (backward ? "backward/" : "forward/") + who.name + "/1x64x784x784",
                hidden, who.backend, who.peer, backward);
}

}  // namespace innate::benchmarks
