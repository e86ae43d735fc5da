// The executor finds the defects that it should find, at the right line, and none in kernels that have none.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "planted.h"

namespace {

using simt::config;
using simt::launch;
using simt::LaunchError;
using simt::Schedule;

constexpr Schedule kSchedules[] = {Schedule::forward, Schedule::reverse, Schedule::warp_reverse,
                                   Schedule::random};

/// "planted.cu:31", the line that ends in the comment "// <- mark".
std::string at(const std::string& mark) {
  std::ifstream source(std::string(SIMT_TEST_FOLDER) + "/planted.cu");
  std::string text;
  const std::string end = "// <- " + mark;
  for (int line = 1; std::getline(source, text); ++line)
    if (text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0)
      return "planted.cu:" + std::to_string(line);
  throw std::runtime_error("no line is marked '" + mark + "'");
}

/// Device memory, freed at the end.
template <class T>
class Device {
 public:
  explicit Device(std::size_t size) : size_(size) {
    EXPECT_EQ(cudaMalloc(&data_, size * sizeof(T)), cudaSuccess);
  }
  explicit Device(const std::vector<T>& host) : Device(host.size()) {
    cudaMemcpyAsync(data_, host.data(), size_ * sizeof(T), cudaMemcpyHostToDevice);
  }
  ~Device() { cudaFree(data_); }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  operator T*() const { return data_; }
  std::vector<T> host() const {
    std::vector<T> copy(size_);
    cudaMemcpyAsync(copy.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost);
    return copy;
  }

 private:
  T* data_ = nullptr;
  std::size_t size_;
};

template <class T>
std::vector<T> counting(std::size_t size, T from = T(0)) {
  std::vector<T> values(size);
  std::iota(values.begin(), values.end(), from);
  return values;
}

/// What the launch throws; empty if nothing.
std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const LaunchError& error) {
    return error.what();
  }
  return {};
}

void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nis not in\n" << text;
}

class Event {
 public:
  Event() { cudaEventCreateWithFlags(&event_, cudaEventDisableTiming); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  operator cudaEvent_t() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

class Stream {
 public:
  explicit Stream(unsigned flags = cudaStreamNonBlocking) { cudaStreamCreateWithFlags(&stream_, flags); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator cudaStream_t() const { return stream_; }
  void signal(const Event& event) const { EXPECT_EQ(cudaEventRecord(event, stream_), cudaSuccess); }
  void wait_for(const Event& event) const { EXPECT_EQ(cudaStreamWaitEvent(stream_, event), cudaSuccess); }
  cudaStreamCaptureStatus status() const {
    cudaStreamCaptureStatus status{};
    EXPECT_EQ(cudaStreamIsCapturing(stream_, &status), cudaSuccess);
    return status;
  }

 private:
  cudaStream_t stream_ = nullptr;
};

void begin_capture(cudaStream_t stream, cudaStreamCaptureMode mode = cudaStreamCaptureModeThreadLocal) {
  EXPECT_EQ(cudaStreamBeginCapture(stream, mode), cudaSuccess);
}

cudaGraph_t end_capture(cudaStream_t stream, cudaError_t expected = cudaSuccess) {
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(stream, &graph), expected);
  EXPECT_EQ(graph == nullptr, expected != cudaSuccess);
  cudaGetLastError();
  return graph;
}

/// Takes the graph over.
class Graph {
 public:
  explicit Graph(cudaGraph_t graph) {
    EXPECT_EQ(cudaGraphGetNodes(graph, nullptr, &nodes_), cudaSuccess);
    EXPECT_EQ(cudaGraphInstantiate(&exec_, graph), cudaSuccess);
    EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);  // what was made of it stays
  }
  ~Graph() { EXPECT_EQ(cudaGraphExecDestroy(exec_), cudaSuccess); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  operator cudaGraphExec_t() const { return exec_; }
  void replay(cudaStream_t stream) const { EXPECT_EQ(cudaGraphLaunch(exec_, stream), cudaSuccess); }
  std::size_t nodes() const { return nodes_; }

 private:
  cudaGraphExec_t exec_ = nullptr;
  std::size_t nodes_ = 0;
};

class Simt : public testing::Test {
 protected:
  void SetUp() override { config() = {}; }
  void TearDown() override { config() = {}; }
};

class SimtChecker : public Simt {
 protected:
  void SetUp() override {
    if (!simt::checker_available()) GTEST_SKIP() << "built without the checker's instrumentation";
    config() = {};
    config().check = true;
  }
};

// ---- kernels without defects, in every schedule, with and without the checker

struct Mode {
  Schedule schedule;
  std::uint64_t seed;
  bool check;
};

void PrintTo(const Mode& mode, std::ostream* out) {
  *out << simt::name(mode.schedule) << " " << mode.seed << (mode.check ? " checked" : "");
}

class SimtClean : public testing::TestWithParam<Mode> {
 protected:
  void SetUp() override {
    const Mode mode = GetParam();
    if (mode.check && !simt::checker_available())
      GTEST_SKIP() << "built without the checker's instrumentation";
    config() = {mode.schedule, mode.seed, mode.check};
  }
  void TearDown() override { config() = {}; }
};

std::vector<Mode> modes() {
  std::vector<Mode> all;
  for (bool check : {false, true})
    for (Schedule schedule : kSchedules)
      for (std::uint64_t seed : {1, 2, 3})
        if (schedule == Schedule::random || seed == 1) all.push_back({schedule, seed, check});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Modes, SimtClean, testing::ValuesIn(modes()), [](const auto& info) {
  return std::string(simt::name(info.param.schedule)) + std::to_string(info.param.seed) +
         (info.param.check ? "_checked" : "");
});

TEST_P(SimtClean, ShuffleReduction) {
  Device<float> in(counting<float>(5 * 32)), out(5);
  launch(planted::reduce_by_shuffle, 5, 32, 0, nullptr, in, out);
  for (int b = 0; b < 5; ++b) EXPECT_EQ(out.host()[b], 32 * 32 * b + 31 * 16);
}

TEST_P(SimtClean, DivergentBallots) {
  Device<unsigned> out(32);
  launch(planted::divergent_ballots, 1, 32, 0, nullptr, out);
  unsigned thirds = 0, odd = 0, even = 0;
  for (unsigned i = 0; i < 32; ++i) {
    thirds |= unsigned(i % 3 == 0) << i;
    odd |= unsigned(i % 2 == 1 && i > 16) << i;
    even |= unsigned(i % 2 == 0 && i > 8) << i;
  }
  const auto got = out.host();
  for (unsigned i = 0; i < 32; ++i) EXPECT_EQ(got[i], (thirds ^ (i % 2 ? odd : even)) + 1) << i;
}

TEST_P(SimtClean, Shuffles) {
  Device<int> out(192);
  launch(planted::shuffles, 1, 32, 0, nullptr, out);
  const auto got = out.host();
  for (int lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(got[lane], 5);
    EXPECT_EQ(got[32 + lane], lane / 8 * 8 + 3);
    EXPECT_EQ(got[64 + lane], lane % 16 < 2 ? lane : lane - 2);
    EXPECT_EQ(got[96 + lane], lane % 16 + 3 < 16 ? lane + 3 : lane);
    EXPECT_EQ(got[128 + lane], lane ^ 7);
    EXPECT_EQ(got[160 + lane], 31 * 16 - 20 * 32);
  }
}

TEST_P(SimtClean, CopiesLandBehindTheirWait) {
  Device<float> in(counting<float>(96)), out(96);
  launch(planted::copied, 1, 96, 96 * sizeof(float), nullptr, in, out, true, true);
  for (int i = 0; i < 96; ++i) EXPECT_EQ(out.host()[i], 95 - i);
  launch(planted::copies_in_groups, 2, 32, 192 * sizeof(float), nullptr, in, out);
  for (int i = 0; i < 32; ++i)
    EXPECT_EQ(out.host()[i], static_cast<float>(i + 1000 * (i + 32) + 1000000 * ((i + 1) % 32 + 64)));
}

TEST_P(SimtClean, CopiesFillUpWithZeros) {
  Device<float> in(counting<float>(128, 1.0f)), out(7 * 32);
  launch(planted::copies_with_zeros, 1, 32, 8 * 32 * sizeof(float), nullptr, in, out);
  const auto got = out.host();
  for (int t = 0; t < 32; ++t) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(got[7 * t + i], i < t % 5 ? 4 * t + i + 1 : 0);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(got[7 * t + 4 + i], i < t % 3 ? 2 * t + i + 1 : 0);
    EXPECT_EQ(got[7 * t + 6], t % 2 ? t + 1 : 0);
  }
}

/// Whole numbers of at most `most`, that tell every element from its neighbours.
std::vector<float> whole(std::size_t size, int most, int step) {
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i)
    values[i] = static_cast<float>(static_cast<int>(i) * step % (2 * most + 1) - most);
  return values;
}

