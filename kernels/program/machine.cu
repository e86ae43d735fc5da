// Programs on a device: fused blocks, and launches that spread an instruction of all replicas over the
// device, which may be captured once and replayed.
#include "kernels/program/machine.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "kernels/core/cublaslt.h"
#include "kernels/program/fused.cuh"

namespace innate::program {

namespace {

// ---- program classes

constexpr uint32_t kProducts = bit(Kind::choose) | bit(Kind::product) | bit(Kind::sum_rows) |
                               bit(Kind::cross_entropy) | bit(Kind::tally) | bit(Kind::constants) |
                               bit(Kind::adam) | bit(Kind::sgd) | bit(Kind::schedule) | bit(Kind::tick) |
                               bit(Kind::clear);
constexpr uint32_t kPlaces = kProducts | bit(Kind::profiles) | bit(Kind::expand) |
                             bit(Kind::expand_backward) | bit(Kind::profiles_backward);
constexpr uint32_t kLayers = kPlaces | bit(Kind::activate) | bit(Kind::activate_backward);
constexpr uint32_t kMadeBasis = kProducts | bit(Kind::fill);
constexpr uint32_t kCombination = kProducts | bit(Kind::combine) | bit(Kind::combine_backward);

// A step has some 500 sums that do not wait for each other (64 rows of 26 columns, four a thread): 16 warps.
// Two such blocks share a multiprocessor where their replicas are small enough for its shared memory; the 64
// registers that this leaves a thread spill, and in the loops of one class only (Combination: 1 to 8
// accesses).
constexpr int kThreads = kBlockThreads;

template <uint32_t Kinds>
__global__ void __launch_bounds__(kThreads, kBlocksResident) fused_kernel(const Turn* turns) {
  using Block = Fused<Kinds, kThreads>;
  Block::run(shared_storage<typename Block::Shared>(), turns[blockIdx.x]);
}

struct ProgramClass {
  uint32_t kinds;
  void (*kernel)(const Turn*);
};
constexpr ProgramClass kClasses[] = {{kProducts, fused_kernel<kProducts>},
                                     {kPlaces, fused_kernel<kPlaces>},
                                     {kLayers, fused_kernel<kLayers>},
                                     {kMadeBasis, fused_kernel<kMadeBasis>},
                                     {kCombination, fused_kernel<kCombination>}};
static_assert(sizeof(Fused<kProducts, kThreads>::Shared) == kBlockHead);
static_assert(sizeof(Fused<kPlaces, kThreads>::Shared) == kBlockHead);

/// -1: none.
int class_of(uint32_t kinds) {
  for (int c = 0; c < static_cast<int>(std::size(kClasses)); ++c)
    if ((kinds & ~kClasses[c].kinds) == 0) return c;
  return -1;
}

// ---- launches

/// Instructions of many replicas, `count` each; active: the numbers of those that a launch works on, or -1.
struct List {
  const Instruction* calls;
  const int32_t* active;
  int32_t count;
};

/// The part of a call that strip number `strip` of its group holds; of a strip that the group lacks, nothing.
template <class Call>
__device__ __forceinline__ Call cut(const Call& call, const Instruction& head, int64_t strip) {
  if constexpr (requires { strip_of(call, int64_t{}, int64_t{}); }) {
    const int64_t first = smaller(strip * head.width, head.extent);
    return strip_of(call, first, smaller(head.width, head.extent - first));
  }
  return call;
}

/// Instruction number `at` of every active replica, or, where `head` is not negative, a strip of it.
template <Kind kind, int Threads, int Blocks>
__global__ void __launch_bounds__(Threads, Blocks)
    list_kernel(List list, int first, int at, int head, int64_t strip) {
  const int32_t replica = list.active[first + static_cast<int>(blockIdx.z)];
  if (replica < 0) return;
  const Instruction* own = list.calls + static_cast<int64_t>(replica) * list.count;
  run_share<typename Runs<kind>::Operation, typename Runs<kind>::Call>(
      [&] { return head < 0 ? call_of<kind>(own[at]) : cut(call_of<kind>(own[at]), own[head], strip); });
}

int64_t blocks_of(const Instruction& i) {
  int64_t blocks = 1;
  with_call<kWithKernels>(i, [&blocks](auto kind, const auto& call) {
    using S = Runs<decltype(kind)::value>;
    blocks = S::element ? ceil_div(S::count(call), S::Operation::kThreads) : S::count(call);
  });
  return blocks;
}

/// Launches instruction number `at` of `replicas` replicas; `shown` is one of the largest.
void launch_one(cudaStream_t stream, const List& list, int replicas, int at, int head, int64_t strip,
                const Instruction& shown, int64_t blocks) {
  constexpr int64_t kMostBlocks = 65535;
  const auto across = static_cast<unsigned>(std::clamp<int64_t>(blocks, 1, kMostBlocks));
  with_call<kWithKernels>(shown, [&](auto kind, const auto&) {
    using Operation = typename Runs<decltype(kind)::value>::Operation;
    for_replica_pieces(replicas, [&](int first, int count) {
      launch(stream, list_kernel<decltype(kind)::value, Operation::kThreads, blocks_at_least<Operation>()>,
             dim3(across, 1, static_cast<unsigned>(count)), dim3(Operation::kThreads),
             (kSharedBytes<Operation, typename Runs<decltype(kind)::value>::Call>), list, first, at, head,
             strip);
    });
  });
}

/// Jobs whose sections have the same kinds in the same order, so that they share launches.
struct Group {
  std::vector<Job> jobs;
  std::vector<Instruction> calls;  // bound, of all jobs
  int prologue = 0, body = 0;
  Buffer<Instruction> on_device;
  Buffer<int32_t> active;
  std::vector<int32_t> active_now;         // what that holds
  std::shared_ptr<gemm::Library> library;  // where there are products for one
  Buffer<unsigned char> workspace;         // of one of them after the other

