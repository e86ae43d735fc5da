// What the room benchmarks share: contexts, arrays of random numbers, and rows that are held against a floor.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/peaks.h"
#include "benchmarks/products.h"
#include "innate/kernels/batch.h"
#include "innate/kernels/context.h"
#include "innate/kernels/random.h"
#include "innate/kernels/view.h"
#include "kernels/program/model.h"

namespace innate::benchmarks {

/// Registers the program's rows. main calls it, since a device's kernels cannot run before main begins.
void add_rows();

/// CPU rows use one thread, so that a row says what one core does.
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

/// The same as floats, for peers that know no pixels.
inline std::vector<float> as_floats(const std::vector<std::uint8_t>& pixels) {
  std::vector<float> values(pixels.begin(), pixels.end());
  for (float& v : values) v *= 1.0f / 255.0f;
  return values;
}

/// Mini-batches of pixels, one a replica: packed, or (CPU only) as lists of those that are not 0, the way in
/// which the engine holds images there.
class Batches {
 public:
  Batches(Context& context, int replicas, int rows, std::int64_t columns, double nonzero, bool lists) {
    const std::vector<std::uint8_t> all = pixels(replicas * rows * columns, nonzero);
    inputs_.scale = 1.0f / 255.0f;
    if (!lists) {
      packed_ = Buffer<std::uint8_t>(context, all);
      inputs_.pixels = {packed_.data(), rows * columns, nullptr};
      return;
    }
    std::vector<std::uint32_t> numbers(static_cast<std::size_t>(replicas) * static_cast<std::size_t>(rows));
    std::iota(numbers.begin(), numbers.end(), 0u);
    std::vector<std::int64_t> start;
    std::vector<std::uint32_t> entries;
    batch::list_pixels(all.data(), replicas * rows, columns, &start, &entries);
    rows_ = Buffer<std::uint32_t>(context, numbers);
    start_ = Buffer<std::int64_t>(context, start);
    entries_ = Buffer<std::uint32_t>(context, entries);
    inputs_.rows = {rows_.data(), rows, nullptr};
    inputs_.lists = {start_.data(), entries_.data()};
  }
  const Inputs& inputs() const { return inputs_; }

 private:
  Inputs inputs_;
  Buffer<std::uint8_t> packed_;
  Buffer<std::uint32_t> rows_, entries_;
  Buffer<std::int64_t> start_;
};

/// Adds the columns of a row: GFLOP/s, GB/s, the floor in microseconds, its share of the time, and the
/// bandwidth that the floor takes (that of the cache which holds so many bytes).
inline void add_columns(benchmark::State& state, Backend backend, const Task& task) {
  using benchmark::Counter;
  const double bytes = floor_of_bytes(backend, task),
               least = std::max(bytes, floor_of_operations(backend, task));
  state.counters["GFLOP/s"] = Counter(task.operations * 1e-9, Counter::kIsIterationInvariantRate);
  state.counters["GB/s"] = Counter(task.bytes() * 1e-9, Counter::kIsIterationInvariantRate);
  state.counters["floor_us"] = Counter(1e6 * least);
  state.counters["floor_%"] = Counter(100 * least, Counter::kIsIterationInvariantRate);
  state.counters["peak_GB/s"] = Counter(1e-9 * task.bytes() / bytes);
  state.SetItemsProcessed(state.iterations() * task.items);
}

/// Seconds that `calls` calls take: of the thread, or by events on a device, where calls queue up as they do
/// in training.
template <class Work>
double seconds(Context& context, int calls, const Work& work) {
  if constexpr (kHaveCuda)
    if (context.backend() == Backend::cuda) return cuda::seconds(context, calls, work);
  const double began = cpu::thread_seconds();
  for (int i = 0; i < calls; ++i) work();
  return cpu::thread_seconds() - began;
}

/// A row: times `work`, in batches of a millisecond or more.
template <class Work>
void measure(benchmark::State& state, Context& context, const Task& task, const Work& work) {
  work();
  context.synchronize();
  const int batch = static_cast<int>(std::clamp(1e-3 / seconds(context, 1, work), 1.0, 1000.0));
  // All iterations in one go: batches of them would not divide their number, which repetitions must share.
  while (state.KeepRunningBatch(state.max_iterations))
    for (std::int64_t left = state.max_iterations; left > 0; left -= batch) {
      const int calls = static_cast<int>(std::min<std::int64_t>(left, batch));
      state.SetIterationTime(seconds(context, calls, work));
    }
  add_columns(state, context.backend(), task);
}

/// Adds what an H100 should take for these products of m x n x k, launch by launch (kernels/program/model.h):
/// modelled, to be judged beside the measured time. CUDA rows alone.
struct Size {
  std::int64_t m, n, k;
};
inline void add_model(benchmark::State& state, Backend backend, int replicas,
                      const std::vector<Size>& products) {
  if (backend != Backend::cuda) return;
  double seconds = 0;
  for (const Size& size : products) {
    gemm::Product p;
    p.m = size.m, p.n = size.n, p.k = size.k;
    seconds += program::launched_seconds({}, {program::Of<program::Kind::product>{}, p}, replicas);
  }
  state.counters["model_us"] = 1e6 * seconds;
}

/// Registers a row: run(state, arguments...).
template <class Run, class... Arguments>
void add_row(const std::string& name, const Run& run, Arguments... arguments) {
  benchmark::RegisterBenchmark(name.c_str(), run, arguments...)
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace innate::benchmarks
