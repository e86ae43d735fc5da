#include "capture.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "graph.h"
#include "runtime_state.h"

namespace simt::detail {
namespace {

struct Capture {
  cudaStream_t origin;
  cudaStreamCaptureMode mode;
  std::thread::id thread;
  bool invalid = false;
  Graph graph;
  std::map<cudaStream_t, Nodes> ends;  // of each of its streams: what its next node comes after

  /// Whether the calling OS thread must not make calls that CUDA calls potentially unsafe.
  bool restricts_caller() const {
    if (mode == cudaStreamCaptureModeGlobal) return true;
    return mode == cudaStreamCaptureModeThreadLocal && thread == std::this_thread::get_id();
  }
  bool has_blocking_stream() const {
    return std::any_of(ends.begin(), ends.end(), [](const auto& end) { return is_blocking(end.first); });
  }
};

/// What a captured event stands for.
struct Mark {
  std::weak_ptr<Capture> capture;  // expired: the capture has ended
  Nodes nodes;
};

std::mutex mutex;  // of the tables below
std::vector<std::shared_ptr<Capture>> captures;
std::map<cudaEvent_t, Mark> marks;

std::shared_ptr<Capture> capture_of(cudaStream_t stream) {
  for (const auto& capture : captures)
    if (capture->ends.count(stream)) return capture;
  return nullptr;
}

void remove(const std::shared_ptr<Capture>& capture) {
  captures.erase(std::find(captures.begin(), captures.end(), capture));
}

/// Invalidates the captures for which forbids(capture) holds; `error` if there are any.
template <class Forbids>
cudaError_t unless(cudaError_t error, Forbids forbids) {
  bool any = false;
  for (const auto& capture : captures)
    if (forbids(*capture)) any = capture->invalid = true;
  return any ? error : cudaSuccess;
}

/// Work for the legacy stream would wait for all blocking streams.
cudaError_t allow_legacy_stream() {
  return unless(cudaErrorStreamCaptureImplicit, [](const Capture& c) { return c.has_blocking_stream(); });
}

cudaError_t allow_work(cudaStream_t stream) {
  if (!stream) return allow_legacy_stream();
  const auto capture = capture_of(stream);
  return capture && capture->invalid ? cudaErrorStreamCaptureInvalidated : cudaSuccess;
}

cudaError_t allow_unsafe_call() {
  return unless(cudaErrorStreamCaptureUnsupported, [](const Capture& c) { return c.restricts_caller(); });
}

/// `stream` waits for an event that no capture has recorded.
cudaError_t wait_outside(cudaStream_t stream) {
  const auto capture = capture_of(stream);
  if (!capture) return cudaSuccess;
  capture->invalid = true;
  return cudaErrorStreamCaptureIsolation;
}

/// `stream` waits for nodes of `capture`.
cudaError_t wait_inside(cudaStream_t stream, Capture& capture, const Nodes& nodes) {
  if (capture.invalid) return cudaErrorStreamCaptureInvalidated;
  const auto own = capture_of(stream);
  if (stream && (!own || own.get() == &capture)) {
    capture.ends[stream].insert(nodes.begin(), nodes.end());
    return cudaSuccess;
  }
  capture.invalid = true;
  if (own) own->invalid = true;
  return own ? cudaErrorStreamCaptureMerge : cudaErrorStreamCaptureImplicit;
}

cudaError_t wait_now(cudaStream_t stream, cudaEvent_t event) {
  if (const cudaError_t error = allow_work(stream)) return error;
  const auto mark = marks.find(event);
  if (mark == marks.end()) return wait_outside(stream);
  if (const auto capture = mark->second.capture.lock())
    return wait_inside(stream, *capture, mark->second.nodes);
  if (const auto own = capture_of(stream)) own->invalid = true;
  return cudaErrorCapturedEvent;
}

cudaError_t begin_capture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  if (!stream) return cudaErrorStreamCaptureUnsupported;
  if (!is_stream(stream)) return cudaErrorInvalidResourceHandle;
  std::lock_guard lock(mutex);
  if (capture_of(stream)) return cudaErrorIllegalState;
  auto capture = std::make_shared<Capture>();
  capture->origin = stream;
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->ends[stream] = {};
  captures.push_back(std::move(capture));
  return cudaSuccess;
}

cudaError_t end_capture(cudaStream_t stream, cudaGraph_t* graph) {
  if (!is_stream(stream)) return cudaErrorInvalidResourceHandle;
  std::lock_guard lock(mutex);
  const auto capture = capture_of(stream);
  if (!capture) return cudaErrorIllegalState;
  if (capture->origin != stream) return cudaErrorStreamCaptureUnmatched;
  if (capture->mode != cudaStreamCaptureModeRelaxed && capture->thread != std::this_thread::get_id())
    return cudaErrorStreamCaptureWrongThread;
  remove(capture);
  if (capture->invalid) return cudaErrorStreamCaptureInvalidated;
  if (!capture->graph.all_before(capture->ends[stream])) return cudaErrorStreamCaptureUnjoined;
  *graph = new_graph(std::move(capture->graph));
  return cudaSuccess;
}

}  // namespace