  int count() const { return prologue + body; }
  List list() const { return {on_device.data(), active.data(), count()}; }
};

/// What two sections must share.
std::vector<uint32_t> shape_of(const Section& section) {
  std::vector<uint32_t> shape = {static_cast<uint32_t>(section.prologue.size())};
  for (const auto* list : {&section.prologue, &section.body})
    for (const Instruction& i : *list) shape.push_back(static_cast<uint32_t>(i.kind) << 16 | i.strips);
  return shape;
}

void add_job(const Job& job, Group* group) {
  const Section& section = job.code->sections[static_cast<std::size_t>(job.section)];
  group->prologue = static_cast<int>(section.prologue.size());
  group->body = static_cast<int>(section.body.size());
  const auto address = [&job](int array) {
    const Location& location = job.flat->locations[static_cast<std::size_t>(array)];
    return static_cast<char*>(location.where == Where::state ? job.state : job.scratch) + location.offset;
  };
  for (const auto* list : {&section.prologue, &section.body})
    for (Instruction i : *list) {
      visit_operands(i, Bind<decltype(address)>{address});
      group->calls.push_back(i);
    }
  group->jobs.push_back(job);
}

/// `library` is opened when it is first needed.
gemm::Library& opened(Context& context, std::shared_ptr<gemm::Library>* library) {
  if (!*library) *library = gemm::open_library(context);
  return **library;
}

/// What the group's jobs, bound, need on the device.
void make_ready(Context& context, std::shared_ptr<gemm::Library>* library, std::vector<int32_t> active,
                Group* group) {
  std::size_t workspace = 0;
  for (const Instruction& i : group->calls) {
    if (i.kind != Kind::library_product) continue;
    workspace = std::max(workspace, opened(context, library).prepare(i.library_product_call));
    group->library = *library;
  }
  group->workspace = Buffer<unsigned char>::of_size(context, workspace);
  group->on_device = Buffer<Instruction>(context, group->calls);
  group->active = Buffer<int32_t>(context, active);
  group->active_now = std::move(active);
}

/// Launches instructions `begin` to end - 1 of all active jobs. A library's products are launched replica by
/// replica: the bits of one do not depend on the others.
void launch_range(cudaStream_t stream, const Group& group, int begin, int end) {
  const int replicas = static_cast<int>(group.jobs.size()), count = group.count();
  const auto of = [&](int replica, int at) -> const Instruction& {
    return group.calls[static_cast<std::size_t>(replica) * static_cast<std::size_t>(count) +
                       static_cast<std::size_t>(at)];
  };
  for (int at = begin; at < end;) {
    const int members = std::max<int>(1, of(0, at).strips);
    const bool walked = of(0, at).strips > 0;
    int64_t strips = 1;
    std::vector<int64_t> blocks(static_cast<std::size_t>(members), 1);
    for (int r = 0; r < replicas; ++r) {
      const Instruction& head = of(r, at);
      if (walked) strips = std::max(strips, ceil_div(head.extent, head.width));
      for (int m = 0; m < members; ++m) {
        Instruction part = of(r, at + m);
        if (walked) cut_to_strip(part, 0, smaller(head.width, head.extent));
        auto& most = blocks[static_cast<std::size_t>(m)];
        most = std::max(most, blocks_of(part));
      }
    }
    if (of(0, at).kind == Kind::library_product) {
      for (int r = 0; r < replicas; ++r)
        if (group.active_now[static_cast<std::size_t>(r)] >= 0)
          group.library->multiply(static_cast<void*>(stream), of(r, at).library_product_call,
                                  group.workspace.data());
      ++at;
      continue;
    }
    for (int64_t strip = 0; strip < strips; ++strip)
      for (int m = 0; m < members; ++m)
        launch_one(stream, group.list(), replicas, at + m, walked ? at : -1, strip, of(0, at + m),
                   blocks[static_cast<std::size_t>(m)]);
    at += members;
  }
}

class LaunchesOfOne : public Launches {
 public:
  LaunchesOfOne(Context& context, const Job& job, std::shared_ptr<gemm::Library>* library)
      : context_(context) {
    add_job(job, &group_);
    make_ready(context, library, {0}, &group_);
    context.synchronize();  // the uploads are done before somebody captures
  }
  void prologue() override { launch_range(stream_of(context_), group_, 0, group_.prologue); }
  void body(int begin, int end) override {
    launch_range(stream_of(context_), group_, group_.prologue + begin, group_.prologue + end);
  }

