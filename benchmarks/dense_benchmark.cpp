// y = A W for weights that are learned one by one, on pixels.
#include "innate/kernels/dense.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

void run(benchmark::State& state, Backend backend, int replicas, int rows, double share, bool backward) {
  Context context = make_context(backend);
  const std::int64_t in = 784, out = 10;
  Normals w(context, replicas, in * out), dw(context, replicas, in * out), z(context, replicas, rows * out);
  Buffer<std::uint8_t> a(context, pixels(replicas * rows * in, share));
  const dense::Shape shape{replicas, rows, 784, 10};
  Inputs inputs;
  inputs.pixels = {a.data(), rows * in, nullptr};
  inputs.scale = 1.0f / 255.0f;
  const double bytes = replicas * (rows * in + 4.0 * (in * out + rows * out));
  measure(state, context, replicas * 2.0 * share * rows * in * out, bytes, [&] {
    if (backward)
      dense::backward(context, shape, inputs, w.view(), z.view(), {dw.view(), {}, {}}, nullptr, 0);
    else
      dense::forward(context, shape, inputs, w.view(), {}, z.view());
  });
}

const int registered = [] {
  for (const Backend backend : backends())
    for (const double share : {0.19, 0.5})
      for (const bool backward : {false, true})
        benchmark::RegisterBenchmark(
            ("dense/" + std::string(backward ? "backward" : "forward") + "/" + name(backend) +
             "/100x64/nonzero:" + std::to_string(static_cast<int>(100 * share)) + "%")
                .c_str(),
            run, backend, 100, 64, share, backward)
            ->UseRealTime();
  return 0;
}();

}  // namespace
}  // namespace innate::benchmarks
