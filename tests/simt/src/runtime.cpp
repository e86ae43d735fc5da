// Devices, streams, events and function attributes of the runtime API. Copies are in copies.cpp.
#include "simt/runtime.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <set>

#include "capture.h"
#include "device_memory.h"
#include "runtime_state.h"
#include "shared_memory.h"
#include "simt/config.h"

using Clock = std::chrono::steady_clock;

struct CUstream_st {
  bool blocking;
};
struct CUevent_st {
  Clock::time_point time;
  bool recorded = false;
};

using simt::detail::remember;

namespace {

constexpr int kMultiprocessors = 3;  // few, so that loops over the grid run more than once
constexpr int kL2Bytes = 50 << 20;
constexpr int kThreadsOfMultiprocessor = 2048;
constexpr int kBlocksOfMultiprocessor = 32;
constexpr std::size_t kSharedUnit = 128;  // what a block gets is a multiple of it

std::mutex mutex;  // of the tables below
std::set<cudaStream_t> streams;
std::set<cudaEvent_t> events;
std::map<const void*, std::size_t> shared_limits;
thread_local cudaError_t last_error = cudaSuccess;

cudaError_t valid_stream(cudaStream_t stream) {
  return remember(simt::detail::is_stream(stream) ? cudaSuccess : cudaErrorInvalidResourceHandle);
}

cudaError_t valid_event(cudaEvent_t event) {
  return remember(simt::detail::is_event(event) ? cudaSuccess : cudaErrorInvalidResourceHandle);
}

}  // namespace

namespace simt::detail {

cudaError_t remember(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

std::size_t shared_limit(const void* function) {
  std::lock_guard lock(mutex);
  auto limit = shared_limits.find(function);
  if (limit == shared_limits.end()) return kSharedWithoutAsking;
  return std::min(limit->second, std::max(shared_per_block(), kSharedWithoutAsking));
}

bool is_stream(cudaStream_t stream) {
  std::lock_guard lock(mutex);
  return !stream || streams.count(stream) != 0;
}

bool is_blocking(cudaStream_t stream) {
  std::lock_guard lock(mutex);
  return streams.count(stream) && stream->blocking;
}

bool is_event(cudaEvent_t event) {
  std::lock_guard lock(mutex);
  return events.count(event) != 0;
}

}  // namespace simt::detail

// ---- errors

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "cudaSuccess";
    case cudaErrorInvalidValue: return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidConfiguration: return "cudaErrorInvalidConfiguration";
    case cudaErrorInsufficientDriver: return "cudaErrorInsufficientDriver";
    case cudaErrorNoDevice: return "cudaErrorNoDevice";
    case cudaErrorInvalidDevice: return "cudaErrorInvalidDevice";
    case cudaErrorInvalidResourceHandle: return "cudaErrorInvalidResourceHandle";
    case cudaErrorIllegalState: return "cudaErrorIllegalState";
    case cudaErrorNotReady: return "cudaErrorNotReady";
    case cudaErrorIllegalAddress: return "cudaErrorIllegalAddress";
    case cudaErrorLaunchFailure: return "cudaErrorLaunchFailure";
    case cudaErrorNotSupported: return "cudaErrorNotSupported";
    case cudaErrorStreamCaptureUnsupported: return "cudaErrorStreamCaptureUnsupported";
    case cudaErrorStreamCaptureInvalidated: return "cudaErrorStreamCaptureInvalidated";
    case cudaErrorStreamCaptureMerge: return "cudaErrorStreamCaptureMerge";
    case cudaErrorStreamCaptureUnmatched: return "cudaErrorStreamCaptureUnmatched";
    case cudaErrorStreamCaptureUnjoined: return "cudaErrorStreamCaptureUnjoined";
    case cudaErrorStreamCaptureIsolation: return "cudaErrorStreamCaptureIsolation";
    case cudaErrorStreamCaptureImplicit: return "cudaErrorStreamCaptureImplicit";
    case cudaErrorCapturedEvent: return "cudaErrorCapturedEvent";
    case cudaErrorStreamCaptureWrongThread: return "cudaErrorStreamCaptureWrongThread";
    default: return "cudaErrorUnknown";
  }
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "no error";
    case cudaErrorInvalidValue: return "invalid argument";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorInvalidConfiguration: return "invalid configuration argument";
    case cudaErrorInsufficientDriver: return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice: return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice: return "invalid device ordinal";
    case cudaErrorInvalidResourceHandle: return "invalid resource handle";
    case cudaErrorIllegalState: return "the operation cannot be performed in the present state";
    case cudaErrorNotReady: return "device not ready";
    case cudaErrorIllegalAddress: return "an illegal memory access was encountered";
    case cudaErrorLaunchFailure: return "unspecified launch failure";
    case cudaErrorNotSupported: return "operation not supported";
    case cudaErrorStreamCaptureUnsupported: return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated: return "operation failed due to a previous error during capture";
    case cudaErrorStreamCaptureMerge:
      return "operation would result in a merge of separate capture sequences";
    case cudaErrorStreamCaptureUnmatched: return "capture was not ended in the same stream as it began";
    case cudaErrorStreamCaptureUnjoined: return "capturing stream has unjoined work";
    case cudaErrorStreamCaptureIsolation: return "dependency created on uncaptured work in another stream";
    case cudaErrorStreamCaptureImplicit:
      return "operation would make the legacy stream depend on a capturing blocking stream";
    case cudaErrorCapturedEvent:
      return "operation not permitted on an event last recorded in a capturing stream";
    case cudaErrorStreamCaptureWrongThread:
      return "attempt to terminate a thread-local capture sequence from another thread";
    default: return "unknown error";
  }
}