 private:
  Context& context_;
  Group group_;
};

// ---- branches

/// Streams that begin where the main one is, and that the main one waits for.
class Branches {
 public:
  explicit Branches(cudaStream_t main) : main_(main) {
    check_cuda(cudaEventCreateWithFlags(&begin_, cudaEventDisableTiming), "cudaEventCreate");
  }
  ~Branches() {
    for (const Branch& b : branches_) cudaEventDestroy(b.end), cudaStreamDestroy(b.stream);
    cudaEventDestroy(begin_);
  }
  Branches(const Branches&) = delete;
  Branches& operator=(const Branches&) = delete;

  /// work(i, stream) for i below `count`, side by side.
  template <class Work>
  void run(int count, const Work& work) {
    if (count == 1) return work(0, main_);
    while (static_cast<int>(branches_.size()) < count) add();
    check_cuda(cudaEventRecord(begin_, main_), "cudaEventRecord");
    for (int i = 0; i < count; ++i) {
      const Branch& b = branches_[static_cast<std::size_t>(i)];
      check_cuda(cudaStreamWaitEvent(b.stream, begin_, 0), "cudaStreamWaitEvent");
      work(i, b.stream);
      check_cuda(cudaEventRecord(b.end, b.stream), "cudaEventRecord");
      check_cuda(cudaStreamWaitEvent(main_, b.end, 0), "cudaStreamWaitEvent");
    }
  }

 private:
  struct Branch {
    cudaStream_t stream;
    cudaEvent_t end;
  };
  void add() {
    Branch b{};
    check_cuda(cudaStreamCreateWithFlags(&b.stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    check_cuda(cudaEventCreateWithFlags(&b.end, cudaEventDisableTiming), "cudaEventCreate");
    branches_.push_back(b);
  }

  cudaStream_t main_;
  cudaEvent_t begin_{};
  std::vector<Branch> branches_;
};

// ---- the machine

class CudaMachine : public Machine {
 public:
  explicit CudaMachine(Context& context)
      : context_(context), branches_((context.make_current(), stream_of(context))) {
    shared_ = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin);
    per_multiprocessor_ = attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor);
    multiprocessors_ = attribute(cudaDevAttrMultiProcessorCount);
  }

