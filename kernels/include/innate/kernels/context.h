// Context: where work runs. Passed first to every entry; there is no global state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "innate/kernels/api.h"
#include "innate/kernels/view.h"

namespace innate {

enum class Backend { cpu, cuda };
INNATE_API const char* name(Backend backend);

/// What every entry throws: wrong shapes, missing pointers, a device that failed. The message holds the
/// numbers.
class INNATE_API Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Memory of one backend. `allocate` never returns null (it throws Error with the size asked for); blocks are
/// aligned to 256 bytes. Work that was queued on the context's stream before `deallocate` may still use the
/// block: an allocator that hands it to another stream has to wait for that one first.
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

template <class T>
class Buffer;

/// What a `forward` with `training` left in a workspace, by number, for the `backward` after it: for callers
/// with several forwards under way, who want to hear when another one has used the workspace since. Number 0,
/// the default of every backward, stands for whichever came last.
struct Token {
  std::uint64_t number = 0;
};

/// A backend, its threads or its stream, and its memory. Work on a CUDA context is ordered by its stream and
/// not waited for, except by `download` and `synchronize`. A context serves one thread at a time. It notes
/// what forwards with training left in which workspace, so that a backward without one is an Error. Every
/// entry makes the context's CUDA device this thread's current one.
///
/// With INNATE_CHECK=1 in the environment (read once) every entry also looks at what it is given, and waits:
/// outputs that overlap with anything else, rows and labels out of range, rates that are no rates, workspaces
/// that changed between forward and backward are an Error. Such entries cannot be captured in a graph.
class INNATE_API Context {
 public:
  /// threads = 0: as many as OpenMP would take. Negative: Error. No more are used than 4 for each processor
  /// of the machine (or 64, if that is more), nor than OpenMP's own limit (OMP_THREAD_LIMIT): `threads()`
  /// says how many. Results do not depend on it.
  static Context cpu(int threads = 0);
  /// `stream`: a cudaStream_t of the caller's, which must outlive the context; null: the context makes its
  /// own.
  static Context cuda(int device = 0, void* stream = nullptr);
  ~Context();
  Context(Context&&) noexcept;
  Context& operator=(Context&&) noexcept;
  /// The same context once more: what it holds lives until the last of them is gone. `Buffer` keeps one.
  Context another() const;

  Backend backend() const;
  int threads() const;              // CPU threads that an entry may use; 1 on CUDA
  int device() const;               // CUDA ordinal; -1 on the CPU
  void* stream() const;             // cudaStream_t; null on the CPU
  std::string description() const;  // "CPU, 2 threads, AVX-512" or "CUDA 0: NVIDIA H100 ..."

  /// The allocator that `Buffer` uses; the caller keeps ownership of one that it sets, which must outlive the
  /// buffers that it gave memory to.
  Allocator& memory() const;
  void set_memory(Allocator& allocator);

  /// Bytes of the device's memory that nobody uses now; 0 on the CPU, whose memory the system shares out.
  std::size_t free_memory() const;

  void upload(void* to, const void* from_host, std::size_t bytes);
  void download(void* to_host, const void* from, std::size_t bytes);  // waits
  void copy(void* to, const void* from, std::size_t bytes);  // within this context's memory, no overlap
  void clear(void* to, std::size_t bytes);                   // to zero
  void synchronize();
  /// CUDA: makes the context's device this thread's current one.
  void make_current() const;

  /// Called by every entry, each time, before it runs, with the implementation that was chosen
  /// ("apply/forward: cpu, one replica a core, ...").
  void set_trace(std::function<void(const std::string&)> trace);
  bool traced() const;
  void trace(const std::string& choice) const;

 private:
  friend struct Inside;  // of the implementation
  template <class T>
  friend class Buffer;
  void forget(const void* begin, std::size_t bytes) const noexcept;  // what a forward left there
  struct State;
  explicit Context(std::shared_ptr<State> state);
  State& state() const;  // Error where the context was moved from
  std::shared_ptr<State> state_;
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

/// An array in a context's memory, owned, and converted to a view of one array where one is asked for. It
/// keeps what it needs of the context alive. On CUDA it is made and freed in the order of the context's stream
/// and waits for nothing; neither while that stream is captured. Work on other streams must be done with it.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  /// Uninitialised until written.
  static Buffer of_size(const Context& context, std::size_t size) {
    Buffer made;
    if (size > SIZE_MAX / sizeof(T))
      throw Error("a buffer of " + std::to_string(size) + " elements of " + std::to_string(sizeof(T)) +
                  " bytes is larger than memory can be");
    made.context_ = context.another();
    made.allocator_ = &context.memory();
    if (size) made.data_ = static_cast<T*>(made.allocator_->allocate(size * sizeof(T)));
    made.size_ = size;
    return made;
  }
  Buffer(const Context& context, const std::vector<T>& host) : Buffer(of_size(context, host.size())) {
    upload(host);
  }
  ~Buffer() {
    if (!data_) return;
    context_->forget(data_, bytes());
    allocator_->deallocate(data_, bytes());
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

  /// One array, or as many equal ones behind each other as there are replicas.
  Ragged<T> view(int replicas = 1) const {
    const auto count = static_cast<std::size_t>(replicas < 1 ? 0 : replicas);
    if (count == 0 || size_ % count != 0)
      throw Error("a buffer of " + std::to_string(size_) + " elements is not " + std::to_string(replicas) +
                  " equal arrays");
    return {data_, count == 1 ? 0 : static_cast<int64_t>(size_ / count), nullptr};
  }
  operator Ragged<T>() const { return view(); }
  template <class U, class = std::enable_if_t<!std::is_const_v<T> && std::is_same_v<U, const T>>>
  operator Ragged<U>() const {
    return view();
  }

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
  mutable std::optional<Context> context_;  // that download waits for
  Allocator* allocator_ = nullptr;
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace innate