cudaError_t cudaPeekAtLastError() { return last_error; }

cudaError_t cudaGetLastError() {
  const cudaError_t error = last_error;
  last_error = cudaSuccess;
  return error;
}

// ---- devices

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) { return remember(device == 0 ? cudaSuccess : cudaErrorInvalidDevice); }

cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device != 0) return remember(cudaErrorInvalidDevice);
  cudaDeviceProp& p = *properties;
  p = {};
  std::snprintf(p.name, sizeof p.name, "SIMT executor");
  p.totalGlobalMem = simt::detail::DeviceMemory::kTotal;
  p.sharedMemPerBlockOptin = simt::shared_per_block();
  p.sharedMemPerBlock = std::min(simt::detail::kSharedWithoutAsking, p.sharedMemPerBlockOptin);
  p.sharedMemPerMultiprocessor = simt::detail::kSharedOfMultiprocessor;
  p.regsPerBlock = 65536;
  p.warpSize = 32;
  p.maxThreadsPerBlock = 1024;
  p.maxThreadsPerMultiProcessor = kThreadsOfMultiprocessor;
  p.maxThreadsDim[0] = p.maxThreadsDim[1] = 1024;
  p.maxThreadsDim[2] = 64;
  p.maxGridSize[0] = 0x7fffffff;
  p.maxGridSize[1] = p.maxGridSize[2] = 65535;
  p.major = 9;
  p.multiProcessorCount = kMultiprocessors;
  p.l2CacheSize = kL2Bytes;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  cudaDeviceProp p;
  if (const cudaError_t error = cudaGetDeviceProperties(&p, device)) return error;
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock: *value = p.maxThreadsPerBlock; break;
    case cudaDevAttrMaxBlockDimX: *value = p.maxThreadsDim[0]; break;
    case cudaDevAttrMaxBlockDimY: *value = p.maxThreadsDim[1]; break;
    case cudaDevAttrMaxBlockDimZ: *value = p.maxThreadsDim[2]; break;
    case cudaDevAttrMaxGridDimX: *value = p.maxGridSize[0]; break;
    case cudaDevAttrMaxGridDimY: *value = p.maxGridSize[1]; break;
    case cudaDevAttrMaxGridDimZ: *value = p.maxGridSize[2]; break;
    case cudaDevAttrMaxSharedMemoryPerBlock: *value = static_cast<int>(p.sharedMemPerBlock); break;
    case cudaDevAttrWarpSize: *value = p.warpSize; break;
    case cudaDevAttrMaxRegistersPerBlock: *value = p.regsPerBlock; break;
    case cudaDevAttrMultiProcessorCount: *value = p.multiProcessorCount; break;
    case cudaDevAttrL2CacheSize: *value = p.l2CacheSize; break;
    case cudaDevAttrMaxThreadsPerMultiProcessor: *value = p.maxThreadsPerMultiProcessor; break;
    case cudaDevAttrComputeCapabilityMajor: *value = p.major; break;
    case cudaDevAttrComputeCapabilityMinor: *value = p.minor; break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
      *value = static_cast<int>(p.sharedMemPerMultiprocessor);
      break;
    case cudaDevAttrMemoryPoolsSupported: *value = 1; break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = static_cast<int>(p.sharedMemPerBlockOptin); break;
    default: return remember(cudaErrorInvalidValue);
  }
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() { return simt::detail::allow_synchronising_the_device(); }

