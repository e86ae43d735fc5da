// The counters against numbers worked out by hand.
#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "counted.h"

namespace {

using simt::config;
using simt::Direction;
using simt::KernelCounts;
using simt::launch;
using simt::Memory;
using simt::Requests;
using simt::Schedule;

/// "counted.cu:11", the line that ends in the comment "// <- mark".
std::string at(const std::string& mark) {
  std::ifstream source(std::string(SIMT_TEST_FOLDER) + "/counted.cu");
  std::string text;
  for (int line = 1; std::getline(source, text); ++line)
    if (text.ends_with("// <- " + mark)) return "counted.cu:" + std::to_string(line);
  throw std::runtime_error("no line is marked '" + mark + "'");
}

/// Device memory of `bytes` bytes, all 0, freed at the end.
class Zeros {
 public:
  explicit Zeros(std::size_t bytes) {
    EXPECT_EQ(cudaMalloc(&data_, bytes), cudaSuccess);
    EXPECT_EQ(cudaMemsetAsync(data_, 0, bytes), cudaSuccess);
  }
  ~Zeros() { cudaFree(data_); }
  Zeros(const Zeros&) = delete;
  Zeros& operator=(const Zeros&) = delete;
  template <class T>
  operator T*() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_ = nullptr;
};

class SimtCounters : public testing::TestWithParam<Schedule> {
 protected:
  void SetUp() override {
    if (!simt::checker_available()) GTEST_SKIP() << "built without the counters' instrumentation";
    config() = {};
    config().schedule = GetParam();
    config().count = true;
    simt::reset_counters();
  }
  void TearDown() override { config() = {}; }

  const Zeros in_{65536}, out_{65536};
};

INSTANTIATE_TEST_SUITE_P(Schedules, SimtCounters,
                         testing::Values(Schedule::forward, Schedule::reverse, Schedule::warp_reverse,
                                         Schedule::random),
                         [](const auto& info) { return simt::name(info.param); });

/// Of the one kernel that was launched.
KernelCounts counts() {
  const auto all = simt::counters();
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? KernelCounts{} : all.front();
}

void expect_global(Direction direction, std::uint64_t requests, double sectors, double share, double lanes) {
  const Requests sum = counts().sum(Memory::global, direction);
  EXPECT_EQ(sum.count, requests);
  EXPECT_EQ(sum.sectors_per_request(), sectors);
  EXPECT_EQ(sum.share_of_sectors(), share);
  EXPECT_EQ(sum.lanes_per_request(), lanes);
}

void expect_shared(Direction direction, std::uint64_t requests, double ways, double lanes) {
  const Requests sum = counts().sum(Memory::shared, direction);
  EXPECT_EQ(sum.count, requests);
  EXPECT_EQ(sum.ways(), ways);
  EXPECT_EQ(sum.lanes_per_request(), lanes);
}

// ---- global memory

// 32 lanes x 4 bytes = 128 bytes = 4 sectors.
TEST_P(SimtCounters, Consecutive) {
  launch(counted::load_stride, 1, 32, 0, nullptr, in_, 1, out_);
  expect_global(Direction::load, 1, 4, 1.0, 32);
  expect_global(Direction::store, 1, 4, 1.0, 32);
  expect_global(Direction::update, 0, 0, 0.0, 0);
  expect_shared(Direction::load, 0, 0, 0);
}

// 8 bytes from one lane's word to the next one's: 4 words a sector, 32 / 4 sectors, half of each asked for.
TEST_P(SimtCounters, EverySecond) {
  launch(counted::load_stride, 1, 32, 0, nullptr, in_, 2, out_);
  expect_global(Direction::load, 1, 8, 0.5, 32);
}

// 128 bytes from lane to lane: a sector each, 4 of its 32 bytes asked for.
TEST_P(SimtCounters, EveryThirtySecond) {
  launch(counted::load_stride, 1, 32, 0, nullptr, in_, 32, out_);
  expect_global(Direction::load, 1, 32, 0.125, 32);
}

// One float past a multiple of 32 bytes: the last lane's word lies in a fifth sector; 128 of 160 bytes.
TEST_P(SimtCounters, ConsecutiveButShifted) {
  launch(counted::load_stride, 1, 32, 0, nullptr, static_cast<const float*>(in_) + 1, 1, out_);
  expect_global(Direction::load, 1, 5, 0.8, 32);
}

TEST_P(SimtCounters, Backwards) {
  launch(counted::load_stride, 1, 32, 0, nullptr, static_cast<const float*>(in_) + 31, -1, out_);
  expect_global(Direction::load, 1, 4, 1.0, 32);
}

// 32 lanes x 1 byte = one sector.
TEST_P(SimtCounters, Bytes) {
  launch(counted::load_bytes, 1, 32, 0, nullptr, in_, out_);
  expect_global(Direction::load, 1, 1, 1.0, 32);
}

// 32 x 16 bytes = 16 sectors, in one request.
TEST_P(SimtCounters, Vectors) {
  launch(counted::load_vectors, 1, 32, 0, nullptr, in_, out_);
  expect_global(Direction::load, 1, 16, 1.0, 32);
  const auto lines = counts().lines;
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].line, at("load_vectors"));
  EXPECT_EQ(lines[0].requests.sectors, 16u);
}