void expect_product(const std::vector<float>& got, const std::vector<float>& a, const std::vector<float>& b,
                    const std::vector<float>& c, int depth) {
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) {
      float sum = c[i * 8 + j];
      for (int k = 0; k < depth; ++k) sum += a[i * depth + k] * b[k * 8 + j];
      EXPECT_EQ(got[i * 8 + j], sum) << i << ", " << j;
    }
}

TEST_P(SimtClean, TensorCoreProducts) {
  const auto c = whole(128, 1000, 37);
  {
    const auto a = whole(128, 1023, 97), b = whole(64, 511, 59);
    Device<float> to(c);
    launch(planted::product_tf32, 1, 32, 0, nullptr, Device<float>(a), Device<float>(b), to);
    expect_product(to.host(), a, b, c, 8);
  }
  const auto a = whole(256, 127, 97), b = whole(128, 63, 59);
  Device<float> to(c);
  launch(planted::product_bf16, 1, 32, 0, nullptr, Device<float>(a), Device<float>(b), to);
  expect_product(to.host(), a, b, c, 16);
}

TEST_P(SimtClean, ThreeDimensions) {
  Device<int> out(std::vector<int>{0});
  launch(planted::three_dimensions, dim3(3, 2), dim3(5, 3, 4), 60 * sizeof(int), nullptr, out);
  EXPECT_EQ(out.host()[0], 60 * (0 + 1 + 2 + 10 + 11 + 12));
}

TEST_P(SimtClean, ReductionByWarps) {
  for (int threads : {32, 96, 256, 1024}) {
    Device<float> in(counting<float>(1001)), out(1);
    launch(planted::reduce_by_warps, 1, threads, threads / 32 * sizeof(float), nullptr, in, 1001, out);
    EXPECT_EQ(out.host()[0], 1000 * 1001 / 2) << threads;
  }
}

TEST_P(SimtClean, Votes) {
  Device<int> out(43);
  launch(planted::votes, 1, 43, 0, nullptr, out);
  for (int value : out.host()) EXPECT_EQ(value, 43 + 3 * 1000 + 5 * 10000);
}

TEST_P(SimtClean, Histogram) {
  Device<unsigned char> values(counting<unsigned char>(203));
  Device<int> bins(std::vector<int>(4, 0));
  launch(planted::histogram, 4, 64, 4 * sizeof(int), nullptr, values, 203, bins);
  EXPECT_EQ(bins.host(), (std::vector<int>{51, 51 * 10, 51 * 100, 50 * 1000}));
}

TEST_P(SimtClean, NeighbouringBytesAreSeparate) {
  Device<unsigned char> bytes(3 * 37);
  launch(planted::bytes_by_neighbours, 3, 37, 0, nullptr, bytes);
  EXPECT_EQ(bytes.host(), counting<unsigned char>(3 * 37));
}

TEST_P(SimtClean, StructByValue) {
  Device<int> x(counting<int>(45)), out(45);
  launch(planted::by_value, 1, 45, 0, nullptr, planted::Pair{x, {1, 2, 3, 4, 5}}, out);
  for (int i = 0; i < 45; ++i) EXPECT_EQ(out.host()[i], i * (1 + i % 5));
}

TEST_P(SimtClean, SyncwarpOrdersItsLanes) {
  Device<int> out(64);
  launch(planted::missing_syncwarp, 1, 64, 64 * sizeof(int), nullptr, out, true);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(out.host()[i], i ^ 1);
}

TEST_P(SimtClean, ReadOnlyLoads) {
  Device<float> x(counting<float>(32)), out(32);
  Device<unsigned> bits(counting<unsigned>(32, 100u));
  Device<int> value(std::vector<int>{1000});
  Device<int*> pointer(std::vector<int*>{value});
  launch(planted::loads, 1, 32, 0, nullptr, x, bits, pointer, out);
  for (int i = 0; i < 32; ++i) EXPECT_EQ(out.host()[i], 1100 + 2 * (31 - i));
}

