#include "innate/kernels/context.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "kernels/core/check.h"
#include "kernels/core/context_cuda.h"
#include "kernels/core/instruction_sets.h"
#include "kernels/core/kept.h"

// That came first: it chooses what Highway knows of.
#include <hwy/detect_targets.h>

namespace innate {

namespace {

class HostMemory : public Allocator {
 public:
  void* allocate(std::size_t bytes) override {
    void* block = bytes > SIZE_MAX - 255 ? nullptr : std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    require(block != nullptr, "cannot allocate ", bytes, " bytes of host memory");
    return block;
  }
  void deallocate(void* block, std::size_t) noexcept override { std::free(block); }
};

HostMemory& host_memory() {
  static HostMemory memory;
  return memory;
}

const char* instruction_set() {
  const int64_t sets = instruction_sets();
  if (sets & HWY_AVX3) return "AVX-512";
  if (sets & HWY_AVX2) return "AVX2";
  return "baseline instructions";
}

int openmp_threads() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

/// More would only wait for each other, and what the system refuses to start ends the program.
int most_threads() {
  const int most =
      std::max(64, 4 * static_cast<int>(std::min(std::thread::hardware_concurrency(), 1u << 20)));
#ifdef _OPENMP
  return std::min(omp_get_thread_limit(), most);
#else
  return most;
#endif
}

void require_memory(const char* what, const void* memory, std::size_t bytes) {
  require(memory != nullptr, what, " is null, where ", bytes, " bytes are asked for");
}

}  // namespace

const char* name(Backend backend) { return backend == Backend::cpu ? "cpu" : "cuda"; }

struct Context::State {
  Backend backend = Backend::cpu;
  int threads = 1;
  Allocator* memory = nullptr;
  std::unique_ptr<cuda::Device> device;
  std::function<void(const std::string&)> trace;
  Workspaces workspaces;
};

Workspaces& Inside::workspaces(const Context& context) { return context.state().workspaces; }

Context::Context(std::shared_ptr<State> state) : state_(std::move(state)) {}
Context::State& Context::state() const {
  require(state_ != nullptr, "this context is empty: it was moved from");
  return *state_;
}
Context Context::another() const {
  state();
  return Context(state_);
}
void Context::forget(const void* begin, std::size_t bytes) const noexcept {
  state_->workspaces.overwrite(begin, bytes);
}
Context::~Context() = default;
Context::Context(Context&&) noexcept = default;
Context& Context::operator=(Context&&) noexcept = default;

Context Context::cpu(int threads) {
  require(threads >= 0, "a context cannot have ", threads, " threads");
  auto state = std::make_shared<State>();
  state->threads = std::min(threads ? threads : openmp_threads(), most_threads());
  state->memory = &host_memory();
  return Context(std::move(state));
}

Context Context::cuda(int device, void* stream) {
  auto state = std::make_shared<State>();
  state->backend = Backend::cuda;
  state->device = cuda::open(device, stream);
  state->memory = &state->device->memory();
  return Context(std::move(state));
}

Backend Context::backend() const { return state().backend; }
int Context::threads() const { return state().threads; }
int Context::device() const { return state().device ? state_->device->ordinal() : -1; }
void* Context::stream() const { return state().device ? state_->device->stream() : nullptr; }

std::string Context::description() const {
  if (state().device) return "CUDA " + std::to_string(device()) + ": " + state_->device->name();
  return "CPU, " + std::to_string(threads()) + (threads() == 1 ? " thread, " : " threads, ") +
         instruction_set();
}

Allocator& Context::memory() const { return *state().memory; }
void Context::set_memory(Allocator& allocator) { state().memory = &allocator; }

std::size_t Context::free_memory() const { return state().device ? state_->device->free_memory() : 0; }

void Context::upload(void* to, const void* from_host, std::size_t bytes) {
  State& own = state();
  if (bytes == 0) return;
  require_memory("upload: to", to, bytes);
  require_memory("upload: from_host", from_host, bytes);
  own.workspaces.overwrite(to, bytes);
  if (own.device)
    own.device->upload(to, from_host, bytes);
  else
    std::memcpy(to, from_host, bytes);
}

void Context::download(void* to_host, const void* from, std::size_t bytes) {
  State& own = state();
  if (bytes == 0) return;
  require_memory("download: to_host", to_host, bytes);
  require_memory("download: from", from, bytes);
  if (own.device)
    own.device->download(to_host, from, bytes);
  else
    std::memcpy(to_host, from, bytes);
}

void Context::copy(void* to, const void* from, std::size_t bytes) {
  State& own = state();
  if (bytes == 0) return;
  require_memory("copy: to", to, bytes);
  require_memory("copy: from", from, bytes);
  own.workspaces.overwrite(to, bytes);
  if (own.device)
    own.device->copy(to, from, bytes);
  else
    std::memcpy(to, from, bytes);
}

void Context::clear(void* to, std::size_t bytes) {
  State& own = state();
  if (bytes == 0) return;
  require_memory("clear: to", to, bytes);
  own.workspaces.overwrite(to, bytes);
  if (own.device)
    own.device->clear(to, bytes);
  else
    std::memset(to, 0, bytes);
}

void Context::synchronize() {
  if (state().device) state_->device->synchronize();
}

void Context::make_current() const {
  if (state().device) state_->device->make_current();
}

void Context::set_trace(std::function<void(const std::string&)> trace) { state().trace = std::move(trace); }
bool Context::traced() const { return static_cast<bool>(state().trace); }
void Context::trace(const std::string& choice) const {
  if (state().trace) state_->trace(choice);
}

Phase::Phase(const Context& context, const char* name) : open_(context.backend() == Backend::cuda) {
  if (open_) cuda::begin_range(name);
}
Phase::~Phase() {
  if (open_) cuda::end_range();
}

std::vector<DeviceInfo> cuda_devices(std::string* why_not) { return cuda::devices(why_not); }

}  // namespace innate