TEST_P(SimtCounters, StoredVectors) {
  launch(counted::store_vectors, 1, 32, 0, nullptr, out_);
  expect_global(Direction::store, 1, 16, 1.0, 32);
  expect_global(Direction::load, 0, 0, 0.0, 0);
}

// 32 x 8 bytes = 8 sectors.
TEST_P(SimtCounters, Pairs) {
  launch(counted::load_pairs, 1, 32, 0, nullptr, in_, out_);
  expect_global(Direction::load, 1, 8, 1.0, 32);
}

// All lanes ask for the same 4 bytes of one sector.
TEST_P(SimtCounters, SameGlobalWord) {
  launch(counted::load_same, 1, 32, 0, nullptr, in_, out_);
  expect_global(Direction::load, 1, 1, 0.125, 32);
  EXPECT_EQ(counts().lines[0].line.rfind("counted.cu:", 0), 0u) << "not the header that has __ldg";
}

TEST_P(SimtCounters, AtomicsAreUpdates) {
  launch(counted::update_counter, 2, 32, 0, nullptr, in_);
  expect_global(Direction::update, 2, 1, 0.125, 32);
}

TEST_P(SimtCounters, MisalignedVector) {
  EXPECT_THROW(launch(counted::load_misaligned, 1, 32, 0, nullptr, in_, out_), simt::LaunchError);
}

// ---- shared memory

TEST_P(SimtCounters, SharedConsecutive) {
  launch(counted::shared_stride, 1, 32, 32 * 4, nullptr, 1, out_);
  expect_shared(Direction::load, 1, 1, 32);
  expect_shared(Direction::store, 1, 1, 32);
}

// Words 0, 2, .. 62: each even bank has two.
TEST_P(SimtCounters, SharedEverySecond) {
  launch(counted::shared_stride, 1, 32, 64 * 4, nullptr, 2, out_);
  expect_shared(Direction::load, 1, 2, 32);
  expect_shared(Direction::store, 1, 2, 32);
}

// 3 and 32 have no common divisor: 32 words in 32 banks.
TEST_P(SimtCounters, SharedEveryThird) {
  launch(counted::shared_stride, 1, 32, 96 * 4, nullptr, 3, out_);
  expect_shared(Direction::load, 1, 1, 32);
}

// Rows of 32 words: a column lies in one bank. It is read for 32 columns, and written by rows: 32 requests.
TEST_P(SimtCounters, ColumnOfUnpaddedTile) {
  launch(counted::shared_column, 1, 32, 32 * 32 * 4, nullptr, 32, out_);
  expect_shared(Direction::load, 32, 32, 32);
  expect_shared(Direction::store, 32, 1, 32);
  EXPECT_EQ(counts().barriers_per_block(), 1.0);
}