TEST_P(SimtClean, ReplaysContinueTheWork) {
  Device<int> number(std::vector<int>{0});
  const Stream stream;
  planted::Pair pair{nullptr, {1, 2, 3, 4, 5}};
  int digit = 6;
  begin_capture(stream);
  launch(planted::append_scale, 1, 1, 0, stream, number, pair);
  launch(planted::append, 1, 1, 0, stream, number, digit);
  const Graph graph(end_capture(stream));
  pair.scale[0] = digit = 9;  // too late: arguments are copied
  EXPECT_EQ(number.host()[0], 0);
  EXPECT_EQ(graph.nodes(), 2u);
  graph.replay(stream);
  EXPECT_EQ(number.host()[0], 123456);
  cudaMemsetAsync(number, 0, sizeof(int));
  launch(planted::append, 1, 1, 0, stream, number, 7);
  graph.replay(nullptr);
  EXPECT_EQ(number.host()[0], 7123456);
}

TEST_P(SimtClean, CopiesAndFillsAreReplayed) {
  std::vector<int> in{1, 2}, out{0, 0};
  Device<int> a(2), b(2);
  const Stream stream;
  begin_capture(stream);
  cudaMemsetAsync(a, 0, 8, stream);
  cudaMemcpyAsync(a, in.data(), 4, cudaMemcpyHostToDevice, stream);
  cudaMemcpyAsync(b, a, 8, cudaMemcpyDeviceToDevice, stream);
  cudaMemcpyAsync(out.data(), b, 8, cudaMemcpyDeviceToHost, stream);
  const Graph graph(end_capture(stream));
  EXPECT_EQ(out, (std::vector<int>{0, 0}));
  in[0] = 5;  // the pointer is kept, not what it points to
  graph.replay(stream);
  EXPECT_EQ(out, (std::vector<int>{5, 0}));
}

/// What two branches and the node after them leave: 163, if that node waits for both.
int replay_of_fork(bool missing_join) {
  Device<int> number(1), digits(1);
  const Stream origin, other;
  const Event fork, done;
  begin_capture(origin);
  cudaMemsetAsync(number, 0, 4, origin);
  cudaMemsetAsync(digits, 0, 4, origin);
  launch(planted::append, 1, 1, 0, origin, number, 1);
  origin.signal(fork);
  other.wait_for(fork);
  launch(planted::append, 1, 1, 0, other, digits, 2);
  launch(planted::append, 1, 1, 0, other, digits, 3);
  other.signal(done);
  launch(planted::append, 1, 1, 0, origin, number, 4);
  if (!missing_join) origin.wait_for(done);
  launch(planted::append_other, 1, 1, 0, origin, number, digits);
  origin.wait_for(done);
  const Graph graph(end_capture(origin));
  graph.replay(origin);
  const int first = number.host()[0];
  graph.replay(origin);
  EXPECT_EQ(number.host()[0], first);
  return first;
}

TEST_P(SimtClean, BranchesThatJoin) { EXPECT_EQ(replay_of_fork(false), 163); }

// ---- rules of a launch, without the checker

TEST_F(Simt, ExitBeforeBarrierInEverySchedule) {
  Device<int> out(64);
  for (Schedule schedule : kSchedules) {
    config().schedule = schedule;
    const auto error = error_of([&] { launch(planted::exit_before_barrier, 2, 64, 0, nullptr, 40, out); });
    expect_parts(error,
                 {"exit before a barrier", at("exit_before_barrier"), "block ", "exit_before_barrier"});
    launch(planted::exit_before_barrier, 2, 64, 0, nullptr, 64, out);  // and the executor goes on
    EXPECT_EQ(out.host(), std::vector<int>(64, 1));
  }
}

TEST_F(Simt, DivergentBarrier) {
  Device<int> out(32);
  for (Schedule schedule : kSchedules) {
    config().schedule = schedule;
    const auto error = error_of([&] { launch(planted::divergent_barrier, 1, 32, 0, nullptr, out); });
    expect_parts(error, {"divergent barrier", at("divergent_barrier first"), at("divergent_barrier second"),
                         "thread ("});
  }
}

TEST_F(Simt, BadShuffleMask) {
  Device<int> out(32);
  const auto error = error_of([&] { launch(planted::bad_shuffle_mask, 1, 32, 0, nullptr, out); });
  expect_parts(error, {"bad mask", at("bad_shuffle_mask"), "__shfl_xor_sync", "lane 16", "0x0000ffff",
                       "thread (16,0,0)"});
}

TEST_F(Simt, MaskNamesExitedLanes) {
  Device<int> out(32);
  const auto error = error_of([&] { launch(planted::mask_names_exited_lanes, 1, 32, 0, nullptr, out); });
  expect_parts(error, {"bad mask", at("mask_names_exited_lanes"), "0x000000ff"});
}

TEST_F(Simt, Deadlock) {
  Device<int> out(64);
  for (Schedule schedule : kSchedules) {
    config().schedule = schedule;
    const auto error = error_of([&] { launch(planted::deadlock, 1, 64, 0, nullptr, out); });
    expect_parts(error, {"deadlock", "thread (0,0,0) waits in __syncwarp at " + at("deadlock warp"),
                         "waits in __syncthreads at " + at("deadlock block"), "64 of 64"});
  }
}

TEST_F(Simt, Limits) {
  Device<int> out(64);
  const auto error = [&](dim3 grid, dim3 block, std::size_t shared) {
    return error_of([&] { launch(planted::many_barriers, grid, block, shared, nullptr, 1, out); });
  };
  expect_parts(error(1, 1025, 0), {"1025", "1024"});
  expect_parts(error(1, dim3(32, 64), 0), {"(32,64,1)"});
  expect_parts(error(1, 0, 0), {"(0,1,1)"});
  expect_parts(error(0, 1, 0), {"grid of (0,1,1)"});
  expect_parts(error(dim3(1, 65536), 1, 0), {"65536"});
  expect_parts(error(1, 32, 232449), {"232449", "a block may have 232448"});
  expect_parts(error(1, 32, 49153), {"cudaFuncSetAttribute"});
  EXPECT_EQ(cudaFuncSetAttribute(planted::many_barriers, cudaFuncAttributeMaxDynamicSharedMemorySize, 232448),
            cudaSuccess);
  EXPECT_EQ(error(1, 32, 232448), "");
  EXPECT_EQ(cudaFuncSetAttribute(planted::many_barriers, cudaFuncAttributeMaxDynamicSharedMemorySize, 232449),
            cudaErrorInvalidValue);
  cudaFuncSetAttribute(planted::many_barriers, cudaFuncAttributeMaxDynamicSharedMemorySize, 0);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  expect_parts(error_of([] { launch(planted::traps, 1, 1, 0, nullptr); }), {"__trap"});
  expect_parts(error_of([] { launch(planted::no_shared_memory, 1, 1, 0, nullptr, nullptr); }), {"0 bytes"});
}