  int64_t fast_bytes() const override { return std::max<int64_t>(0, shared_ - kBlockHead); }
  DeviceModel model() const override {
    DeviceModel model;
    model.multiprocessors = multiprocessors_;
    model.shared_bytes = static_cast<double>(per_multiprocessor_);
    return model;
  }
  bool has_class(const Section& section) const override {
    return class_of(kinds_of(section)) >= 0 && counts_fit(section);
  }

  std::unique_ptr<Launches> launches(const Job& job) override {
    check_cuda(cudaSetDevice(context_.device()), "cudaSetDevice");
    return std::make_unique<LaunchesOfOne>(context_, job, &library_);
  }

  void prepare(const Section& section) override {
    if (kinds_of(section) & bit(Kind::library_product)) opened(context_, &library_);
  }

  void run(Way way, const std::vector<Job>& jobs) override {
    context_.make_current();
    if (way == Way::fused)
      run_fused(jobs);
    else
      run_launches(jobs, way == Way::graph);
  }

 private:
  int attribute(cudaDeviceAttr which) const {
    int value = 0;
    check_cuda(cudaDeviceGetAttribute(&value, which, context_.device()), "cudaDeviceGetAttribute");
    return value;
  }

  static const Section& section_of(const Job& job) {
    return job.code->sections[static_cast<std::size_t>(job.section)];
  }
  /// Blocks count a product's lines, columns and steps in 32 bits.
  static bool counts_fit(const Section& section) {
    const auto fits = [](const Instruction& i) {
      if (i.kind != Kind::product) return true;
      const gemm::Product& p = i.product_call;
      return std::max({p.m, p.n, p.k}) <= INT32_MAX;
    };
    return std::all_of(section.prologue.begin(), section.prologue.end(), fits) &&
           std::all_of(section.body.begin(), section.body.end(), fits);
  }
  static int64_t shared_of(const Job& job) { return block_shared_bytes(section_of(job), *job.fused); }

  /// Sections are uploaded once.
  const Image* image(const Job& job) {
    Buffer<unsigned char>& known = images_[{job.code, job.section}];
    if (known.size() == 0) {
      const Section& s = section_of(job);
      const Image head{static_cast<int32_t>(s.prologue.size()), static_cast<int32_t>(s.body.size()),
                       static_cast<int32_t>(job.fused->locations.size()), 0};
      std::vector<unsigned char> bytes;
      const auto add = [&bytes](const void* from, std::size_t size) {
        const auto* begin = static_cast<const unsigned char*>(from);
        bytes.insert(bytes.end(), begin, begin + size);
      };
      add(&head, sizeof head);
      add(s.prologue.data(), s.prologue.size() * sizeof(Instruction));
      add(s.body.data(), s.body.size() * sizeof(Instruction));
      add(job.fused->locations.data(), job.fused->locations.size() * sizeof(Location));
      known = Buffer<unsigned char>(context_, bytes);
    }
    return reinterpret_cast<const Image*>(known.data());
  }

  /// One launch a program class and size: how many blocks a multiprocessor holds must not follow from the
  /// neediest replica of all.
  void run_fused(const std::vector<Job>& jobs) {
    std::map<std::pair<int, int>, std::vector<const Job*>> launches;
    for (const Job& job : jobs) {
      const int program_class = class_of(kinds_of(section_of(job)));
      require(program_class >= 0, "section '", section_of(job).name, "' belongs to no program class");
      const int fit = resident_blocks(static_cast<double>(per_multiprocessor_), shared_of(job));
      launches[{program_class, -fit}].push_back(&job);
    }
    std::vector<Turn> turns;
    std::vector<int> begins;
    for (const auto& [key, of] : launches) {
      begins.push_back(static_cast<int>(turns.size()));
      for (const Job* job : of)
        turns.push_back(
            {image(*job), static_cast<char*>(job->state), static_cast<char*>(job->scratch), job->times});
    }
    turns_ = Buffer<Turn>(context_, turns);
    auto launched = launches.begin();
    branches_.run(static_cast<int>(launches.size()), [&](int i, cudaStream_t stream) {
      const auto& [key, of] = *launched++;
      int64_t shared = 0;
      for (const Job* job : of) shared = std::max(shared, shared_of(*job));
      launch(stream, kClasses[key.first].kernel, dim3(static_cast<unsigned>(of.size())), dim3(kThreads),
             static_cast<std::size_t>(shared),
             static_cast<const Turn*>(turns_.data() + begins[static_cast<std::size_t>(i)]));
    });
  }

