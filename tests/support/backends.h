// The backends that a test runs on, and contexts for them.
//
// Test names end in the case and the backend: "Wiring.Forward/small_7x5_g3_cpu". The same sources are
// compiled a second time with INNATE_SIMT defined, against kernels that the SIMT executor runs; there only
// cases named small and the backend cuda are instantiated, and --gtest_filter=*small*cuda* leaves out the
// tests that have no backend.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "innate/kernels/context.h"
#include "tests/support/guard_memory.h"

namespace innate::test {

inline std::vector<Backend> backends() {
#if defined(INNATE_SIMT)
  return {Backend::cuda};
#else
  return {Backend::cpu, Backend::cuda};
#endif
}

/// Why the backend cannot be tested here; empty where it can.
inline std::string missing(Backend backend) {
  std::string why;
  if (backend == Backend::cpu || !cuda_devices(&why).empty()) return "";
  return "no CUDA device can be used: " + why;
}

#define INNATE_SKIP_WITHOUT(backend) \
  if (const std::string why = innate::test::missing(backend); !why.empty()) GTEST_SKIP() << why

/// A context whose memory is guarded.
struct TestContext {
  explicit TestContext(Backend backend, int threads = 0)
      : context(backend == Backend::cpu ? Context::cpu(threads) : Context::cuda()), memory(context) {
    context.set_memory(memory);
  }
  TestContext(const TestContext&) = delete;
  operator Context&() { return context; }

  Context context;
  GuardMemory memory;
};

inline TestContext make_context(Backend backend, int threads = 0) { return TestContext(backend, threads); }

/// A case on a backend: the parameter of most tests.
template <class Case>
struct On {
  Case it;
  Backend backend = Backend::cpu;
};

template <class Case>
std::vector<On<Case>> on_backends(const std::vector<Case>& cases) {
  std::vector<On<Case>> all;
  for (const Case& it : cases)
    for (const Backend backend : backends()) {
#if defined(INNATE_SIMT)
      if (!it.small) continue;
#endif
      all.push_back({it, backend});
    }
  return all;
}

struct OnName {
  template <class Case>
  std::string operator()(const testing::TestParamInfo<On<Case>>& info) const {
    return std::string(info.param.it.name) + "_" + name(info.param.backend);
  }
};

/// Readable parameters in gtest's output.
template <class Case>
void PrintTo(const On<Case>& on, std::ostream* out) {
  *out << on.it.name << " on " << name(on.backend);
}

/// For tests that take no case.
struct NoCase {
  const char* name = "small";
  bool small = true;
};
inline std::vector<On<NoCase>> each_backend() { return on_backends<NoCase>({NoCase{}}); }

}  // namespace innate::test