TEST_F(Simt, OverrunsAreSeenAfterTheLaunch) {
  if (!simt::checker_available()) GTEST_SKIP() << "the other sanitizer ends the program";
  Device<float> out(33);
  expect_parts(error_of([&] { launch(planted::past_shared, 1, 32, 128, nullptr, out); }),
               {"OUT OF BOUNDS", "past the end", "shared memory of block (0,0,0)"});
  expect_parts(error_of([&] { launch(planted::past_global, 2, 32, 0, nullptr, out, 33); }),
               {"OUT OF BOUNDS", "past the end of buffer", "132 bytes"});
  launch(planted::past_global, 2, 32, 0, nullptr, out, 32);
}

TEST_F(Simt, PoisonMakesUnwrittenMemoryVisible) {
  Device<float> in(32), out(32);
  launch(planted::unwritten_shared, 1, 32, 128, nullptr, out);
  EXPECT_EQ(out.host()[29], 1.0f);
  EXPECT_TRUE(std::isnan(out.host()[30]));
  launch(planted::unwritten_global, 1, 32, 0, nullptr, in, out);
  EXPECT_TRUE(std::isnan(out.host()[0]));
}

TEST_F(Simt, TheNaturalOrderHidesARace) {
  Device<float> x(counting<float>(64, 1.0f)), y(64);
  const auto wrong = [&](Schedule schedule) {
    config().schedule = schedule;
    launch(planted::hidden_race, 1, 64, 64 * sizeof(float), nullptr, x, y);
    const auto got = y.host();
    return std::any_of(got.begin(), got.end(),
                       [&, i = 0](float value) mutable { return value != float(i++); });
  };
  EXPECT_FALSE(wrong(Schedule::forward));
  EXPECT_TRUE(wrong(Schedule::reverse));
  EXPECT_TRUE(wrong(Schedule::warp_reverse));
  EXPECT_TRUE(wrong(Schedule::random));
}

std::vector<int> order_of(Schedule schedule, std::uint64_t seed) {
  config().schedule = schedule;
  config().seed = seed;
  Device<int> next(std::vector<int>{0}), order(3 * 64);
  launch(planted::arrival_order, 3, 64, 0, nullptr, next, order);
  return order.host();
}

TEST_F(Simt, SchedulesAreWhatTheirNamesSay) {
  auto expected = counting<int>(192);
  EXPECT_EQ(order_of(Schedule::forward, 1), expected);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(order_of(Schedule::reverse, 1), expected);
  const auto warps = order_of(Schedule::warp_reverse, 1);
  EXPECT_EQ(warps[0], 32);
  EXPECT_EQ(warps[31], 63);
  EXPECT_EQ(warps[32], 0);
  const auto one = order_of(Schedule::random, 1), two = order_of(Schedule::random, 2);
  EXPECT_EQ(one, order_of(Schedule::random, 1));
  EXPECT_NE(one, two);
  EXPECT_TRUE(std::is_permutation(one.begin(), one.end(), two.begin()));
  EXPECT_EQ(simt::schedule_of("warp_reverse"), Schedule::warp_reverse);
  EXPECT_THROW(simt::schedule_of("sideways"), std::invalid_argument);
}

TEST_F(Simt, OsThreadsTakeTurns) {
  std::vector<std::thread> threads;
  std::vector<std::vector<int>> results(3);
  for (std::size_t i = 0; i < results.size(); ++i)
    threads.emplace_back([&, i] {
      Device<int> out(96);
      for (int round = 0; round < 5; ++round) launch(planted::many_barriers, 2, 96, 96 * 4, nullptr, 20, out);
      results[i] = out.host();
    });
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, std::vector<int>(96, 19 * 10));
}

// ---- the checker: what, where, who

TEST_F(SimtChecker, OutOfBoundsShared) {
  Device<float> out(32);
  const auto error = error_of([&] { launch(planted::past_shared, 1, 32, 128, nullptr, out); });
  expect_parts(error, {"OUT OF BOUNDS: write of 4 bytes, 0 bytes past the end", "128 bytes of shared memory",
                       at("past_shared"), "block (0,0,0) thread (31,0,0)", "kernel planted::past_shared"});
}

TEST_F(SimtChecker, OutOfBoundsGlobal) {
  Device<float> out(33);
  const auto error = error_of([&] { launch(planted::past_global, 2, 32, 0, nullptr, out, 33); });
  expect_parts(error, {"OUT OF BOUNDS: write of 4 bytes, 0 bytes past the end of buffer #",
                       "argument 1, 132 bytes", at("past_global"), "block (1,0,0) thread (1,0,0)"});
  Device<float> in(std::vector<float>(32, 1.0f));
  expect_parts(error_of([&] { launch(planted::before_global, 1, 32, 0, nullptr, in, out); }),
               {"OUT OF BOUNDS: read of 4 bytes, 4 bytes before the start of buffer #", at("before_global")});
}

TEST_F(SimtChecker, OutOfBoundsCopyInAKernel) {
  Device<unsigned char> from(counting<unsigned char>(40)), to(39);
  launch(planted::copies_past_end, 1, 1, 0, nullptr, to, from, 39);
  EXPECT_EQ(to.host(), counting<unsigned char>(39));
  expect_parts(error_of([&] { launch(planted::copies_past_end, 1, 1, 0, nullptr, to, from, 40); }),
               {"OUT OF BOUNDS: write of 40 bytes, across the end of buffer #", at("copies_past_end")});
}

TEST_F(SimtChecker, HostPointer) {
  std::vector<float> host(32, 1.0f);
  Device<float> out(32);
  expect_parts(error_of([&] { launch(planted::unwritten_global, 1, 32, 0, nullptr, host.data(), out); }),
               {"INVALID ADDRESS: read of 4 bytes", "host pointer", at("unwritten_global")});
}

TEST_F(SimtChecker, MissingBarrier) {
  Device<float> out(64);
  for (Schedule schedule : kSchedules) {  // found in every order, whichever access comes first
    config().schedule = schedule;
    const auto error = error_of([&] { launch(planted::missing_barrier, 1, 64, 512, nullptr, out); });
    expect_parts(error, {"RACE", "with no barrier between", "'b' +", at("missing_barrier read"),
                         at("missing_barrier write"), "the other at planted.cu:", "block (0,0,0) thread",
                         "more findings"});
  }
}

