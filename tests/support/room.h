// What the tests of every room share. A room's test file describes a problem in host memory and gives
//   Results run(Context&, const Problem&)            its entries, and what they wrote
//   Problem alone(const Problem&, std::size_t r)     the problem of replica r
//   Exact reference_of<Real>(const Problem&)         the same results by the reference's loops
#pragma once

#include <string>

#include "tests/reference/naive.h"
#include "tests/support/backends.h"
#include "tests/support/compare.h"
#include "tests/support/targets.h"

namespace innate::test {

/// Run twice; each replica alone; on the CPU, one thread and three.
template <class Problem, class Run, class Alone>
void expect_same_bits(Backend backend, const Problem& problem, std::size_t replicas, const Run& run,
                      const Alone& alone) {
  TestContext context(backend, 1);
  const Results results = run(context.context, problem);
  expect_bits_equal(run(context.context, problem), results, "run twice");
  for (std::size_t r = 0; r < replicas; ++r)
    expect_bits_equal(run(context.context, alone(problem, r)), only(results, r),
                      "replica " + std::to_string(r) + " alone");
  if (backend != Backend::cpu) return;
  for (const int threads : {2, 3}) {
    TestContext parallel(backend, threads);
    expect_bits_equal(run(parallel.context, problem), results, std::to_string(threads) + " threads");
  }
}

/// A replica whose inputs are NaN (`spoil`) leaves its neighbours' bits alone, and does not go unnoticed.
template <class Problem, class Run, class Spoil>
void expect_neighbours_unharmed(Backend backend, const Problem& problem, std::size_t replicas,
                                std::size_t spoilt, const Run& run, const Spoil& spoil) {
  TestContext context(backend);
  const Results clean = run(context.context, problem);
  Problem bad = problem;
  spoil(bad, spoilt);
  const Results results = run(context.context, bad);
  for (std::size_t r = 0; r < replicas; ++r)
    if (r != spoilt)
      expect_bits_equal(only(results, r), only(clean, r),
                        "replica " + std::to_string(r) + " beside one of NaNs");
  for (const auto& [name, sets] : results) {
    bool any = false;
    for (const float x : sets[spoilt]) any = any || std::isnan(x);
    EXPECT_TRUE(any) << name << " of a replica of NaNs holds none";
  }
}

/// One result to the bit: a device gives what the CPU gives, and so does every instruction set of the CPU
/// that has a fused multiply-add. `other` looks at what the CPU's baseline gives, which has none.
template <class Problem, class Run, class Other>
void expect_one_result(Backend backend, const Problem& problem, const Run& run, const Other& other) {
  TestContext context(backend, 1);
  const Results results = run(context.context, problem);
  TestContext cpu(Backend::cpu, 1);
  for (const int64_t target : cpu_targets()) {
    const OnlyTarget only_this(target);
    const std::string name = hwy::TargetName(target);
    if (fuses(target))
      expect_bits_equal(results, run(cpu.context, problem),
                        std::string(innate::name(backend)) + " and cpu with " + name);
    else if (backend == Backend::cpu)
      other(name, run(cpu.context, problem));
  }
}

template <class Problem, class Run>
void expect_one_result(Backend backend, const Problem& problem, const Run& run) {
  expect_one_result(backend, problem, run, [](const std::string&, const Results&) {});
}

/// The error ratio on the backend, on the CPU with every instruction set; and one result to the bit.
template <class Problem, class Run>
void expect_close(Backend backend, const Problem& problem, const Run& run, const Exact& exact,
                  const Exact& naive) {
  TestContext context(backend, 1);
  expect_error_ratio(run(context.context, problem), exact, naive);
  expect_one_result(backend, problem, run, [&](const std::string& target, const Results& results) {
    expect_error_ratio(results, exact, naive, target + ": ");
  });
}

}  // namespace innate::test
