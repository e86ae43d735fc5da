// y = A W for weights that are learned one by one, on pixels; beside one matrix product on floats.
#include "innate/kernels/dense.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

constexpr int kReplicas = 100, kRows = 64;
constexpr std::int64_t kIn = 784, kOut = 10;

/// The same backward: A and dy are read and dW written, instead of A and W, and y.
Task task(double nonzero) {
  const double in = kIn, out = kOut, rows = kRows;
  return {kReplicas * 2 * nonzero * rows * in * out, kReplicas * (rows * in + 4 * (in * out + rows * out)),
          std::int64_t{kReplicas} * kRows};
}

void ours(benchmark::State& state, Backend backend, double nonzero, bool backward) {
  Context context = make_context(backend);
  Normals w(context, kReplicas, kIn * kOut), dw(context, kReplicas, kIn * kOut),
      z(context, kReplicas, kRows * kOut);
  Buffer<std::uint8_t> a(context, pixels(kReplicas * kRows * kIn, nonzero));
  const dense::Shape shape{kReplicas, kRows, static_cast<int>(kIn), static_cast<int>(kOut)};
  Inputs inputs;
  inputs.pixels = {a.data(), kRows * kIn, nullptr};
  inputs.scale = 1.0f / 255.0f;
  measure(state, context, task(nonzero), [&] {
    if (backward)
      dense::backward(context, shape, inputs, w.view(), z.view(), {dw.view(), {}, {}}, nullptr, 0);
    else
      dense::forward(context, shape, inputs, w.view(), {}, z.view());
  });
}

void products(benchmark::State& state, Backend backend, Peer peer, double nonzero, bool backward) {
  Context context = make_context(backend);
  Normals w(context, kReplicas, kIn * kOut), z(context, kReplicas, kRows * kOut);
  Buffer<float> a(context, as_floats(pixels(kReplicas * kRows * kIn, nonzero)));
  const Product forward{kRows, kOut, kIn, a.data(), w.data(), z.data()},
      gradient{kIn, kOut, kRows, a.data(), z.data(), w.data(), true, false};
  state.SetLabel("on floats");
  measure(state, context, task(nonzero),
          [&] { multiply(context, peer, kReplicas, backward ? gradient : forward); });
}

const int registered = [] {
  const std::vector<Contestant> all = contestants(true);
  for (const double nonzero : {0.19, 0.5})
    for (const bool backward : {false, true})
      for (const Contestant& who : all) {
        if (who.peer && nonzero != 0.19) continue;  // to them all pixels are alike
        const std::string name = std::string("dense/") + (backward ? "backward/" : "forward/") + who.name +
                                 "/100x64/nonzero:" + std::to_string(static_cast<int>(100 * nonzero)) + "%";
        if (who.peer)
          add_row(name, products, who.backend, *who.peer, nonzero, backward);
        else
          add_row(name, ours, who.backend, nonzero, backward);
      }
  return 0;
}();

}  // namespace
}  // namespace innate::benchmarks