TEST_F(SimtChecker, MissingSyncwarp) {
  Device<int> out(64);
  const auto error = error_of([&] { launch(planted::missing_syncwarp, 1, 64, 256, nullptr, out, false); });
  expect_parts(error, {"RACE", at("missing_syncwarp read"), at("missing_syncwarp write")});
}

TEST_F(SimtChecker, HiddenRaceInTheNaturalOrder) {
  Device<float> x(counting<float>(64, 1.0f)), y(64);
  const auto error = error_of([&] { launch(planted::hidden_race, 1, 64, 256, nullptr, x, y); });
  expect_parts(error, {"RACE: read of shared memory +0 of 256 bytes after a write by another thread",
                       at("hidden_race read") + ", block (0,0,0) thread (1,0,0)",
                       "the other at " + at("hidden_race write") + ", block (0,0,0) thread (0,0,0)"});
}

TEST_F(SimtChecker, UninitialisedShared) {
  Device<float> out(32);
  for (int launches = 0; launches < 2; ++launches)  // an earlier block's values do not count
    expect_parts(error_of([&] { launch(planted::unwritten_shared, 1, 32, 128, nullptr, out); }),
                 {"UNINITIALISED: read of shared memory +120", at("unwritten_shared"), "thread (30,0,0)",
                  "and 1 more"});
}

TEST_F(SimtChecker, UninitialisedGlobal) {
  Device<float> in(32), out(32);
  cudaMemsetAsync(in, 0, 12);
  expect_parts(error_of([&] { launch(planted::unwritten_global, 1, 32, 0, nullptr, in, out); }),
               {"UNINITIALISED: read of buffer #", "(argument 1, 128 bytes) +12", at("unwritten_global"),
                "thread (3,0,0)"});
}

TEST_F(SimtChecker, UninitialisedCopyToTheHost) {
  Device<float> a(32), b(32);
  cudaMemsetAsync(a, 0, 40);
  EXPECT_EQ(cudaMemcpyAsync(b, a, 128, cudaMemcpyDeviceToDevice), cudaSuccess);  // takes "unwritten" along
  expect_parts(error_of([&] { b.host(); }),
               {"UNINITIALISED: a copy to the host of 128 bytes", "has 88 bytes", "the first at +40"});
  cudaMemsetAsync(b + 10, 0, 88);
  EXPECT_EQ(b.host(), std::vector<float>(32, 0.0f));
}

TEST_F(SimtChecker, RaceBetweenBlocks) {
  Device<int> total(std::vector<int>{0}), out(4);
  const auto error = error_of([&] { launch(planted::blocks_collide, 4, 32, 0, nullptr, total); });
  expect_parts(error, {"RACE", "by another block of the launch", "(argument 1, 4 bytes) +0",
                       at("blocks_collide") + ", block (1,0,0) thread (0,0,0)",
                       "the other at " + at("blocks_collide") + ", block (0,0,0) thread (0,0,0)"});
  launch(planted::blocks_collide, 1, 32, 0, nullptr, total);  // launches are ordered
  launch(planted::blocks_collide, 1, 32, 0, nullptr, total);
  Device<int> x(counting<int>(2));
  expect_parts(
      error_of([&] { launch(planted::block_reads_another, 2, 32, 0, nullptr, x, out); }),
      {"RACE: write", "after a read by another block", at("block_reads_another write") + ", block (1,0,0)",
       "the other at " + at("block_reads_another read") + ", block (0,0,0)"});
}

TEST_F(SimtChecker, PlainWriteAmongAtomics) {
  Device<int> counter(std::vector<int>{0});
  const auto error = error_of([&] { launch(planted::plain_meets_atomic, 1, 32, 0, nullptr, counter); });
  expect_parts(error, {"RACE", at("plain_meets_atomic write"), at("plain_meets_atomic update")});
}

TEST_F(SimtChecker, CopiesThatNobodyWaitedFor) {
  Device<float> in(counting<float>(64)), out(64);
  const auto copied = [&](bool waits, bool meets) {
    return error_of(
        [&] { launch(planted::copied, 1, 64, 64 * sizeof(float), nullptr, in, out, waits, meets); });
  };
  expect_parts(copied(false, true), {"UNINITIALISED: read of shared memory +252 of 256 bytes",
                                     "where an asynchronous copy is under way", at("copied read"),
                                     "the other at " + at("copied begin"), "thread (63,0,0)"});
  config().schedule = Schedule::reverse;
  expect_parts(copied(true, false), {"RACE: write of shared memory", "with no barrier between",
                                     at("copied begin"), "the other at " + at("copied read")});
  config().schedule = Schedule::forward;
  expect_parts(copied(true, false), {"RACE: ", at("copied begin"), at("copied read")});
  EXPECT_EQ(copied(true, true), "");
}

TEST_F(SimtChecker, CopiesOvertakeReaders) {
  Device<float> in(counting<float>(64)), out(128);
  const auto overtakes = [&](bool meets) {
    return error_of(
        [&] { launch(planted::copy_overtakes, 2, 64, 64 * sizeof(float), nullptr, in, out, meets); });
  };
  expect_parts(overtakes(false), {"RACE: write of shared memory", "after a read by another thread",
                                  at("copy_overtakes copy"), "the other at " + at("copy_overtakes read")});
  EXPECT_EQ(overtakes(true), "");  // the next block does not see what the one before has under way
}

TEST_F(SimtChecker, CopiesReadInsideBuffers) {
  Device<float> in(counting<float>(60)), out(64);
  expect_parts(
      error_of([&] { launch(planted::copied, 1, 64, 64 * sizeof(float), nullptr, in, out, true, true); }),
      {"OUT OF BOUNDS: read of 4 bytes, 0 bytes past the end", at("copied begin")});
}

TEST_F(Simt, CopiesShowPoisonUntilTheirWait) {
  for (Schedule schedule : kSchedules) {
    config().schedule = schedule;
    Device<float> in(counting<float>(64)), out(64);
    launch(planted::copied, 1, 64, 64 * sizeof(float), nullptr, in, out, false, true);
    for (float value : out.host()) EXPECT_TRUE(std::isnan(value));
  }
}

TEST_F(Simt, TheScheduleSaysWhenCopiesRead) {
  const auto changed = [] {
    Device<float> in(std::vector<float>(64, 1.0f)), out(64);
    launch(planted::source_changes, 1, 64, 64 * sizeof(float), nullptr, in, out);
    const auto got = out.host();
    return std::count(got.begin(), got.end(), -1.0f);
  };
  EXPECT_EQ(changed(), 64);
  config().schedule = Schedule::reverse;
  EXPECT_EQ(changed(), 0);
  config().schedule = Schedule::random;
  EXPECT_GT(changed(), 0);
  EXPECT_LT(changed(), 64);
}