  void run_launches(const std::vector<Job>& jobs, bool replayed) {
    std::map<std::vector<uint32_t>, std::size_t> known;
    groups_.clear();
    int64_t passes = 0;
    for (const Job& job : jobs) {
      const auto [found, is_new] = known.try_emplace(shape_of(section_of(job)), groups_.size());
      if (is_new) groups_.emplace_back();
      add_job(job, &groups_[found->second]);
      passes = std::max(passes, job.times);
    }
    for (Group& g : groups_) make_ready(context_, &library_, active_after(g, 0), &g);
    each_group([](const Group& g, cudaStream_t stream) { launch_range(stream, g, 0, g.prologue); });
    Replay replay;
    for (int64_t done = 0; done < passes;) {
      if (replayed && !replay.graph) replay.take(capture());
      const int64_t until = next_end(done, passes);
      for (; done < until; ++done)
        if (replay.graph)
          check_cuda(cudaGraphLaunch(replay.graph, stream_of(context_)), "cudaGraphLaunch");
        else
          launch_bodies();
      if (done == passes) break;
      bool captured_anew = false;  // a library's products are launched for those that are active
      for (Group& g : groups_) {
        g.active_now = active_after(g, done);
        g.active.upload(g.active_now);
        captured_anew = captured_anew || g.library;
      }
      if (replay.graph && captured_anew) context_.synchronize(), replay.take(nullptr);
    }
    if (replay.graph) context_.synchronize();  // it goes
  }

  /// Replicas that go on after so many passes.
  static std::vector<int32_t> active_after(const Group& group, int64_t passes) {
    std::vector<int32_t> active;
    for (std::size_t j = 0; j < group.jobs.size(); ++j)
      active.push_back(group.jobs[j].times > passes ? static_cast<int32_t>(j) : -1);
    return active;
  }
  /// After which pass the next replica leaves.
  int64_t next_end(int64_t done, int64_t passes) const {
    for (const Group& g : groups_)
      for (const Job& job : g.jobs)
        if (job.times > done) passes = std::min(passes, job.times);
    return passes;
  }

  template <class Work>
  void each_group(const Work& work) {
    branches_.run(static_cast<int>(groups_.size()),
                  [&](int i, cudaStream_t stream) { work(groups_[static_cast<std::size_t>(i)], stream); });
  }
  void launch_bodies() {
    each_group([](const Group& g, cudaStream_t stream) { launch_range(stream, g, g.prologue, g.count()); });
  }

  struct Replay {
    Replay() = default;
    ~Replay() { take(nullptr); }
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;
    void take(cudaGraphExec_t next) {
      if (graph) cudaGraphExecDestroy(graph);
      graph = next;
    }
    cudaGraphExec_t graph = nullptr;
  };
  /// One pass of all bodies. Clocks count on the device, so that each replay is the next step.
  cudaGraphExec_t capture() {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    check_cuda(cudaStreamBeginCapture(stream_of(context_), cudaStreamCaptureModeThreadLocal),
               "cudaStreamBeginCapture");
    launch_bodies();
    check_cuda(cudaStreamEndCapture(stream_of(context_), &graph), "cudaStreamEndCapture");
    const cudaError_t status = cudaGraphInstantiate(&executable, graph, 0);
    cudaGraphDestroy(graph);
    check_cuda(status, "cudaGraphInstantiate");
    return executable;
  }

  Context& context_;
  Branches branches_;
  int64_t shared_ = 0, per_multiprocessor_ = 0;
  int multiprocessors_ = 1;
  std::map<std::pair<const Code*, int>, Buffer<unsigned char>> images_;
  Buffer<Turn> turns_;
  std::shared_ptr<gemm::Library> library_;
  std::vector<Group> groups_;
};

}  // namespace

std::unique_ptr<Machine> machine(Context& context) { return std::make_unique<CudaMachine>(context); }

}  // namespace innate::program
