#include "kernels/program/model.h"

#include <algorithm>
#include <cmath>

namespace innate::program {

namespace {

// The work of a thread that one iteration does: steps of k (lines, tiles), entries of a list, marked pixels.
enum Use { lines, fours, list4, list2, list1, marked4, marked2, marked1, tiles };
const std::vector<Loop> kLoops = {
    {"program::fused_kernel<Places>", 75, 134, 32, 4},  // lines: 2 x 4 sums
    {"program::fused_kernel<Places>", 93, 125, 64, 8},  // fours: 2 x 4 sums, all by 16 bytes
    {"program::fused_kernel<Places>", 70, 163, 32, 8},  // lists, 4 columns by 16 bytes
    {"program::fused_kernel<Places>", 54, 142, 16, 8},  // 2 by 8
    {"program::fused_kernel<Places>", 66, 140, 16, 4},  // 4 by 4
    {"program::fused_kernel<Places>", 70, 163, 32, 8},  // marked pixels, 4 columns by 16 bytes
    {"program::fused_kernel<Places>", 54, 142, 16, 8},  // 2 by 8
    {"program::fused_kernel<Places>", 39, 105, 8, 1},   // 8 by 4
    {"each_kernel<gemm::Tiles, wiring::Source>", 80, 100, 64, 4},
};
const Loop& loop(Use use) { return kLoops[static_cast<std::size_t>(use)]; }

constexpr double kSchedulers = 4, kWarp = 32;
// Cycles that a thread waits beside what its instructions stall: for an operand in shared memory; for a
// list's four entries, asked for one turn ahead, which come from L2; for a pixel, most of whose L1 hit is
// hidden.
constexpr double kSharedWait = 30, kListWait = 300, kPixelWait = 15;
// Of a fused pass: warps wait for each other at barriers and for shared memory beyond the sums below. Steps
// measured on an H200 are 0.7 to 1.5 times what comes of it.
constexpr double kWaiting = 1.8;
// The longest of the lists of a warp's lines over their mean, and the most rows that one of its neighbouring
// pixels is not 0 in over theirs (MNIST): of 2 groups of lanes, and of 4 to 8.
constexpr double kLongestList2 = 1.15, kLongestList = 1.29, kLongestMarked2 = 1.25, kLongestMarked = 1.66;
// Passes over shared memory for each column that a warp's lanes read a float at a time: lines begin in any
// bank, and conflict (as the executor counts).
constexpr double kPasses = 1.9;

// Passes for what a turn begins with: the numbers of its call, its terms (as the executor counts).
constexpr double kCallsNumbers = 30;

/// Passes over shared memory of one load of a line of B by each group of a warp's lanes, `wide` floats a
/// lane. A phase of the load (8 lanes by 16 bytes, 16 by 8) that reads more lines than one, which begin in
/// any bank, meets conflicts (as the executor counts).
double line_passes(double lanes, int wide) { return wide * (32.0 / wide / lanes <= 1 ? 1 : 1.6); }

double up(double a, double b) { return std::ceil(a / b); }

/// `warps` warps that turn `turns` times in a loop, `rounds` behind each other a scheduler.
Pass loop_pass(const Loop& l, double warps, double turns, double rounds, double waits, double wavefronts) {
  Pass pass;
  pass.wavefronts = wavefronts;
  pass.busy = std::max(warps * turns * l.instructions / l.work / kSchedulers, wavefronts);
  pass.alone = std::max(pass.busy, rounds * turns * (l.cycles + waits) / l.work);
  return pass;
}

/// What a thread is asked for where no loop of the table says it: how many items there are, instructions and
/// cycles of one, words of shared memory that it touches. Assumptions, by reading the code.
struct Item {
  double count, instructions, cycles, words;
};
Pass of_items(const Item& item, int threads) {
  const double warps = up(item.count, kWarp);
  Pass pass;
  pass.wavefronts = warps * item.words;
  pass.busy = std::max(warps * item.instructions / kSchedulers, pass.wavefronts);
  pass.alone = std::max(pass.busy, up(item.count, threads) * item.cycles);
  return pass;
}

/// Pixels by a B that is read a float at a time.
Pass of_single_pixels(const gemm::Product& p, double rows) {
  const auto m = static_cast<double>(p.m), n = static_cast<double>(p.n), k = static_cast<double>(p.k);
  const double warps_there = kBlockThreads / kWarp;
  const int wide = p.transpose_a ? 8 : 4;
  const double lanes = gemm::few_lanes(p.n, wide), turns = up(n, wide * lanes), warps = up(m * lanes, kWarp);
  if (!p.transpose_a)
    return loop_pass(loop(list1), warps * turns, rows * kLongestList, up(warps, warps_there) * turns,
                     kListWait + kSharedWait, warps * turns * rows * kLongestList * 4 * kPasses);
  Pass pass = loop_pass(loop(marked1), warps * turns, rows * kLongestMarked, up(warps, warps_there) * turns,
                        kPixelWait + kSharedWait,
                        warps * turns * (rows * kLongestMarked * (8 * kPasses + 1) + k / lanes));
  const double marks = warps * turns * k / lanes * 6 / kSchedulers;  // every pixel is asked for once
  pass.busy += marks, pass.alone += marks;
  return pass;
}

Pass of_product(const gemm::Product& p) {
  const auto m = static_cast<double>(p.m), n = static_cast<double>(p.n), k = static_cast<double>(p.k);
  const double density = static_cast<double>(p.density), warps_there = kBlockThreads / kWarp;
  if (p.a) {  // floats
    const bool by_fours =
        !p.transpose_a && !p.transpose_b && p.k % 4 == 0 && p.n % 4 == 0 && p.m * p.n >= 8 * kBlockThreads;
    const double warps = up(up(m, 2) * up(n, 4), kWarp);
    return loop_pass(loop(by_fours ? fours : lines), warps, k, up(warps, warps_there), 2 * kSharedWait,
                     warps * k * (by_fours ? 4.5 : 6));
  }
  if (!p.transpose_a && !p.a_lists.start)  // pixel by pixel, an element a thread
    return of_items({m * n, 6 * k, 10 * k, k}, kBlockThreads);
  const double rows = density * k;
  if (p.n % 2 != 0) return of_single_pixels(p, rows);
  const int wide = p.n % 4 == 0 ? 4 : 2;
  const double lanes = gemm::lanes_a_line(p.n, wide), turns = up(n, wide * lanes), groups = kWarp / lanes;
  const double passes = line_passes(lanes, wide) + 1;  // and a term's
  if (!p.transpose_a) {
    const double warps = up(m, groups), entries = rows * (groups > 2 ? kLongestList : kLongestList2);
    return loop_pass(loop(wide == 4 ? list4 : list2), warps * turns, entries, up(warps, warps_there) * turns,
                     2 * kSharedWait, warps * turns * entries * passes);
  }
  // Four pixels a warp, as many of them at a time as it has groups; each row's four come by one load.
  const double warps = up(m, 4), tiles = 4 / groups * turns;
  const double marked = rows * (groups > 2 ? kLongestMarked : kLongestMarked2);
  Pass pass =
      loop_pass(loop(wide == 4 ? marked4 : marked2), warps * tiles, marked, up(warps, warps_there) * tiles,
                2 * kSharedWait, warps * (tiles * (marked * passes + kCallsNumbers) + k));
  // To make the lists and to begin with one: instructions, by reading the code.
  const double begun = warps * (180 * up(k, 64) + 120 * tiles) / kSchedulers;
  pass.busy += begun, pass.alone += begun;
  return pass;
}

template <class Call>
Item item_of(const Call&) {  // that one thread makes
  return {1, 40, 300, 4};
}
Item item_of(const batch::Choice& c) { return {static_cast<double>(c.rows), 250, 900, 4}; }
Item item_of(const gemm::RowSum& c) {
  const auto m = static_cast<double>(c.m);
  return {static_cast<double>(c.n), 3 * m, 8 * m, m};
}
Item item_of(const basis::Fill& c) {
  return {static_cast<double>(c.lines) * up(static_cast<double>(c.columns), 4), 140, 420, 4};
}
Item item_of(const basis::Combination& c) {
  const auto count = static_cast<double>(c.count);
  return {static_cast<double>(c.weights) / 4, count * (c.r ? 8 : 140), count * (c.r ? 20 : 420), count * 4};
}
Item item_of(const classifier::Call& c) {
  const auto classes = static_cast<double>(c.classes);
  return {static_cast<double>(c.rows), 60 + 40 * classes, 300 + 60 * classes, 3 * classes};
}
Item item_of(const activation::Call& c) {
  return {static_cast<double>(c.count), c.function == activation::Function::relu ? 10.0 : 30.0, 40, 2};
}
Item item_of(const dropout::Call& c) { return {static_cast<double>(c.count) / 4, 80, 200, 8}; }
Item item_of(const batch::Turn& c) { return {static_cast<double>(c.rows * c.columns), 20, 80, 2}; }
Item item_of(const field::Call& c) {  // a multiply-add, and half as many other instructions
  return {cost(c).operations / 16, 24, 32, 8};
}
Item item_of(const expression::IdentityCall& c) {  // a row of a gene a thread
  const double neurons = static_cast<double>(c.width) * c.channels;
  const double value = c.profile == expression::Profile::gaussian ? 50 : 30;
  const double each = (c.dplaces ? value + 25 : value) * (c.centred && !c.dplaces ? 2 : 1);
  return {static_cast<double>(c.height * c.genes), each * neurons, 2.5 * each * neurons, neurons};
}
Item item_of(const pooling::Call& c) {
  const double window = static_cast<double>(c.window.height) * c.window.width;
  return {static_cast<double>(c.written()), 30 + 8 * window, 60 + 20 * window, window};
}
Item item_of(const optimizer::Call& c) { return {static_cast<double>(c.count), 60, 160, 7}; }

Item item_of(Kind kind, const expression::Call& c) {
  const double columns = static_cast<double>(c.columns()), sides = c.height + c.width;
  const double longest = std::max(c.height, c.width);
  if (kind == Kind::profiles) return {sides * columns, 70, 160, 3};
  if (kind == Kind::expand)
    return {c.width * columns, 20 + 3.5 * c.height, 60 + 4.0 * c.height, 2.0 * c.height};
  if (kind == Kind::expand_backward)
    return {sides * columns, 40 + 4 * longest, 60 + 9 * longest, 2 * longest};
  return {2 * columns, 60 + 25 * longest, 100 + 45 * longest, 3 * longest};
}

/// each(instruction, times) of a section's body; of those that are walked in strips, a strip.
template <class Each>
void each_part(const Section& section, const Each& each) {
  for (std::size_t i = 0; i < section.body.size();) {
    const Instruction& head = section.body[i];
    const std::size_t members = std::max<std::size_t>(1, head.strips);
    for (std::size_t m = 0; m < members; ++m) {
      Instruction part = section.body[i + m];
      if (head.strips > 0) cut_to_strip(part, 0, std::min(head.width, head.extent));
      each(part, head.strips > 0 ? up(static_cast<double>(head.extent), static_cast<double>(head.width)) : 1);
    }
    i += members;
  }
}

}  // namespace

const std::vector<Loop>& modelled_loops() { return kLoops; }

int64_t block_shared_bytes(const Section& section, const SectionPlan& plan) {
  const std::size_t count = section.prologue.size() + section.body.size();
  return kBlockHead + static_cast<int64_t>(count * sizeof(Instruction)) + plan.fast_bytes;
}

int resident_blocks(double shared_of_multiprocessor, int64_t block) {
  constexpr int64_t kOfEachBlock = 1024;  // CUDA's own
  const auto fit = static_cast<int>(shared_of_multiprocessor / static_cast<double>(block + kOfEachBlock));
  return std::clamp(fit, 1, kBlocksResident);
}

Pass fused_pass(const DeviceModel& device, const Instruction& instruction) {
  Pass pass;
  with_call<kAllKinds>(instruction, [&](auto kind, const auto& call) {
    constexpr Kind kKind = decltype(kind)::value;
    if constexpr (std::is_same_v<std::decay_t<decltype(call)>, gemm::Product>)
      pass = of_product(call);
    else if constexpr (std::is_same_v<std::decay_t<decltype(call)>, expression::Call>)
      pass = of_items(item_of(kKind, call), kBlockThreads);
    else
      pass = of_items(item_of(call), kBlockThreads);
  });
  if (instruction.barrier) pass.alone += device.barrier;
  return pass;
}

Pass fused_pass(const DeviceModel& device, const Section& section) {
  Pass sum;
  each_part(section, [&](const Instruction& part, double times) {
    const Pass own = fused_pass(device, part);
    sum.busy += times * own.busy, sum.alone += times * own.alone, sum.wavefronts += times * own.wavefronts;
  });
  return sum;
}

double fused_seconds(const DeviceModel& device, const Section& section, int resident, double replicas) {
  const Pass pass = fused_pass(device, section);
  const double on_one = std::min<double>(resident, up(replicas, device.multiprocessors));
  const double waves = up(replicas, device.multiprocessors * on_one);
  return kWaiting * waves * std::max(pass.alone, on_one * pass.busy) / device.clock;
}

double launched_seconds(const DeviceModel& device, const Instruction& instruction, double replicas) {
  constexpr uint32_t kProducts = bit(Kind::product) | bit(Kind::tensor_product) | bit(Kind::library_product);
  const Cost cost = cost_of(instruction);
  const double bytes = cost.bytes * replicas;
  const double of_bytes = bytes / (bytes < device.l2_size ? device.l2_bytes : device.bytes);
  double cycles = 0;
  // (Tensor cores and libraries are taken to be no faster than the exact tiles: an upper bound.)
  const gemm::Product* product = nullptr;
  with_call<kProducts>(instruction, [&product](auto, const gemm::Product& call) { product = &call; });
  if (product) {
    const gemm::Product& p = *product;
    const Loop& l = loop(tiles);
    const bool tall = p.n <= 16;
    const double blocks =
        up(static_cast<double>(p.m), tall ? 128 : 64) * up(static_cast<double>(p.n), tall ? 16 : 32);
    const double each = up(blocks * replicas, device.multiprocessors), k = static_cast<double>(p.k);
    constexpr double kResident = 5, kStaging = 1.25;  // a piece of 8 k is brought in beside the loop
    cycles = std::max(each * k * l.instructions / l.work * kStaging,
                      up(each, kResident) * k * (l.cycles + kSharedWait) / l.work * kStaging);
  } else {
    const Pass pass = fused_pass(device, instruction);
    cycles = pass.busy * replicas / device.multiprocessors;
  }
  return device.launch + std::max(of_bytes, cycles / device.clock);
}

double launched_seconds(const DeviceModel& device, const Section& section, double replicas) {
  double sum = 0;
  each_part(section, [&](const Instruction& part, double times) {
    sum += times * launched_seconds(device, part, replicas);
  });
  return sum;
}

}  // namespace innate::program