TEST_F(Simt, CopiesThatCannotBe) {
  Device<float> in(8), out(8);
  const char* const errors[] = {"misaligned address", "misaligned address", "must lead to shared memory",
                                "must come from global memory", "reads 3 floats"};
  for (int how = 0; how < 5; ++how)
    expect_parts(error_of([&] { launch(planted::copies_wrongly, 1, 1, 64, nullptr, in, out, how); }),
                 {"an asynchronous copy of", errors[how]});
}

TEST_F(Simt, TensorCoresNeedWholeWarps) {
  Device<float> out(32);
  expect_parts(error_of([&] { launch(planted::mma_by_a_short_warp, 1, 31, 0, nullptr, out); }),
               {at("mma_by_a_short_warp"), "mma_tf32 in a warp of fewer than 32 threads"});
}

TEST_F(Simt, TensorCoreOperandsAreRounded) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> in{1.0f,
                              1.0f + 0x1p-11f,
                              1.0f + 0x1.8p-10f,
                              -1.0f - 0x1p-11f,
                              1.0f + 0x1p-12f,
                              1 + 0x1p-8f,
                              1.0f + 0x1.8p-7f,
                              infinity,
                              -0.0f,
                              std::nanf("")};
  const std::vector<float> tf32{1.0f, 1.0f + 0x1p-10f, 1.0f + 0x1p-9f,   -1.0f - 0x1p-10f,
                                1.0f, 1 + 0x1p-8f,     1.0f + 0x1.8p-7f, infinity,
                                -0.0f};
  const std::vector<float> bf16{1.0f, 1.0f, 1.0f, -1.0f, 1.0f, 1.0f, 1.0f + 0x1p-6f, infinity, -0.0f};
  Device<float> from(in);
  Device<unsigned> to_tf32(in.size()), to_bf16(in.size());
  launch(planted::rounded, 1, static_cast<int>(in.size()), 0, nullptr, from, to_tf32, to_bf16);
  for (std::size_t i = 0; i < tf32.size(); ++i) {
    EXPECT_EQ(to_tf32.host()[i], std::bit_cast<unsigned>(tf32[i])) << in[i];
    EXPECT_EQ(to_bf16.host()[i], 0x3f800000u | std::bit_cast<unsigned>(bf16[i]) >> 16) << in[i];
  }
  EXPECT_EQ(to_tf32.host().back(), 0x7fffffffu);
  EXPECT_EQ(to_bf16.host().back(), 0x3f807fffu);
}

// ---- the runtime API

TEST_F(Simt, CopiesStayInsideBuffers) {
  Device<int> a(8), b(8);
  int host[16] = {};
  const auto copy = [](void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    return error_of([&] { cudaMemcpyAsync(to, from, bytes, kind); });
  };
  expect_parts(copy(a, host, 33, cudaMemcpyHostToDevice), {"OUT OF BOUNDS", "33 bytes at +0", "32 bytes"});
  expect_parts(copy(host, a + 1, 32, cudaMemcpyDeviceToHost), {"OUT OF BOUNDS", "at +4"});
  expect_parts(copy(host, host + 8, 4, cudaMemcpyDeviceToHost), {"not device memory"});
  expect_parts(copy(a, b, 4, cudaMemcpyHostToDevice), {"host address is device memory"});
  expect_parts(copy(a + 1, a, 8, cudaMemcpyDeviceToDevice), {"overlap"});
  expect_parts(error_of([&] { cudaMemsetAsync(a, 0, 36); }), {"OUT OF BOUNDS"});
  EXPECT_EQ(copy(a, host, 32, cudaMemcpyHostToDevice), "");
}

TEST_F(Simt, RuntimeApi) {
  int count = 0, device = -1, value = 0;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaSuccess);
  EXPECT_EQ(count, 1);
  EXPECT_EQ(cudaSetDevice(1), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaPeekAtLastError(), cudaErrorInvalidDevice);
  EXPECT_STREQ(cudaGetErrorName(cudaGetLastError()), "cudaErrorInvalidDevice");
  EXPECT_EQ(cudaGetDevice(&device), cudaSuccess);
  cudaDeviceProp properties;
  EXPECT_EQ(cudaGetDeviceProperties(&properties, device), cudaSuccess);
  EXPECT_STREQ(properties.name, "SIMT executor");
  EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0), cudaSuccess);
  EXPECT_EQ(value, 232448);

  cudaStream_t stream = nullptr;
  EXPECT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  cudaEvent_t from, to;
  cudaEventCreate(&from);
  cudaEventCreate(&to);
  cudaEventRecord(from, stream);
  Device<int> out(32);
  launch(planted::many_barriers, 1, 32, 128, stream, 2, out);
  cudaEventRecord(to, stream);
  float milliseconds = -1;
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, from, to), cudaSuccess);
  EXPECT_GE(milliseconds, 0.0f);
  EXPECT_EQ(cudaEventDestroy(from), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(to), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorInvalidResourceHandle);
  expect_parts(error_of([&] { launch(planted::many_barriers, 1, 32, 128, stream, 2, out); }), {"stream"});
  cudaGetLastError();
}

// ---- stream capture: what a graph may lack, and what a capture forbids

TEST_F(Simt, ReplaysShowAMissingJoin) {
  EXPECT_EQ(replay_of_fork(true), 163);  // the order of recording hides it
  for (Schedule schedule : {Schedule::reverse, Schedule::warp_reverse}) {
    config().schedule = schedule;
    EXPECT_EQ(replay_of_fork(true), 140);
  }
  config().schedule = Schedule::random;
  std::vector<int> results;
  for (config().seed = 0; config().seed < 16; ++config().seed) results.push_back(replay_of_fork(true));
  EXPECT_TRUE(std::count(results.begin(), results.end(), 163));
  EXPECT_TRUE(std::count(results.begin(), results.end(), 140));
}

TEST_F(Simt, AReplayCanBeCaptured) {
  Device<int> number(std::vector<int>{0});
  const Stream stream;
  begin_capture(stream);
  launch(planted::append, 1, 1, 0, stream, number, 1);
  launch(planted::append, 1, 1, 0, stream, number, 2);
  const Graph inner(end_capture(stream));
  begin_capture(stream);
  inner.replay(stream);
  launch(planted::append, 1, 1, 0, stream, number, 3);
  inner.replay(stream);
  const Graph outer(end_capture(stream));
  EXPECT_EQ(outer.nodes(), 3u);
  outer.replay(stream);
  EXPECT_EQ(number.host()[0], 12312);
}

