// Softmax cross-entropy with its gradient, in one pass.
#include "innate/kernels/classifier.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

void run(benchmark::State& state, Backend backend, int replicas, int rows, int classes) {
  Context context = make_context(backend);
  const std::int64_t size = static_cast<std::int64_t>(rows) * classes;
  Normals logits(context, replicas, size), gradient(context, replicas, size), loss(context, replicas, 1);
  std::vector<std::uint8_t> drawn(static_cast<std::size_t>(replicas) * static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < drawn.size(); ++i)
    drawn[i] = static_cast<std::uint8_t>(random::mix(i) % static_cast<unsigned>(classes));
  Buffer<std::uint8_t> labels(context, drawn);
  // An element is 10 fused multiply-adds, of two operations each, and 20 of one: 34 for its exponential, 6
  // for what is largest, the difference, the sum and the gradient.
  const Task task{replicas * 40.0 * size, replicas * (4.0 * size + rows), replicas * 4.0 * size,
                  std::int64_t{replicas} * rows};
  measure(state, context, task, [&] {
    classifier::cross_entropy(context, {replicas, rows, classes}, logits.view(),
                              {labels.data(), rows, nullptr}, {gradient.view(), loss.view(), {}, false});
  });
}

}  // namespace

void add_rows() {
  for (const Contestant& who : contestants())
    for (const int classes : {10, 100})
      add_row("classifier/" + who.name + "/100x64x" + std::to_string(classes), run, who.backend, 100, 64,
              classes);
}

}  // namespace innate::benchmarks
