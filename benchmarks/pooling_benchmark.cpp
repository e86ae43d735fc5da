// Pooling of a batch's maps: bytes alone.
#include "innate/kernels/pooling.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

void run(benchmark::State& state, Backend backend, pooling::Function function, int side, int channels,
         bool backward) {
  constexpr int kReplicas = 10, kColumns = 128;
  Context context = make_context(backend);
  const std::int64_t in = std::int64_t{side} * side * channels * kColumns, out = in / 4;
  Normals map(context, kReplicas, in), less(context, kReplicas, out), gradient(context, kReplicas, in);
  const pooling::Shape shape{kReplicas, side, side, channels, {kColumns, nullptr, nullptr}, {function, 2, 2}};
  const double all = 4.0 * kReplicas * static_cast<double>(in), some = all / 4;
  if (!backward)
    return measure(state, context, {all / 4, all, some, kReplicas * kColumns},
                   [&] { pooling::forward(context, shape, map.view(), less.view()); });
  const bool max = function == pooling::Function::max;
  measure(state, context, {all / 4, some + (max ? all : 0), all, kReplicas * kColumns}, [&] {
    pooling::backward(context, shape, max ? map.view() : Ragged<float>{}, less.view(), gradient.view());
  });
}

}  // namespace

void add_rows() {
  for (const Contestant& who : contestants())
    for (const auto function : {pooling::Function::average, pooling::Function::max})
      for (const auto& [side, channels] : {std::pair(28, 6), {10, 16}})
        for (const bool backward : {false, true})
          add_row("pooling/" + std::string(name(function)) + (backward ? "_backward/" : "/") + who.name +
                      "/10x128x" + std::to_string(side) + "x" + std::to_string(side) + "x" +
                      std::to_string(channels),
                  run, who.backend, function, side, channels, backward);
}

}  // namespace innate::benchmarks
