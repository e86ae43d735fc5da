// Launching a kernel, and its shared memory.
#pragma once

#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "simt/config.h"
#include "simt/runtime.h"
#include "simt/types.h"

namespace simt {
namespace detail {

/// Where a kernel's arguments lie, so that a report can say "argument 2" for the buffer that it points to.
struct Argument {
  const void* address;
  std::size_t bytes;
};

struct LaunchSize {
  dim3 grid, block;
  std::size_t shared_bytes;
};

/// A kernel with its arguments, without their types.
struct KernelCall {
  const void* function;
  void (*invoke)(void* call);  // one thread's pass through the kernel
  void* call;  // the object that `invoke` reads, of `call_bytes` bytes; lives through the launch
  std::size_t call_bytes;
  const Argument* arguments;
  std::size_t argument_count;
  std::function<void()> (*copy)(const void* call, const LaunchSize& size);  // `run` with a copy of `call`
};

void run(const KernelCall& call, const LaunchSize& size);
/// Checks the launch, and runs a copy of it or records it in the stream's capture.
void launch(const KernelCall& call, const LaunchSize& size, cudaStream_t stream);

template <class... P>
struct TypedCall {
  void (*kernel)(P...);
  std::tuple<std::remove_cv_t<P>...> arguments;

  static void invoke(void* self) {
    auto& call = *static_cast<TypedCall*>(self);
    std::apply(call.kernel, call.arguments);
  }

  static std::function<void()> copy(const void* self, const LaunchSize& size) {
    return [call = *static_cast<const TypedCall*>(self), size]() mutable {
      call.without_types([&](const KernelCall& kernel_call) { run(kernel_call, size); });
    };
  }

  /// use(call) with a KernelCall that points into this object.
  template <class Use>
  void without_types(Use use) {
    std::apply(
        [&](const auto&... values) {
          const Argument list[] = {{&values, sizeof values}..., {nullptr, 0}};
          use(KernelCall{reinterpret_cast<const void*>(kernel), &invoke, this, sizeof *this, list,
                         sizeof...(P), &copy});
        },
        arguments);
  }
};

}  // namespace detail

/// kernel<<<grid, block, shared_bytes, stream>>>(arguments...), done when it returns, or recorded with copies
/// of its arguments if the stream captures. Throws LaunchError; errors of the capture go to cudaGetLastError.
template <class... P, class... A>
void launch(void (*kernel)(P...), dim3 grid, dim3 block, std::size_t shared_bytes, cudaStream_t stream,
            A&&... arguments) {
  static_assert(sizeof...(P) == sizeof...(A), "the kernel takes another number of arguments");
  static_assert((std::is_trivially_copyable_v<std::remove_cv_t<P>> && ...),
                "CUDA copies kernel arguments byte by byte");
  using Call = detail::TypedCall<P...>;
  Call call{kernel, std::tuple<std::remove_cv_t<P>...>(static_cast<P>(std::forward<A>(arguments))...)};
  call.without_types([&](const detail::KernelCall& kernel_call) {
    detail::launch(kernel_call, {grid, block, shared_bytes}, stream);
  });
}

/// The block's dynamic shared memory: exactly the launch's number of bytes, aligned to 1024, filled with
/// 0xFF.
void* dynamic_shared();
/// As __isShared.
bool is_shared(const void* address);

/// Gives `bytes` bytes of the block's shared memory a name in the checker's reports.
void shared_field(const char* name, const void* address, std::size_t bytes);

}  // namespace simt