// Rows of 33 words: the next row's word lies one bank further.
TEST_P(SimtCounters, ColumnOfPaddedTile) {
  launch(counted::shared_column, 1, 32, 32 * 33 * 4, nullptr, 33, out_);
  expect_shared(Direction::load, 32, 1, 32);
  expect_shared(Direction::store, 32, 1, 32);
}

TEST_P(SimtCounters, Broadcast) {
  launch(counted::shared_same, 1, 32, 32 * 4, nullptr, out_);
  expect_shared(Direction::load, 1, 1, 32);
  expect_shared(Direction::store, 1, 1, 1);
}

// Eight lanes x 4 words fill the banks: 4 wavefronts, as few as can be.
TEST_P(SimtCounters, SharedVectors) {
  launch(counted::shared_vectors, 1, 32, 32 * 16, nullptr, 1, out_);
  expect_shared(Direction::load, 1, 1, 32);
  expect_shared(Direction::store, 1, 1, 32);
  EXPECT_EQ(counts().sum(Memory::shared, Direction::load).wavefronts, 4u);
}

// 32 bytes from lane to lane: of eight lanes, the fifth's four banks are the first's again: 2 words a bank.
TEST_P(SimtCounters, SharedVectorsApart) {
  launch(counted::shared_vectors, 1, 32, 32 * 32, nullptr, 2, out_);
  expect_shared(Direction::load, 1, 2, 32);
  EXPECT_EQ(counts().sum(Memory::shared, Direction::load).wavefronts, 8u);
}

// Sixteen lanes x 2 words fill the banks: 2 wavefronts.
TEST_P(SimtCounters, SharedPairs) {
  launch(counted::shared_pairs, 1, 32, 32 * 8, nullptr, 1, out_);
  expect_shared(Direction::load, 1, 1, 32);
  EXPECT_EQ(counts().sum(Memory::shared, Direction::load).wavefronts, 2u);
}

// 16 bytes from lane to lane: of sixteen lanes, the ninth's banks are the first's again.
TEST_P(SimtCounters, SharedPairsApart) {
  launch(counted::shared_pairs, 1, 32, 32 * 16, nullptr, 2, out_);
  expect_shared(Direction::load, 1, 2, 32);
}

// ---- lanes and repetitions

// 16 lanes x 4 bytes = 2 sectors.
TEST_P(SimtCounters, HalfMasked) {
  launch(counted::half_masked, 1, 32, 0, nullptr, in_, out_);
  expect_global(Direction::load, 1, 2, 1.0, 16);
  expect_global(Direction::store, 1, 2, 1.0, 16);
}

// Lanes 0..7 (one sector) on one path, 8..31 (three) on the other: two requests, 16 lanes and 2 sectors on
// average.
TEST_P(SimtCounters, TwoPaths) {
  launch(counted::two_paths, 1, 32, 0, nullptr, in_, out_);
  expect_global(Direction::load, 2, 2, 1.0, 16);
  for (const simt::LineCounts& line : counts().lines) {
    if (line.direction != Direction::load) continue;
    const bool first = line.line == at("two_paths first");
    EXPECT_TRUE(first || line.line == at("two_paths second")) << line.line;
    EXPECT_EQ(line.requests.lanes, first ? 8u : 24u);
    EXPECT_EQ(line.requests.sectors, first ? 1u : 3u);
  }
}

TEST_P(SimtCounters, LoopOfThree) {
  launch(counted::loop_of_three, 1, 32, 0, nullptr, in_, out_);
  expect_global(Direction::load, 3, 4, 1.0, 32);
}

// Every second lane reads twice. Between two meetings its second read is a request of 16 lanes (4 sectors, 64
// of their 128 bytes); in three stretches there are three of each kind: 3 x (32 + 16) lanes in 6 requests.
TEST_P(SimtCounters, UnevenLoopsAreAlignedByBarriers) {
  launch(counted::uneven_loops, 1, 32, 0, nullptr, in_, 2, out_);
  expect_global(Direction::load, 6, 4, 0.75, 24);
  EXPECT_EQ(counts().barriers_per_block(), 2.0);
}

