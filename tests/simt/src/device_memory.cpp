#include "device_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "block.h"
#include "sanitizer.h"

namespace simt::detail {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kGuard = 64 * 1024;  // on both sides
constexpr std::size_t kWatched = 256;      // bytes of each guard that are compared after a launch
constexpr unsigned char kGuardByte = 0xa5;

bool untouched(const char* from) {
  return std::all_of(from, from + kWatched,
                     [](char byte) { return static_cast<unsigned char>(byte) == kGuardByte; });
}

void restore_guards(Buffer& buffer) {
  std::memset(buffer.data - kWatched, kGuardByte, kWatched);
  std::memset(buffer.data + buffer.bytes, kGuardByte, kWatched);
}

/// Empty when both guards are as they were.
std::string damage(const Buffer& buffer) {
  if (SIMT_ASAN) return {};  // it has reported the write, and would report this read
  const bool before = !untouched(buffer.data - kWatched);
  if (!before && untouched(buffer.data + buffer.bytes)) return {};
  return "OUT OF BOUNDS: something was written " + std::string(before ? "before the start" : "past the end") +
         " of " + describe(buffer) + "; the checker finds the line";
}

}  // namespace

DeviceMemory device_memory;

void* DeviceMemory::allocate(std::size_t bytes, bool checked) {
  if (bytes > kTotal - used_) return nullptr;
  const std::size_t mapping_bytes = kGuard + (bytes + kPage - 1) / kPage * kPage + kGuard;
  void* memory = mmap(nullptr, mapping_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  Buffer& buffer = buffers_[reinterpret_cast<std::uintptr_t>(memory)];
  buffer.mapping = static_cast<char*>(memory);
  buffer.mapping_bytes = mapping_bytes;
  buffer.data = buffer.mapping + kGuard;
  buffer.bytes = bytes;
  buffer.number = ++count_;
  std::memset(buffer.data, 0xff, bytes);  // NaN as any float type, -1 as an integer
  restore_guards(buffer);
  if (checked) buffer.shadow.track(bytes, false);
  ASAN_POISON_MEMORY_REGION(buffer.mapping, kGuard);
  ASAN_POISON_MEMORY_REGION(buffer.data + bytes, mapping_bytes - kGuard - bytes);
  used_ += bytes;
  return buffer.data;
}

bool DeviceMemory::release(void* data) {
  Buffer* buffer = find(data);
  if (!buffer || buffer->data != data) return false;
  ASAN_UNPOISON_MEMORY_REGION(buffer->mapping, buffer->mapping_bytes);
  munmap(buffer->mapping, buffer->mapping_bytes);
  used_ -= buffer->bytes;
  last_found_ = nullptr;
  buffers_.erase(reinterpret_cast<std::uintptr_t>(buffer->mapping));
  return true;
}

Buffer* DeviceMemory::find(const void* address) {
  if (last_found_ && last_found_->in_mapping(address)) return last_found_;
  auto after = buffers_.upper_bound(reinterpret_cast<std::uintptr_t>(address));
  if (after == buffers_.begin()) return nullptr;
  Buffer& candidate = std::prev(after)->second;
  if (!candidate.in_mapping(address)) return nullptr;
  last_found_ = &candidate;
  return last_found_;
}

void DeviceMemory::check_guards() {
  std::string first;
  for (auto& [address, buffer] : buffers_) {
    const std::string damaged = damage(buffer);
    if (damaged.empty()) continue;
    restore_guards(buffer);  // the next launch starts clean
    if (first.empty()) first = damaged;
  }
  if (!first.empty()) throw LaunchError(first);
}

std::string describe(const Buffer& buffer) {
  std::string text = "buffer #" + std::to_string(buffer.number) + " (";
  const KernelCall* call = running.call;
  for (std::size_t i = 0; call && i < call->argument_count; ++i) {
    const Argument& argument = call->arguments[i];
    for (std::size_t at = 0; at + sizeof(void*) <= argument.bytes;
         at += sizeof(void*)) {  // pointers inside structs too
      const char* pointer;
      std::memcpy(&pointer, static_cast<const char*>(argument.address) + at, sizeof pointer);
      if (pointer < buffer.data || pointer >= buffer.data + buffer.bytes) continue;
      text += "argument " + std::to_string(i + 1) + (at ? " +" + std::to_string(at) : "") + ", ";
      i = call->argument_count - 1;
      break;
    }
  }
  return text + std::to_string(buffer.bytes) + " bytes)";
}

}  // namespace simt::detail
