// What the executor's other parts ask the runtime API about.
#pragma once

#include <cstddef>

#include "simt/runtime.h"

namespace simt::detail {

/// Bytes of dynamic shared memory that this kernel may have: at most shared_per_block(), and 48 KiB until
/// cudaFuncSetAttribute asks for more.
std::size_t shared_limit(const void* function);

/// Makes an error what cudaGetLastError returns, and returns it.
cudaError_t remember(cudaError_t error);

/// The default stream, or one that was created and not yet destroyed.
bool is_stream(cudaStream_t stream);
/// Waits for the legacy stream, and the legacy stream for it.
bool is_blocking(cudaStream_t stream);

bool is_event(cudaEvent_t event);

}  // namespace simt::detail