// The halves read in different turns of a loop. With a __syncwarp in it they are two requests of 16 lanes;
// without one, each lane's first read counts as the same request.
TEST_P(SimtCounters, UnevenHalvesAreAlignedByWarpOperations) {
  launch(counted::uneven_halves, 1, 32, 0, nullptr, in_, 2, true, out_);
  expect_global(Direction::load, 2, 2, 1.0, 16);
  simt::reset_counters();
  launch(counted::uneven_halves, 1, 32, 0, nullptr, in_, 2, false, out_);
  expect_global(Direction::load, 1, 4, 1.0, 32);
}

// 20 lanes go on: their operation is one of all lanes that are left. 20 x 4 bytes touch 3 sectors.
TEST_P(SimtCounters, LanesThatLeft) {
  launch(counted::read_then_exit, 1, 32, 0, nullptr, in_, out_);
  expect_global(Direction::load, 1, 4, 1.0, 32);
  expect_global(Direction::store, 1, 3, 80.0 / 96.0, 20);
}

// 40 threads are a warp of 32 lanes and one of 8: 4 sectors and 1, in each of 3 blocks.
TEST_P(SimtCounters, WarpsAndBlocksAreApart) {
  launch(counted::load_stride, 3, 40, 0, nullptr, in_, 1, out_);
  expect_global(Direction::load, 6, 2.5, 1.0, 20);
  EXPECT_EQ(counts().blocks, 3u);
  EXPECT_EQ(counts().launches, 1u);
}

// More than is kept between two meetings is left out, and said.
TEST_P(SimtCounters, WhatIsKeptHasABound) {
  launch(counted::long_loop, 1, 32, 0, nullptr, in_, 10000, out_);
  expect_global(Direction::load, 8192, 1, 0.125, 32);
  EXPECT_EQ(counts().left_out, 32u * (10000 - 8192));
}

TEST_P(SimtCounters, LaunchesAreSummedByKernel) {
  launch(counted::load_stride, 1, 32, 0, nullptr, in_, 1, out_);
  launch(counted::load_stride, 1, 32, 0, nullptr, in_, 32, out_);
  launch(counted::half_masked, 1, 32, 0, nullptr, in_, out_);
  config().count = false;
  launch(counted::load_stride, 1, 32, 0, nullptr, in_, 1, out_);
  const auto all = simt::counters();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].kernel.rfind("counted::half_masked(", 0), 0u) << all[0].kernel;
  EXPECT_EQ(all[1].kernel.rfind("counted::load_stride(", 0), 0u) << all[1].kernel;
  EXPECT_EQ(all[1].launches, 2u);
  EXPECT_EQ(all[1].sum(Memory::global, Direction::load).sectors_per_request(), (4 + 32) / 2.0);
}

TEST_P(SimtCounters, WorkBesideTheChecker) {
  config().check = true;
  const Zeros in(128), out(128);
  launch(counted::load_stride, 1, 32, 0, nullptr, in, 1, out);
  expect_global(Direction::load, 1, 4, 1.0, 32);
  EXPECT_THROW(launch(counted::load_vectors, 1, 32, 0, nullptr, in, out),
               simt::LaunchError);  // reads past `in`
}

TEST_P(SimtCounters, SumsDoNotDependOnChecker) {
  launch(counted::shared_column, 1, 32, 32 * 32 * 4, nullptr, 32, out_);
  const Requests without = counts().sum(Memory::shared, Direction::load);
  simt::reset_counters();
  config().check = true;
  launch(counted::shared_column, 1, 32, 32 * 32 * 4, nullptr, 32, out_);
  const Requests with = counts().sum(Memory::shared, Direction::load);
  EXPECT_EQ(with.count, without.count);
  EXPECT_EQ(with.wavefronts, without.wavefronts);
}

}  // namespace
