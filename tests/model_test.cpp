// The model of a device rests on the machine code of today.
#include "kernels/program/model.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "engine/pool/compiled.h"
#include "tests/support/genomes.h"

namespace innate::program {
namespace {

/// Whether a line of the table's loops is this one: name, depth, alike, instructions, cycles, multiply-adds.
bool is(const Loop& loop, const std::string& line) {
  if (!line.starts_with(loop.kernel + std::string("  "))) return false;
  std::istringstream words(line.substr(std::string(loop.kernel).size()));
  int depth = 0, alike = 0, instructions = 0, cycles = 0, multiply_adds = 0;
  words >> depth >> alike >> instructions >> cycles >> multiply_adds;
  return instructions == loop.instructions && cycles == loop.cycles && multiply_adds == loop.multiply_adds;
}

TEST(Model, RestsOnLoopsOfTheMachineCode) {
  for (const Loop& loop : modelled_loops()) {
    std::ifstream table(INNATE_SOURCES "/kernels/sass-sm_90.txt");
    bool found = false;
    for (std::string line; std::getline(table, line);) found = found || is(loop, line);
    EXPECT_TRUE(found) << loop.kernel << " has no loop of " << loop.instructions << " instructions, "
                       << loop.cycles << " cycles and " << loop.multiply_adds
                       << " multiply-adds any more: say in kernels/program/model.cpp which it has";
  }
}

gemm::Product product(std::int64_t m, std::int64_t n, std::int64_t k) {
  gemm::Product p;
  p.m = m, p.n = n, p.k = k;
  p.a = p.b = &p.alpha, p.c = &p.alpha;  // not read
  return p;
}
Instruction instruction(const gemm::Product& p) { return {Of<Kind::product>{}, p}; }

// 1,024 sums, 8 a thread, are 4 warps; each takes 33 steps, of which 4 are one turn of the loop. A cycle
// issues 4 instructions; a step asks for 6 words of shared memory.
TEST(Model, ABlocksProductTakesWhatItsInstructionsTake) {
  const Pass pass = fused_pass({}, instruction(product(32, 32, 33)));
  EXPECT_DOUBLE_EQ(pass.busy, std::max(4 * 33 * modelled_loops()[0].instructions / 4.0 / 4, 4 * 33 * 6.0));
  EXPECT_GE(pass.alone, pass.busy);
}

// Sections with products on tensor cores or by a library are launched; what they cost must not look like
// nothing.
TEST(Model, ProductsThatAreNotExactCostWhatExactOnesDo) {
  const gemm::Product p = product(256, 256, 256);
  const Instruction tensor(Of<Kind::tensor_product>{}, p), library(Of<Kind::library_product>{}, p);
  for (const Instruction& other : {tensor, library})
    EXPECT_DOUBLE_EQ(launched_seconds({}, other, 100), launched_seconds({}, instruction(p), 100));
}

TEST(Model, MoreReplicasThanADeviceHoldsTakeTwiceAsLong) {
  const DeviceModel device;
  Section section;
  section.body = {instruction(product(64, 64, 64))};
  const double one = fused_seconds(device, section, 1, 1),
               all = fused_seconds(device, section, 1, device.multiprocessors),
               more = fused_seconds(device, section, 1, device.multiprocessors + 1);
  EXPECT_DOUBLE_EQ(one, all);
  EXPECT_DOUBLE_EQ(more, 2 * one);
  EXPECT_GT(launched_seconds(device, section, 1), device.launch);
  EXPECT_NEAR(launched_seconds(device, section, 1e6) / launched_seconds(device, section, 5e5), 2, 0.01);
}

TEST(Model, BlocksAreAsManyAsSharedMemoryHolds) {
  EXPECT_EQ(resident_blocks(228 << 10, 113 << 10), 2);
  EXPECT_EQ(resident_blocks(228 << 10, (113 << 10) + 1), 1);
  EXPECT_EQ(resident_blocks(228 << 10, 1), kBlocksResident);
  EXPECT_EQ(resident_blocks(228 << 10, 400 << 10), 1);
}

}  // namespace
}  // namespace innate::program
