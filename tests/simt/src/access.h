// One access to memory by kernel code, as the instrumentation reports it to the checker and to the counters.
#pragma once

#include <cstddef>

namespace simt::detail {

enum class Access { read, write, atomic_read, atomic_write, atomic_update };

/// The running thread's access, from the code that the call at `code` returns to. Does not return where the
/// checker ends the block.
void access(const void* address, std::size_t bytes, Access kind, const void* code);

}  // namespace simt::detail
