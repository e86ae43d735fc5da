#include "kernels/core/context_cuda.h"
#include "kernels/core/device.cuh"

namespace innate::cuda {

namespace {

/// Memory in the order of a stream: a block is freed once the work before it is done, and nobody waits. Where
/// the device has no such memory, freeing waits for all that it has to do.
class DeviceMemory : public Allocator {
 public:
  DeviceMemory(int ordinal, cudaStream_t stream) : ordinal_(ordinal), stream_(stream) {
    int pools = 0;
    in_order_ =
        cudaDeviceGetAttribute(&pools, cudaDevAttrMemoryPoolsSupported, ordinal) == cudaSuccess && pools != 0;
  }
  void* allocate(std::size_t bytes) override {
    check_cuda(cudaSetDevice(ordinal_), "cudaSetDevice");
    void* block = nullptr;
    const cudaError_t status =
        in_order_ ? cudaMallocAsync(&block, bytes, stream_) : cudaMalloc(&block, bytes);
    if (status != cudaSuccess) {
      cudaGetLastError();
      throw Error("cannot allocate " + std::to_string(bytes) + " bytes on CUDA device " +
                  std::to_string(ordinal_) + ": " + cudaGetErrorString(status));
    }
    return block;
  }
  void deallocate(void* block, std::size_t) noexcept override {
    cudaSetDevice(ordinal_);
    if (in_order_)
      cudaFreeAsync(block, stream_);
    else
      cudaFree(block);
  }

 private:
  int ordinal_;
  cudaStream_t stream_;
  bool in_order_;
};

class StreamedDevice : public Device {
 public:
  StreamedDevice(int ordinal, void* stream)
      : ordinal_(ordinal),
        own_stream_(stream == nullptr),
        stream_(stream_of(ordinal, stream)),
        memory_(ordinal, stream_) {
    cudaDeviceProp properties;
    check_cuda(cudaGetDeviceProperties(&properties, ordinal), "cudaGetDeviceProperties");
    name_ = properties.name;
  }
  ~StreamedDevice() override {
    if (own_stream_ && cudaSetDevice(ordinal_) == cudaSuccess) cudaStreamDestroy(stream_);
  }
  int ordinal() const override { return ordinal_; }
  std::string name() const override { return name_; }
  void* stream() const override { return static_cast<void*>(stream_); }
  Allocator& memory() override { return memory_; }
  std::size_t free_memory() const override {
    std::size_t free = 0, total = 0;
    make_current();
    check_cuda(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
    return free;
  }
  void upload(void* to, const void* from_host, std::size_t bytes) override {
    move(to, from_host, bytes, cudaMemcpyHostToDevice);
    synchronize();  // the host memory may be gone when the caller goes on
  }
  void download(void* to_host, const void* from, std::size_t bytes) override {
    move(to_host, from, bytes, cudaMemcpyDeviceToHost);
    synchronize();
  }
  void copy(void* to, const void* from, std::size_t bytes) override {
    move(to, from, bytes, cudaMemcpyDeviceToDevice);
  }
  void clear(void* to, std::size_t bytes) override {
    make_current();
    check_cuda(cudaMemsetAsync(to, 0, bytes, stream_), "cudaMemsetAsync");
  }
  void synchronize() override {
    make_current();
    check_cuda(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
  }
  void make_current() const override { check_cuda(cudaSetDevice(ordinal_), "cudaSetDevice"); }

 private:
  void move(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    make_current();
    check_cuda(cudaMemcpyAsync(to, from, bytes, kind, stream_), "cudaMemcpyAsync");
  }

  /// The caller's, or a new one.
  static cudaStream_t stream_of(int ordinal, void* stream) {
    check_cuda(cudaSetDevice(ordinal), "cudaSetDevice");
    auto made = static_cast<cudaStream_t>(stream);
    if (!made)
      check_cuda(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    return made;
  }

  int ordinal_;
  bool own_stream_;
  cudaStream_t stream_;
  DeviceMemory memory_;
  std::string name_;
};

}  // namespace

std::vector<DeviceInfo> devices(std::string* why_not) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) {
    cudaGetLastError();
    if (why_not)
      *why_not = status == cudaErrorInsufficientDriver
                     ? "there is no CUDA driver here, or it is too old for this build"
                     : cudaGetErrorString(status);
    return {};
  }
  std::vector<DeviceInfo> found;
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp p;
    if (cudaGetDeviceProperties(&p, i) != cudaSuccess) continue;
    found.push_back({p.name, p.major, p.minor, p.totalGlobalMem, p.multiProcessorCount});
  }
  if (found.empty() && why_not) *why_not = "no CUDA device";
  return found;
}

void begin_range([[maybe_unused]] const char* name) { INNATE_RANGE(nvtxRangePushA(name)); }
void end_range() { INNATE_RANGE(nvtxRangePop()); }

std::unique_ptr<Device> open(int ordinal, void* stream) {
  std::string why_not;
  const int count = static_cast<int>(devices(&why_not).size());
  require(count > 0, "no CUDA device can be used: ", why_not);
  require(ordinal >= 0 && ordinal < count, "there is no CUDA device ", ordinal, "; there are ", count,
          ", counted from 0");
  return std::make_unique<StreamedDevice>(ordinal, stream);
}

}  // namespace innate::cuda
