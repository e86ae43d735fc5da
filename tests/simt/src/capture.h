// Stream capture: which streams record instead of running, and what CUDA forbids meanwhile.
#pragma once

#include <functional>

#include "simt/runtime.h"

namespace simt::detail {

/// Runs `work`, or records it while `stream` captures. `work` must hold copies of what it needs.
cudaError_t enqueue(cudaStream_t stream, std::function<void()> work);

/// The event stands for what `stream` has recorded so far, or for nothing outside of a capture.
cudaError_t record_event(cudaEvent_t event, cudaStream_t stream);
/// Makes `stream` wait, and with a captured event puts it into that event's capture.
cudaError_t wait_for_event(cudaStream_t stream, cudaEvent_t event);
/// Its last record was on a capturing stream.
bool is_captured(cudaEvent_t event);

/// These fail, and invalidate the captures that forbid it.
cudaError_t allow_allocation();
cudaError_t allow_synchronising(cudaStream_t stream);
cudaError_t allow_synchronising(cudaEvent_t event);
cudaError_t allow_synchronising_the_device();

/// The handle is about to be destroyed. A capture ends with the stream that began it, and is invalidated if
/// it loses another.
void forget(cudaStream_t stream);
void forget(cudaEvent_t event);

}  // namespace simt::detail
