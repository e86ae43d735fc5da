// y = A W in the factored form, and its backward, on pixels.
#include "innate/kernels/apply.h"

#include <array>

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

void run(benchmark::State& state, Backend backend, int replicas, int rows, int genes, double share,
         bool backward) {
  Context context = make_context(backend);
  const std::int64_t in = 784, out = 10, g = genes;
  Normals x(context, replicas, in * g), o(context, replicas, g * g), y(context, replicas, out * g),
      z(context, replicas, rows * out);
  Normals dx(context, replicas, in * g), d_o(context, replicas, g * g);
  Buffer<std::uint8_t> a(context, pixels(replicas * rows * in, share));
  apply::Shape shape{replicas, rows, 784, 10, {genes, nullptr, nullptr}, share};
  Inputs inputs;
  inputs.pixels = {a.data(), rows * in, nullptr};
  inputs.scale = 1.0f / 255.0f;
  const apply::Factors factors{x.view(), o.view(), y.view(), nullptr, {}};
  Buffer<unsigned char> workspace(context, apply::workspace_bytes(context, shape, true));
  const auto forward = [&] {
    apply::forward(context, shape, inputs, factors, z.view(), true, workspace.data(), workspace.size());
  };
  // What the interaction order must do on the pixels that are not 0.
  const double data = 2.0 * share * rows * in * g, small = 2.0 * (g * g * out + rows * g * out);
  const double bytes = replicas * (rows * in + 4.0 * (in * g + g * g + out * g + rows * out));
  state.SetLabel(apply::name(apply::order(shape, genes, true)));
  if (!backward) return measure(state, context, replicas * (data + small), bytes, forward);
  forward();
  measure(state, context, replicas * (data + 2 * small), bytes, [&] {
    apply::backward(context, shape, inputs, factors, z.view(), {dx.view(), d_o.view(), {}, {}, {}},
                    workspace.data(), workspace.size());
  });
}

const int registered = [] {
  for (const Backend backend : backends())
    for (const int genes : {1, 9, 17, 26, 40})
      for (const double share : {0.19, 0.5})
        for (const bool backward : {false, true})
          benchmark::RegisterBenchmark(
              ("apply/" + std::string(backward ? "backward" : "forward") + "/" + name(backend) + "/100x64/G" +
               std::to_string(genes) + "/nonzero:" + std::to_string(static_cast<int>(100 * share)) + "%")
                  .c_str(),
              run, backend, 100, 64, genes, share, backward)
              ->UseRealTime();
  return 0;
}();

}  // namespace
}  // namespace innate::benchmarks
