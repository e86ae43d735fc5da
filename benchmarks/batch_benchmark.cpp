// Gathering mini-batches of 8-bit images.
#include "innate/kernels/batch.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

void run(benchmark::State& state, Backend backend, int replicas, int rows) {
  Context context = make_context(backend);
  const std::int64_t samples = 60000, size = 784;
  Buffer<std::uint8_t> images(context, pixels(samples * size, 0.19)),
      labels(context, std::vector<std::uint8_t>(static_cast<std::size_t>(samples), 1));
  const auto out = Buffer<std::uint8_t>::of_size(context, static_cast<std::size_t>(replicas * rows * size)),
             out_labels = Buffer<std::uint8_t>::of_size(context, static_cast<std::size_t>(replicas * rows));
  std::vector<std::uint64_t> drawn;
  for (int r = 0; r < replicas; ++r) drawn.push_back(static_cast<std::uint64_t>(r));
  Buffer<std::uint64_t> seeds(context, drawn);
  std::int64_t step = 0;
  const double moved = 1.0 * replicas * rows * size;
  measure(state, context, {0, moved, moved, std::int64_t{replicas} * rows}, [&] {
    batch::gather(context, {replicas, rows, 784, 60000}, images.data(), labels.data(), seeds.data(), step++,
                  {out.data(), rows * size, nullptr}, {out_labels.data(), rows, nullptr});
  });
}

}  // namespace

void add_rows() {
  for (const Contestant& who : contestants())
    add_row("batch/gather/" + who.name + "/100x64x784", run, who.backend, 100, 64);
}

}  // namespace innate::benchmarks
