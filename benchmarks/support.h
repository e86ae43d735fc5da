// What the room benchmarks share: contexts of the backends that can run here, arrays of random numbers,
// counters.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "innate/kernels/context.h"
#include "innate/kernels/random.h"
#include "innate/kernels/view.h"

namespace innate::benchmarks {

/// The backends of this machine; CPU rows use one thread, so that a row says what one core does.
inline std::vector<Backend> backends() {
  std::vector<Backend> all = {Backend::cpu};
  if (!cuda_devices().empty()) all.push_back(Backend::cuda);
  return all;
}

inline Context make_context(Backend backend) {
  return backend == Backend::cpu ? Context::cpu(1) : Context::cuda();
}

/// `replicas` arrays of `size` normal numbers, in the context's memory.
class Normals {
 public:
  Normals(Context& context, int replicas, std::int64_t size)
      : size_(size), buffer_(context, draw(replicas * size)) {}
  Ragged<float> view() const { return {buffer_.data(), size_, nullptr}; }
  float* data() const { return buffer_.data(); }

 private:
  static std::vector<float> draw(std::int64_t count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    random::fill_normal({1, random::Purpose::weights}, 0, 0.1, values.data(), values.size());
    return values;
  }
  std::int64_t size_;
  Buffer<float> buffer_;
};

/// `replicas` arrays of pixels, of which about `share` are not 0 (MNIST: 0.19, Fashion-MNIST: 0.5).
inline std::vector<std::uint8_t> pixels(std::int64_t count, double share) {
  std::vector<std::uint8_t> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t bits = random::mix(i);
    if (static_cast<double>(bits >> 40) * 0x1p-24 < share)
      values[i] = static_cast<std::uint8_t>(1 + bits % 255);
  }
  return values;
}

/// Times `work`, including its end on a device; operations and bytes are those that one call must do.
template <class Work>
void measure(benchmark::State& state, Context& context, double operations, double bytes, const Work& work) {
  work();
  context.synchronize();
  for (auto _ : state) {
    work();
    context.synchronize();
  }
  state.counters["GFLOP/s"] =
      benchmark::Counter(operations * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace innate::benchmarks