// ---- streams

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  if (flags != cudaStreamDefault && flags != cudaStreamNonBlocking) return remember(cudaErrorInvalidValue);
  *stream = new CUstream_st{flags == cudaStreamDefault};
  std::lock_guard lock(mutex);
  streams.insert(*stream);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (!stream) return remember(cudaErrorInvalidResourceHandle);
  if (const cudaError_t error = valid_stream(stream)) return error;
  simt::detail::forget(stream);
  std::lock_guard lock(mutex);
  streams.erase(stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (const cudaError_t error = valid_stream(stream)) return error;
  return simt::detail::allow_synchronising(stream);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags) {
  if (const cudaError_t error = valid_stream(stream)) return error;
  if (const cudaError_t error = valid_event(event)) return error;
  if (flags) return remember(cudaErrorInvalidValue);
  return simt::detail::wait_for_event(stream, event);
}

// ---- events: the host's clock

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  std::lock_guard lock(mutex);
  events.insert(*event);
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (const cudaError_t error = valid_event(event)) return error;
  if (const cudaError_t error = valid_stream(stream)) return error;
  event->time = Clock::now();
  event->recorded = true;
  return simt::detail::record_event(event, stream);
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (const cudaError_t error = valid_event(event)) return error;
  return simt::detail::allow_synchronising(event);
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t from, cudaEvent_t to) {
  if (const cudaError_t error = valid_event(from)) return error;
  if (const cudaError_t error = valid_event(to)) return error;
  if (simt::detail::is_captured(from) || simt::detail::is_captured(to))
    return remember(cudaErrorCapturedEvent);
  if (!from->recorded || !to->recorded) return remember(cudaErrorInvalidResourceHandle);
  *milliseconds = std::chrono::duration<float, std::milli>(to->time - from->time).count();
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  if (const cudaError_t error = valid_event(event)) return error;
  simt::detail::forget(event);
  std::lock_guard lock(mutex);
  events.erase(event);
  delete event;
  return cudaSuccess;
}

// ---- kernels

cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute attribute, int value) {
  if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout) return cudaSuccess;  // a hint
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return remember(cudaErrorInvalidValue);
  if (value < 0 || static_cast<std::size_t>(value) > simt::shared_per_block())
    return remember(cudaErrorInvalidValue);
  std::lock_guard lock(mutex);
  shared_limits[function] = std::max(static_cast<std::size_t>(value), simt::detail::kSharedWithoutAsking);
  return cudaSuccess;
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* function, int block,
                                                          std::size_t shared_bytes) {
  if (block < 1) return remember(cudaErrorInvalidValue);
  *blocks = 0;
  if (block > 1024 || shared_bytes > simt::detail::shared_limit(function)) return cudaSuccess;
  const int threads = (block + 31) / 32 * 32;
  const std::size_t shared =
      (shared_bytes + simt::detail::kSharedReserved + kSharedUnit - 1) / kSharedUnit * kSharedUnit;
  *blocks = std::min({kThreadsOfMultiprocessor / threads, kBlocksOfMultiprocessor,
                      static_cast<int>(simt::detail::kSharedOfMultiprocessor / shared)});
  return cudaSuccess;
}
