// One ordered list of implementations a room, fastest first, reference last. The choice looks at the shape of
// one replica, the backend and the build, never at how many replicas run or how much memory is free.
#pragma once

#include <string>

#include "innate/kernels/context.h"
#include "kernels/core/check.h"

namespace innate {

template <class Function>
struct Implementation {
  const char* name;
  Backend backend;
  Function* run;
};

/// A room's list of two: `cuda::function` where CUDA is built, `cpu::function` everywhere.
#if INNATE_CUDA
#define INNATE_IMPLEMENTATIONS(function, cuda_name, cpu_name) \
  { {cuda_name, Backend::cuda, cuda::function}, {cpu_name, Backend::cpu, cpu::function}, }
#else
#define INNATE_IMPLEMENTATIONS(function, cuda_name, cpu_name) \
  { {cpu_name, Backend::cpu, cpu::function}, }
#endif

/// Runs the first implementation on the list that serves the context's backend.
template <class Function, std::size_t Count, class... Arguments>
void run_first(const char* entry, const Implementation<Function> (&list)[Count], Context& context,
               const std::string& detail, Arguments&&... arguments) {
  for (const auto& candidate : list) {
    if (candidate.backend != context.backend()) continue;
    if (context.traced())
      context.trace(std::string(entry) + ": " + candidate.name + (detail.empty() ? "" : ", " + detail));
    context.make_current();
    candidate.run(context, std::forward<Arguments>(arguments)...);
    return;
  }
  require(false, entry, ": this build has no implementation for ", name(context.backend()));
}

}  // namespace innate
