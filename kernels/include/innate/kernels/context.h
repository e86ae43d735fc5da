// Context: where work runs. Passed first to every entry; there is no global state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "innate/kernels/api.h"

namespace innate {

enum class Backend { cpu, cuda };
INNATE_API const char* name(Backend backend);

/// What every entry throws: wrong shapes, missing pointers, a device that failed. The message holds the
/// numbers.
class INNATE_API Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Memory of one backend. `allocate` never returns null (it throws Error with the size asked for); blocks are
/// aligned to 256 bytes.
class INNATE_API Allocator {
 public:
  virtual ~Allocator() = default;
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void deallocate(void* block, std::size_t bytes) noexcept = 0;
};

struct DeviceInfo {
  std::string name;
  int major = 0, minor = 0;  // compute capability
  std::size_t memory = 0;    // bytes
  int multiprocessors = 0;
};

/// The CUDA devices that can be used now. Where there are none, `why_not` (if given) says why.
INNATE_API std::vector<DeviceInfo> cuda_devices(std::string* why_not = nullptr);

/// A backend, its threads or its stream, and its memory. Work on a CUDA context is ordered by its stream and
/// not waited for, except by `download` and `synchronize`. A context serves one thread at a time.
class INNATE_API Context {
 public:
  /// threads = 0: as many as OpenMP would take.
  static Context cpu(int threads = 0);
  /// `stream`: a cudaStream_t of the caller's, which must outlive the context; null: the context makes its
  /// own.
  static Context cuda(int device = 0, void* stream = nullptr);
  ~Context();
  Context(Context&&) noexcept;
  Context& operator=(Context&&) noexcept;

  Backend backend() const;
  int threads() const;              // CPU threads that an entry may use; 1 on CUDA
  int device() const;               // CUDA ordinal; -1 on the CPU
  void* stream() const;             // cudaStream_t; null on the CPU
  std::string description() const;  // "CPU, 2 threads, AVX-512" or "CUDA 0: NVIDIA H100 ..."

  /// The allocator that `Buffer` uses; the caller keeps ownership of one that it sets.
  Allocator& memory() const;
  void set_memory(Allocator& allocator);

  /// Bytes of the device's memory that nobody uses now; 0 on the CPU, whose memory the system shares out.
  std::size_t free_memory() const;

  void upload(void* to, const void* from_host, std::size_t bytes);
  void download(void* to_host, const void* from, std::size_t bytes);  // waits
  void copy(void* to, const void* from, std::size_t bytes);  // within this context's memory, no overlap
  void clear(void* to, std::size_t bytes);                   // to zero
  void synchronize();

  /// Called once for each entry and shape class with the implementation that was chosen ("apply/forward cpu
  /// ...").
  void set_trace(std::function<void(const std::string&)> trace);
  bool traced() const;
  void trace(const std::string& choice) const;

 private:
  struct State;
  explicit Context(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Names what happens until the end of the scope for profilers: an NVTX range on CUDA, nothing on the CPU.
class INNATE_API Phase {
 public:
  Phase(const Context& context, const char* name);
  ~Phase();
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;

 private:
  bool open_;
};

/// An array in a context's memory, owned. Uninitialised until written.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  Buffer(Context& context, std::size_t size)
      : context_(&context), allocator_(&context.memory()), size_(size) {
    if (size_) data_ = static_cast<T*>(allocator_->allocate(size_ * sizeof(T)));
  }
  Buffer(Context& context, const std::vector<T>& host) : Buffer(context, host.size()) { upload(host); }
  ~Buffer() {
    if (data_) allocator_->deallocate(data_, size_ * sizeof(T));
  }
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(allocator_, other.allocator_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  T* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  void upload(const std::vector<T>& host) {
    if (host.size() != size_)
      throw Error("upload of " + std::to_string(host.size()) + " elements to a buffer of " +
                  std::to_string(size_));
    if (size_) context_->upload(data_, host.data(), bytes());
  }
  std::vector<T> download() const {
    std::vector<T> host(size_);
    if (size_) context_->download(host.data(), data_, bytes());
    return host;
  }
  void clear() {
    if (size_) context_->clear(data_, bytes());
  }

 private:
  Context* context_ = nullptr;
  Allocator* allocator_ = nullptr;
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace innate