TEST_F(Simt, ReplaysReportDefects) {
  Device<int> out(64);
  const Stream stream;
  int n = 64;
  begin_capture(stream);
  cudaMemcpyAsync(out, &n, 4, cudaMemcpyHostToDevice, stream);
  launch(planted::exit_before_barrier, 2, 64, 0, stream, 40, out);
  expect_parts(error_of([&] { launch(planted::append, 1, 1025, 0, stream, out, 1); }), {"1025"});
  const Graph graph(end_capture(stream));
  for (int replays = 0; replays < 2; ++replays)
    expect_parts(error_of([&] { graph.replay(stream); }),
                 {"exit before a barrier", at("exit_before_barrier"), "exit_before_barrier"});
  EXPECT_EQ(out.host()[0], 64);
}

TEST_F(Simt, CaptureOfForkedStreams) {
  Device<int> number(std::vector<int>{0});
  const Stream origin, other;
  const Event fork, done;
  begin_capture(origin);
  origin.signal(fork);
  EXPECT_EQ(other.status(), cudaStreamCaptureStatusNone);
  other.wait_for(fork);
  EXPECT_EQ(other.status(), cudaStreamCaptureStatusActive);
  launch(planted::append, 1, 1, 0, other, number, 1);
  end_capture(other, cudaErrorStreamCaptureUnmatched);
  end_capture(origin, cudaErrorStreamCaptureUnjoined);
  EXPECT_EQ(other.status(), cudaStreamCaptureStatusNone);

  begin_capture(origin);  // work after the event that is waited for is not joined
  origin.signal(fork);
  other.wait_for(fork);
  other.signal(done);
  launch(planted::append, 1, 1, 0, other, number, 1);
  origin.wait_for(done);
  end_capture(origin, cudaErrorStreamCaptureUnjoined);
  EXPECT_EQ(number.host()[0], 0);

  EXPECT_EQ(cudaStreamWaitEvent(other, done), cudaErrorCapturedEvent);  // its capture is over
  other.signal(done);
  origin.wait_for(done);
  origin.wait_for(Event());
  EXPECT_EQ(cudaStreamWaitEvent(other, done, 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaEventSynchronize(done), cudaSuccess);
  cudaGetLastError();
}

/// The error of a call during a capture of `stream`, which must invalidate the capture.
cudaError_t invalidating(const Stream& stream, const std::function<cudaError_t()>& call) {
  Device<int> number(std::vector<int>{0});
  begin_capture(stream);
  const cudaError_t error = call();
  EXPECT_EQ(cudaGetLastError(), error);
  EXPECT_EQ(stream.status(), cudaStreamCaptureStatusInvalidated);
  launch(planted::append, 1, 1, 0, stream, number, 1);
  EXPECT_EQ(cudaGetLastError(), cudaErrorStreamCaptureInvalidated);
  end_capture(stream, cudaErrorStreamCaptureInvalidated);
  EXPECT_EQ(stream.status(), cudaStreamCaptureStatusNone);
  EXPECT_EQ(number.host()[0], 0);
  return error;
}

TEST_F(Simt, CallsThatInvalidateACapture) {
  const Stream stream, other, blocking(cudaStreamDefault);
  const Event event, uncaptured;
  void *memory = nullptr, *more = nullptr;
  cudaMalloc(&memory, 4);
  other.signal(uncaptured);
  const auto error = [&](const auto& call) { return invalidating(stream, call); };
  EXPECT_EQ(error([&] { return cudaStreamSynchronize(stream); }), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(error([&] { return cudaStreamSynchronize(other); }), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(error([&] { return cudaDeviceSynchronize(); }), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(error([&] { return cudaFree(memory); }), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(error([&] { return cudaMalloc(&more, 4); }), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(error([&] { return cudaEventSynchronize(uncaptured); }), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(error([&] { return cudaStreamWaitEvent(stream, uncaptured); }), cudaErrorStreamCaptureIsolation);
  EXPECT_EQ(error([&] {
              stream.signal(event);
              return cudaEventSynchronize(event);
            }),
            cudaErrorCapturedEvent);
  EXPECT_EQ(error([&] {
              stream.signal(event);
              return cudaStreamWaitEvent(nullptr, event);
            }),
            cudaErrorStreamCaptureImplicit);
  EXPECT_EQ(invalidating(blocking, [&] { return cudaMemsetAsync(memory, 0, 0, nullptr); }),
            cudaErrorStreamCaptureImplicit);
  cudaFree(memory);
}

TEST_F(Simt, CapturesDoNotMerge) {
  const Stream one, two;
  const Event event;
  begin_capture(one);
  begin_capture(two);
  one.signal(event);
  EXPECT_EQ(cudaStreamWaitEvent(two, event), cudaErrorStreamCaptureMerge);
  end_capture(one, cudaErrorStreamCaptureInvalidated);
  end_capture(two, cudaErrorStreamCaptureInvalidated);
}

TEST_F(Simt, CapturesByModeAndThread) {
  const Stream stream, other;
  void* memory = nullptr;
  std::size_t free = 0, total = 0;
  const auto allocate = [&] {
    const cudaError_t error = cudaMalloc(&memory, 4);
    cudaFree(memory);
    return error;
  };
  const auto elsewhere = [](const std::function<void()>& body) { std::thread(body).join(); };
  begin_capture(stream, cudaStreamCaptureModeRelaxed);
  EXPECT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), cudaErrorIllegalState);
  EXPECT_EQ(allocate(), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(other), cudaSuccess);
  EXPECT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  elsewhere([&] { cudaGraphDestroy(end_capture(stream)); });

  begin_capture(stream, cudaStreamCaptureModeThreadLocal);
  EXPECT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  elsewhere([&] {
    EXPECT_EQ(allocate(), cudaSuccess);
    end_capture(stream, cudaErrorStreamCaptureWrongThread);
  });
  cudaGraphDestroy(end_capture(stream));

  begin_capture(stream, cudaStreamCaptureModeGlobal);
  elsewhere([&] { EXPECT_EQ(cudaMalloc(&memory, 4), cudaErrorStreamCaptureUnsupported); });
  end_capture(stream, cudaErrorStreamCaptureInvalidated);

  end_capture(stream, cudaErrorIllegalState);
  EXPECT_EQ(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeRelaxed), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaGraphDestroy(nullptr), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGraphLaunch(nullptr, stream), cudaErrorInvalidValue);
  EXPECT_STREQ(cudaGetErrorName(cudaGetLastError()), "cudaErrorInvalidValue");
  EXPECT_STREQ(cudaGetErrorName(cudaErrorStreamCaptureUnjoined), "cudaErrorStreamCaptureUnjoined");
  EXPECT_STREQ(cudaGetErrorString(cudaErrorStreamCaptureUnjoined), "capturing stream has unjoined work");
}

TEST_F(Simt, ACaptureEndsWithItsStream) {
  {
    const Stream stream;
    begin_capture(stream);
  }
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
}

// ---- shared memory per block, and blocks per multiprocessor

TEST_F(Simt, SharedMemoryPerBlockIsASetting) {
  Device<int> out(32);
  const auto error = [&](std::size_t shared) {
    return error_of([&] { launch(planted::many_barriers, 1, 32, shared, nullptr, 1, out); });
  };
  const auto ask = [](int bytes) {
    return cudaFuncSetAttribute(planted::many_barriers, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  };
  EXPECT_EQ(ask(232448), cudaSuccess);
  for (const int limit : {1024, 49152, 113000}) {
    config().shared_bytes = static_cast<std::size_t>(limit);
    cudaDeviceProp properties;
    int attribute = 0;
    cudaGetDeviceProperties(&properties, 0);
    cudaDeviceGetAttribute(&attribute, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0);
    EXPECT_EQ(properties.sharedMemPerBlockOptin, config().shared_bytes);
    EXPECT_EQ(attribute, limit);
    EXPECT_EQ(properties.sharedMemPerBlock, std::min(config().shared_bytes, std::size_t{49152}));
    const int most = std::max(limit, 49152);  // which every device has
    EXPECT_EQ(error(static_cast<std::size_t>(most)), "");
    expect_parts(error(static_cast<std::size_t>(most) + 1), {"a block may have " + std::to_string(most)});
    EXPECT_EQ(ask(limit + 1), cudaErrorInvalidValue);
  }
  for (std::size_t impossible : {std::size_t{1023}, std::size_t{232449}}) {
    config().shared_bytes = impossible;
    EXPECT_THROW(error(128), std::invalid_argument);
  }
  config() = {};
  EXPECT_EQ(ask(0), cudaSuccess);  // for the next test
  cudaGetLastError();
}

TEST_F(Simt, SettingsFromTheEnvironment) {
  const char* before = std::getenv("INNATE_SIMT_SHARED");
  const std::string kept = before ? before : "";
  setenv("INNATE_SIMT_SHARED", "4096", 1);
  EXPECT_EQ(simt::config_from_environment().shared_bytes, 4096u);
  for (const char* wrong : {"1023", "232449", "much"}) {
    setenv("INNATE_SIMT_SHARED", wrong, 1);
    EXPECT_THROW(simt::config_from_environment(), std::invalid_argument);
  }
  unsetenv("INNATE_SIMT_SHARED");
  EXPECT_EQ(simt::config_from_environment().shared_bytes, 232448u);
  if (before) setenv("INNATE_SIMT_SHARED", kept.c_str(), 1);
}

TEST_F(Simt, Occupancy) {
  const auto blocks = [](int threads, std::size_t shared) {
    int count = -1;
    EXPECT_EQ(
        cudaOccupancyMaxActiveBlocksPerMultiprocessor(&count, planted::missing_barrier, threads, shared),
        cudaSuccess);
    return count;
  };
  EXPECT_EQ(blocks(32, 0), 32);
  EXPECT_EQ(blocks(96, 0), 21);
  EXPECT_EQ(blocks(1024, 0), 2);
  EXPECT_EQ(blocks(1025, 0), 0);
  EXPECT_EQ(blocks(32, 48 * 1024), 4);
  EXPECT_EQ(blocks(32, 48 * 1024 + 1), 0);  // not asked for
  cudaFuncSetAttribute(planted::missing_barrier, cudaFuncAttributeMaxDynamicSharedMemorySize, 232448);
  EXPECT_EQ(blocks(32, 48 * 1024 + 1), 4);
  EXPECT_EQ(blocks(256, 113 * 1024), 2);
  EXPECT_EQ(blocks(256, 113 * 1024 + 1), 1);
  EXPECT_EQ(blocks(256, 232448), 1);
  config().shared_bytes = 65536;
  EXPECT_EQ(blocks(256, 65536), 3);
  EXPECT_EQ(blocks(256, 65537), 0);
  int count = 0;
  EXPECT_EQ(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&count, planted::traps, 0, 0),
            cudaErrorInvalidValue);
  cudaFuncSetAttribute(planted::missing_barrier, cudaFuncAttributeMaxDynamicSharedMemorySize, 0);
  cudaGetLastError();
}

TEST_F(Simt, MemoryIsCounted) {
  std::size_t before = 0, after = 0, total = 0;
  cudaMemGetInfo(&before, &total);
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, total + 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(memory, nullptr);
  cudaGetLastError();
  EXPECT_EQ(cudaMalloc(&memory, 1001), cudaSuccess);
  cudaMemGetInfo(&after, &total);
  EXPECT_EQ(before - after, 1001u);
  EXPECT_EQ(cudaFree(static_cast<char*>(memory) + 1), cudaErrorInvalidValue);
  cudaGetLastError();
  EXPECT_EQ(cudaFree(memory), cudaSuccess);
  cudaMemGetInfo(&after, &total);
  EXPECT_EQ(before, after);
}

TEST_F(Simt, IntrinsicsAgreeWithTheManual) {
  EXPECT_EQ(__clz(0), 32);
  EXPECT_EQ(__clz(1), 31);
  EXPECT_EQ(__ffs(0), 0);
  EXPECT_EQ(__ffs(8), 4);
  EXPECT_EQ(__popc(0xff00ffu), 16);
  EXPECT_EQ(__umulhi(0xffffffffu, 0xffffffffu), 0xfffffffeu);
  EXPECT_EQ(__float_as_uint(1.0f), 0x3f800000u);
  EXPECT_EQ(__int_as_float(__float_as_int(-2.5f)), -2.5f);
  EXPECT_EQ(max(-1, 1u), 0xffffffffu);  // CUDA's rule: unsigned wins
  EXPECT_EQ(min(2.0f, NAN), 2.0f);
  EXPECT_EQ(max(1.0f, 2.0), 2.0);
}

TEST_P(SimtClean, ManyBarriers) {
  Device<int> out(256);
  launch(planted::many_barriers, 1, 256, 1024, nullptr, 500, out);
  EXPECT_EQ(out.host(), std::vector<int>(256, 500 * 499 / 2));
}

}  // namespace
