// W = s X O Y^T and its backward in one pass over dW.
#include "innate/kernels/wiring.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

void run(benchmark::State& state, Backend backend, int replicas, int inputs, int outputs, int genes,
         bool backward) {
  Context context = make_context(backend);
  const std::int64_t in = inputs, out = outputs, g = genes;
  Normals x(context, replicas, in * g), o(context, replicas, g * g), y(context, replicas, out * g),
      w(context, replicas, in * out);
  Normals dx(context, replicas, in * g), d_o(context, replicas, g * g), dy(context, replicas, out * g);
  const wiring::Shape shape{replicas, inputs, outputs, {genes, nullptr, nullptr}};
  Buffer<unsigned char> workspace(context, wiring::workspace_bytes(context, shape));
  const double products = static_cast<double>(replicas) * (2.0 * in * out * g + 2.0 * g * g * out);
  const double weights = 4.0 * replicas * in * out, genome = 4.0 * replicas * (in * g + g * g + out * g);
  if (!backward)
    measure(state, context, products, weights + genome, [&] {
      wiring::forward(context, shape, x.view(), o.view(), y.view(), nullptr, w.view(), workspace.data(),
                      workspace.size());
    });
  else
    measure(state, context, 2 * products + replicas * 2.0 * g * g * out, weights + 2 * genome, [&] {
      wiring::backward(context, shape, x.view(), o.view(), y.view(), nullptr, w.view(), dx.view(), d_o.view(),
                       dy.view(), workspace.data(), workspace.size());
    });
}

const int registered = [] {
  for (const Backend backend : backends())
    for (const auto [replicas, inputs, outputs, genes] :
         {std::array{100, 784, 10, 26}, {100, 784, 10, 9}, {10, 784, 784, 22}, {1, 1024, 1024, 64}})
      for (const bool backward : {false, true})
        benchmark::RegisterBenchmark(
            ("wiring/" + std::string(backward ? "backward" : "forward") + "/" + name(backend) + "/" +
             std::to_string(replicas) + "x" + std::to_string(inputs) + "x" + std::to_string(outputs) + "/G" +
             std::to_string(genes))
                .c_str(),
            run, backend, replicas, inputs, outputs, genes, backward)
            ->UseRealTime();
  return 0;
}();

}  // namespace
}  // namespace innate::benchmarks
