// The ceilings of one core, with the vectors that the kernels use.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "benchmarks/cpu_peaks.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "benchmarks/peaks.h"

HWY_BEFORE_NAMESPACE();
namespace innate::benchmarks::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<float>;
constexpr int kChains = 12;  // more than latency times ports (8), and they fit in 16 registers

/// Returns the operations done; `out` keeps the compiler from leaving them out.
double multiply_add(std::int64_t rounds, float* out) {
  const Tag d;
  hn::Vec<Tag> sums[kChains];
  const auto factor = hn::Set(d, 0.999f), term = hn::Set(d, 0.001f);
  for (int c = 0; c < kChains; ++c) sums[c] = hn::Iota(d, static_cast<float>(c));
  for (std::int64_t i = 0; i < rounds; ++i)
    for (int c = 0; c < kChains; ++c) sums[c] = hn::MulAdd(sums[c], factor, term);
  for (int c = 1; c < kChains; ++c) sums[0] = hn::Add(sums[0], sums[c]);
  *out = hn::GetLane(sums[0]);
  return 2.0 * kChains * static_cast<double>(hn::Lanes(d)) * static_cast<double>(rounds);
}

/// `count` is a multiple of 128.
float sum(const float* from, std::int64_t count) {
  const Tag d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto a = hn::Zero(d), b = a, e = a, f = a;
  for (std::int64_t i = 0; i < count; i += 4 * lanes) {
    a = hn::Add(a, hn::LoadU(d, from + i));
    b = hn::Add(b, hn::LoadU(d, from + i + lanes));
    e = hn::Add(e, hn::LoadU(d, from + i + 2 * lanes));
    f = hn::Add(f, hn::LoadU(d, from + i + 3 * lanes));
  }
  return hn::GetLane(hn::Add(hn::Add(a, b), hn::Add(e, f)));
}

/// `count` as above.
void update(float* data, std::int64_t count) {
  const Tag d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto factor = hn::Set(d, 0.999f), term = hn::Set(d, 0.001f);
  for (std::int64_t i = 0; i < count; i += lanes)
    hn::StoreU(hn::MulAdd(hn::LoadU(d, data + i), factor, term), d, data + i);
}

}  // namespace innate::benchmarks::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <vector>

namespace innate::benchmarks::cpu {

namespace {

HWY_EXPORT(multiply_add);
HWY_EXPORT(sum);
HWY_EXPORT(update);

/// Units a second of `work`, which returns the units it did: the best of many stretches of 4 ms or more.
template <class Work>
double best_rate(const Work& work) {
  double best = 0;
  work();
  for (int stretch = 0; stretch < 20; ++stretch) {
    double done = 0, seconds = 0;
    const double began = thread_seconds();
    do {
      done += work();
      seconds = thread_seconds() - began;
    } while (seconds < 0.004);
    best = std::max(best, done / seconds);
  }
  return best;
}

}  // namespace

double thread_seconds() {
  std::timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double operations() {
  return best_rate([] {
    float out;
    const double done = HWY_DYNAMIC_DISPATCH(multiply_add)(50000, &out);
    benchmark::DoNotOptimize(out);
    return done;
  });
}

ByteRates bytes(std::int64_t footprint) {
  std::vector<float> memory(static_cast<std::size_t>(footprint) / sizeof(float), 1.0f);
  const auto count = static_cast<std::int64_t>(memory.size());
  // Some microseconds of work between two looks at the clock.
  const int rounds = static_cast<int>(std::clamp<std::int64_t>((1 << 22) / footprint, 1, 64));
  const auto rate = [&](double bytes, const auto& work) {
    return best_rate([&] {
      for (int i = 0; i < rounds; ++i) {
        work();
        benchmark::ClobberMemory();
      }
      return rounds * bytes;
    });
  };
  const auto all = static_cast<double>(footprint);
  const double copied = rate(all, [&] {
    std::memcpy(memory.data(), memory.data() + count / 2, static_cast<std::size_t>(footprint) / 2);
  });
  const double read = rate(all, [&] {
    float total = HWY_DYNAMIC_DISPATCH(sum)(memory.data(), count);
    benchmark::DoNotOptimize(total);
  });
  const double updated = rate(2 * all, [&] { HWY_DYNAMIC_DISPATCH(update)(memory.data(), count); });
  return {read, std::max({read, copied, updated})};
}

}  // namespace innate::benchmarks::cpu
#endif  // HWY_ONCE
