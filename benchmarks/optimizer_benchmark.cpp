// One step of Adam and of SGD with momentum.
#include "innate/kernels/optimizer.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

void run(benchmark::State& state, Backend backend, int replicas, std::int64_t parameters, bool adam) {
  Context context = make_context(backend);
  Normals p(context, replicas, parameters), g(context, replicas, parameters);
  const auto all = static_cast<std::size_t>(replicas * parameters);
  auto m = Buffer<float>::of_size(context, all), v = Buffer<float>::of_size(context, all);
  m.clear();
  v.clear();
  Buffer<float> rate(context, std::vector<float>(static_cast<std::size_t>(replicas), 1e-3f));
  const optimizer::Shape shape{replicas, {parameters, nullptr, nullptr}};
  const Ragged<float> first{m.data(), parameters, nullptr}, second{v.data(), parameters, nullptr};
  std::int64_t step = 0;
  const double count = static_cast<double>(replicas) * static_cast<double>(parameters);
  // g, p and one or two moments are read; all but g are written in place
  const int arrays = adam ? 4 : 3;
  const Task task{count * (adam ? 12 : 4), 4 * count * arrays, 4 * count * (arrays - 1), replicas,
                  4 * count * arrays};
  measure(state, context, task, [&] {
    if (adam)
      optimizer::adam(context, shape, {}, rate.data(), ++step, g.view(), first, second, p.view());
    else
      optimizer::sgd(context, shape, {0.9}, rate.data(), g.view(), first, p.view());
  });
}

}  // namespace

void add_rows() {
  for (const Contestant& who : contestants())
    for (const std::int64_t parameters : {154, 754, 7137})
      for (const bool adam : {true, false})
        add_row(std::string("optimizer/") + (adam ? "adam/" : "sgd/") + who.name + "/100x" +
                    std::to_string(parameters),
                run, who.backend, 100, parameters, adam);
}

}  // namespace innate::benchmarks
