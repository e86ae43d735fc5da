// Allocation, copies and fills of the runtime API, with the checks that a device would not make.
#include <algorithm>
#include <cstring>
#include <mutex>
#include <string>

#include "block.h"
#include "capture.h"
#include "checker.h"
#include "device_memory.h"
#include "runtime_state.h"
#include "simt/config.h"

using simt::LaunchError;
using simt::detail::Buffer;
using simt::detail::checker;
using simt::detail::describe;
using simt::detail::device_memory;
using simt::detail::remember;

namespace {

/// The buffer that holds [address, address + bytes), for a call and a side of it that the message names.
Buffer& device_range(const char* call, const void* address, std::size_t bytes) {
  Buffer* buffer = device_memory.find(address);
  if (!buffer) throw LaunchError(std::string(call) + ": the address is not device memory");
  const std::ptrdiff_t offset = buffer->offset(address);
  if (offset < 0 || static_cast<std::size_t>(offset) + bytes > buffer->bytes)
    throw LaunchError("OUT OF BOUNDS: " + std::string(call) + " of " + std::to_string(bytes) + " bytes at +" +
                      std::to_string(offset) + " of " + describe(*buffer));
  return *buffer;
}

void host_range(const char* call, const void* address) {
  if (device_memory.find(address))
    throw LaunchError(std::string(call) + ": the host address is device memory");
}

void check_written(Buffer& buffer, const void* from, std::size_t bytes) {
  if (!simt::config().check || !simt::checker_available()) return;
  std::size_t first = 0;
  const auto offset = static_cast<std::size_t>(buffer.offset(from));
  if (const std::size_t count = checker.uninitialised(buffer, offset, bytes, &first))
    throw LaunchError("UNINITIALISED: a copy to the host of " + std::to_string(bytes) + " bytes at +" +
                      std::to_string(offset) + " of " + describe(buffer) + " has " + std::to_string(count) +
                      " bytes that nobody has written, the first at +" + std::to_string(first));
}

void to_device(void* to, const void* from, std::size_t bytes) {
  Buffer& buffer = device_range("copy to the device", to, bytes);
  host_range("copy to the device", from);
  std::memcpy(to, from, bytes);
  checker.host_wrote(buffer, static_cast<std::size_t>(buffer.offset(to)), bytes);
}

void to_host(void* to, const void* from, std::size_t bytes) {
  Buffer& buffer = device_range("copy to the host", from, bytes);
  host_range("copy to the host", to);
  check_written(buffer, from, bytes);
  std::memcpy(to, from, bytes);
}

void within_device(void* to, const void* from, std::size_t bytes) {
  Buffer& target = device_range("copy within the device (to)", to, bytes);
  Buffer& source = device_range("copy within the device (from)", from, bytes);
  const auto *a = static_cast<const char*>(to), *b = static_cast<const char*>(from);
  if (a < b + bytes && b < a + bytes) throw LaunchError("copy within the device: the ranges overlap");
  std::memcpy(to, from, bytes);
  checker.host_copied(target, static_cast<std::size_t>(target.offset(to)), source,
                      static_cast<std::size_t>(source.offset(from)), bytes);
}

void copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  if (!bytes) return;
  std::lock_guard turn(simt::detail::executor_mutex);
  switch (kind) {
    case cudaMemcpyHostToDevice: return to_device(to, from, bytes);
    case cudaMemcpyDeviceToHost: return to_host(to, from, bytes);
    case cudaMemcpyDeviceToDevice: return within_device(to, from, bytes);
    case cudaMemcpyHostToHost: std::memcpy(to, from, bytes);
  }
}

void fill(void* to, int value, std::size_t bytes) {
  if (!bytes) return;
  std::lock_guard turn(simt::detail::executor_mutex);
  Buffer& buffer = device_range("fill", to, bytes);
  std::memset(to, value, bytes);
  checker.host_wrote(buffer, static_cast<std::size_t>(buffer.offset(to)), bytes);
}

}  // namespace

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  *memory = nullptr;
  if (const cudaError_t error = simt::detail::allow_allocation()) return error;
  if (!bytes) return cudaSuccess;
  std::lock_guard turn(simt::detail::executor_mutex);
  *memory = device_memory.allocate(bytes, simt::config().check && simt::checker_available());
  return remember(*memory ? cudaSuccess : cudaErrorMemoryAllocation);
}

cudaError_t cudaFree(void* memory) {
  if (!memory) return cudaSuccess;
  if (const cudaError_t error = simt::detail::allow_allocation()) return error;
  std::lock_guard turn(simt::detail::executor_mutex);
  return remember(device_memory.release(memory) ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t stream) {
  cudaStreamCaptureStatus status;
  if (const cudaError_t error = cudaStreamIsCapturing(stream, &status)) return error;
  if (status != cudaStreamCaptureStatusNone) return remember(cudaErrorStreamCaptureUnsupported);
  return cudaMalloc(memory, bytes);
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  cudaStreamCaptureStatus status;
  if (const cudaError_t error = cudaStreamIsCapturing(stream, &status)) return error;
  if (status != cudaStreamCaptureStatusNone) return remember(cudaErrorStreamCaptureUnsupported);
  return simt::detail::enqueue(stream, [=] { cudaFree(memory); });
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  std::lock_guard turn(simt::detail::executor_mutex);
  *total = simt::detail::DeviceMemory::kTotal;
  *free = *total - device_memory.used();
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDeviceToDevice) return remember(cudaErrorInvalidValue);
  return simt::detail::enqueue(stream, [=] { copy(to, from, bytes, kind); });
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  return simt::detail::enqueue(stream, [=] { fill(to, value, bytes); });
}
