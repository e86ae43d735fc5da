// The CUDA side of a context. context_cuda.cu implements it; program/no_cuda.cpp stands in where there is no
// toolkit.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "innate/kernels/context.h"

namespace innate::cuda {

/// A device with the stream that the context works on, and its memory.
class Device {
 public:
  virtual ~Device() = default;
  virtual int ordinal() const = 0;
  virtual std::string name() const = 0;
  virtual void* stream() const = 0;
  virtual Allocator& memory() = 0;
  virtual std::size_t free_memory() const = 0;
  virtual void upload(void* to, const void* from_host, std::size_t bytes) = 0;
  virtual void download(void* to_host, const void* from, std::size_t bytes) = 0;
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;
  virtual void clear(void* to, std::size_t bytes) = 0;
  virtual void synchronize() = 0;
  virtual void make_current() const = 0;
};

/// Throws Error where there is no such device. `stream` null: a new non-blocking stream.
std::unique_ptr<Device> open(int ordinal, void* stream);

std::vector<DeviceInfo> devices(std::string* why_not);

/// A range in a profiler's picture of this thread.
void begin_range(const char* name);
void end_range();

}  // namespace innate::cuda