cudaError_t enqueue(cudaStream_t stream, std::function<void()> work) {
  if (!is_stream(stream)) return remember(cudaErrorInvalidResourceHandle);
  std::unique_lock lock(mutex);
  if (const cudaError_t error = allow_work(stream)) return remember(error);
  if (const auto capture = capture_of(stream)) {
    Nodes& end = capture->ends[stream];
    capture->graph.nodes.push_back({std::move(work), end});
    end = {capture->graph.nodes.size() - 1};
    return cudaSuccess;
  }
  lock.unlock();
  work();
  return cudaSuccess;
}

cudaError_t record_event(cudaEvent_t event, cudaStream_t stream) {
  std::lock_guard lock(mutex);
  if (const cudaError_t error = allow_work(stream)) return remember(error);
  marks.erase(event);
  if (const auto capture = capture_of(stream)) marks[event] = {capture, capture->ends[stream]};
  return cudaSuccess;
}

cudaError_t wait_for_event(cudaStream_t stream, cudaEvent_t event) {
  std::lock_guard lock(mutex);
  return remember(wait_now(stream, event));
}

bool is_captured(cudaEvent_t event) {
  std::lock_guard lock(mutex);
  return marks.count(event) != 0;
}

cudaError_t allow_allocation() {
  std::lock_guard lock(mutex);
  return remember(allow_unsafe_call());
}

cudaError_t allow_synchronising(cudaStream_t stream) {
  std::lock_guard lock(mutex);
  if (const cudaError_t error = allow_work(stream)) return remember(error);
  const auto of_this_stream = [=](const Capture& c) { return c.ends.count(stream) != 0; };
  if (const cudaError_t error = unless(cudaErrorStreamCaptureUnsupported, of_this_stream))
    return remember(error);
  return remember(allow_unsafe_call());
}

cudaError_t allow_synchronising(cudaEvent_t event) {
  std::lock_guard lock(mutex);
  const auto mark = marks.find(event);
  if (mark == marks.end()) return remember(allow_unsafe_call());
  if (const auto capture = mark->second.capture.lock()) capture->invalid = true;
  return remember(cudaErrorCapturedEvent);
}

cudaError_t allow_synchronising_the_device() {
  std::lock_guard lock(mutex);
  return remember(unless(cudaErrorStreamCaptureUnsupported, [](const Capture&) { return true; }));
}

void forget(cudaStream_t stream) {
  std::lock_guard lock(mutex);
  const auto capture = capture_of(stream);
  if (!capture) return;
  capture->invalid = true;
  capture->ends.erase(stream);
  if (capture->origin == stream) remove(capture);
}

void forget(cudaEvent_t event) {
  std::lock_guard lock(mutex);
  marks.erase(event);
}

}  // namespace simt::detail

using simt::detail::remember;

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  return remember(simt::detail::begin_capture(stream, mode));
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  return remember(simt::detail::end_capture(stream, graph));
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  if (!simt::detail::is_stream(stream)) return remember(cudaErrorInvalidResourceHandle);
  std::lock_guard lock(simt::detail::mutex);
  const auto capture = simt::detail::capture_of(stream);
  *status = !capture           ? cudaStreamCaptureStatusNone
            : capture->invalid ? cudaStreamCaptureStatusInvalidated
                               : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}
