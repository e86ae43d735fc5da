// A model of how long a section takes on a CUDA device, from its machine code and from what the executor
// counts: max(instructions / issue, passes over shared memory, the longest thread's chain), bytes and
// launches. What it says is modelled; it stands in no table of measured times. It chooses between fused
// blocks and launches, and benchmarks print it (docs/cuda-without-a-gpu.md).
#pragma once

#include <cstdint>
#include <vector>

#include "innate/kernels/api.h"
#include "kernels/program/plan.h"

namespace innate::program {

/// What is taken for given of a device. The figures of one H100 SXM, which stand for any other's until its
/// own are set: multiprocessors and bandwidth from NVIDIA's data sheet, the rest assumptions.
struct DeviceModel {
  double multiprocessors = 132;
  double clock = 1.755e9;           // cycles a second under load; at most 1.98e9
  double bytes = 3.0e12;            // a second, of 3.35e12 that the memory has
  double l2_bytes = 5.5e12;         // a second, of what fits in 50 MB
  double l2_size = 50e6;            // bytes
  double launch = 7.5e-6;           // seconds that a small launch of a replayed graph takes (measured, H200)
  double barrier = 40;              // cycles of a block's barrier
  double shared_bytes = 228 << 10;  // of a multiprocessor
};

/// A loop of a kernel, as kernels/sass-sm_90.txt has it; `work`: what one iteration of a thread does, in the
/// unit that the model counts.
struct Loop {
  const char* kernel;
  int instructions, cycles, multiply_adds;
  double work;
};
/// All that the model rests on. A test finds each of them in the table.
INNATE_API const std::vector<Loop>& modelled_loops();

/// Threads of a fused block, blocks that a multiprocessor's registers hold, and bytes of shared memory before
/// a block's instructions.
constexpr int kBlockThreads = 512, kBlocksResident = 2;
constexpr int64_t kBlockHead = 2048 + 24 * kBlockThreads + 4 * sizeof(Instruction);
/// Shared memory of a fused block, and how many such blocks a multiprocessor with so much of it holds.
INNATE_API int64_t block_shared_bytes(const Section& section, const SectionPlan& plan);
INNATE_API int resident_blocks(double shared_of_multiprocessor, int64_t block);

/// What one pass asks of a multiprocessor, in cycles.
struct Pass {
  double busy = 0;        // of its schedulers or its shared memory: two blocks take twice as long
  double alone = 0;       // of one block that has the multiprocessor for itself
  double wavefronts = 0;  // passes over shared memory
};
/// One instruction by one block with its operands in shared memory, and a section's body.
INNATE_API Pass fused_pass(const DeviceModel& device, const Instruction& instruction);
INNATE_API Pass fused_pass(const DeviceModel& device, const Section& section);

/// Seconds of one pass for `replicas` replicas, each a block of which `resident` fit on a multiprocessor.
INNATE_API double fused_seconds(const DeviceModel& device, const Section& section, int resident,
                                double replicas);
/// The same as launches that a graph replays, and one launch of an instruction.
INNATE_API double launched_seconds(const DeviceModel& device, const Section& section, double replicas);
INNATE_API double launched_seconds(const DeviceModel& device, const Instruction& instruction,
                                   double replicas);

}  // namespace innate::program
