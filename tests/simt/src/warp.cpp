// Lanes arrive one by one and are counted by mask, so that a warp whose branches diverge can run two
// operations with disjoint masks at once.
#include "warp.h"

#include <bit>
#include <cstdio>
#include <cstring>

#include "block.h"
#include "checker.h"
#include "counter.h"
#include "scheduler.h"
#include "simt/collectives.h"

namespace simt::detail {
namespace {

std::string hex(unsigned mask) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", mask);
  return text;
}

template <class Body>
void for_lanes(unsigned lanes, Body body) {
  for (; lanes; lanes &= lanes - 1) body(std::countr_zero(lanes));
}

void check_mask(const char* operation, unsigned mask, int lane, const Warp& warp, Site site) {
  const std::string where = "bad mask: " + to_string(site) + ": " + operation + ": ";
  if (!(mask >> lane & 1))
    fail(where + "lane " + std::to_string(lane) + " is not in its own mask " + hex(mask));
  if (mask & warp.exited)
    fail(where + "mask " + hex(mask) + " names lanes " + hex(mask & warp.exited) +
         ", which have left the kernel");
}

/// `me` has arrived, `other` waits and may be in `me`'s mask. True if they are in one operation; false if
/// `other` must first finish one that does not need `me`. If each waits for the other in a different call,
/// neither can go on.
bool meets(const Thread& me, const Thread& other) {
  const bool same_call = me.site.line == other.site.line && std::strcmp(me.operation, other.operation) == 0;
  if (me.mask == other.mask && same_call) return true;
  if (!(other.mask >> me.linear % 32 & 1)) return false;
  const std::string where = to_string(me.site) + ": " + me.operation;
  const std::string there = "lane " + std::to_string(other.linear % 32) + " waits in " + other.operation +
                            " at " + to_string(other.site);
  if (me.mask != other.mask)
    fail("bad mask: " + where + " with mask " + hex(me.mask) + ", while " + there + " with mask " +
         hex(other.mask));
  fail("divergent warp operation: " + where + ", while " + there);
}

}  // namespace

void warp_operation(const char* operation, unsigned mask, LaneValue& value, Site site, Combine combine) {
  Thread& me = *running.current;
  const int number = me.linear / 32, lane = me.linear % 32;
  Warp& warp = running.warps[static_cast<std::size_t>(number)];
  if (!(mask >> lane & 1) || mask & warp.exited) check_mask(operation, mask, lane, warp, site);
  me.operation = operation;
  me.site = site;
  me.mask = mask;
  me.lane = &value;
  me.state = State::in_warp_operation;
  const unsigned lanes = mask & warp.exist;  // the last warp of a block may be short
  LaneValue* values[32] = {};
  unsigned here = 1u << lane;
  values[lane] = &value;
  for_lanes(warp.waiting & lanes, [&](int i) {
    const Thread& other = running.threads[static_cast<std::size_t>(number * 32 + i)];
    if (!meets(me, other)) return;
    here |= 1u << i;
    values[i] = other.lane;
  });
  warp.waiting |= 1u << lane;
  if (here == lanes) {
    if (combine)
      combine(values, lanes);
    else if (running.checked)
      checker.warp_synchronised(number, lanes);
    if (running.counted) counter.met(number, lanes);
    warp.waiting &= ~lanes;
    scheduler.release_warp(number, lanes);
  }
  scheduler.pause();
}

namespace {

std::uint64_t vote(const char* operation, unsigned mask, std::uint64_t in, Site site, Combine combine) {
  LibraryScope scope;
  LaneValue value{in, 0, 0};
  warp_operation(operation, mask, value, site, combine);
  return value.out;
}

void ballot(LaneValue* const (&values)[32], unsigned lanes) {
  std::uint64_t set = 0;
  for_lanes(lanes, [&](int i) { set |= values[i]->in << i; });
  for_lanes(lanes, [&](int i) { values[i]->out = set; });
}

void sum(LaneValue* const (&values)[32], unsigned lanes) {
  std::uint64_t total = 0;
  for_lanes(lanes, [&](int i) { total += values[i]->in; });
  for_lanes(lanes, [&](int i) { values[i]->out = total; });
}

void exchange(LaneValue* const (&values)[32], unsigned lanes) {
  for_lanes(lanes, [&](int i) {
    const int source = values[i]->source;
    values[i]->out = lanes >> source & 1 ? values[source]->in : ~std::uint64_t{0};
  });
}

int source_lane(Shuffle kind, int lane, int by, int width) {
  const int first = lane & ~(width - 1);  // of this lane's group of `width` lanes
  const int source = kind == Shuffle::index  ? first | (by & (width - 1))
                     : kind == Shuffle::up   ? lane - by
                     : kind == Shuffle::down ? lane + by
                                             : lane ^ by;
  if (kind == Shuffle::exclusive_or)
    return source >= 0 && source < first + width ? source : lane;  // lower groups too
  return source >= first && source < first + width ? source : lane;
}

const char* name_of(Shuffle kind) {
  switch (kind) {
    case Shuffle::index: return "__shfl_sync";
    case Shuffle::up: return "__shfl_up_sync";
    case Shuffle::down: return "__shfl_down_sync";
    default: return "__shfl_xor_sync";
  }
}

}  // namespace

std::uint64_t shuffle(Shuffle kind, unsigned mask, std::uint64_t bits, int by, int width, const char* file,
                      int line) {
  LibraryScope scope;
  if (width < 1 || width > 32 || !std::has_single_bit(static_cast<unsigned>(width)))
    fail(to_string(Site{file, line}) + ": " + name_of(kind) + ": width " + std::to_string(width) +
         " is not a power of two up to 32");
  LaneValue value{bits, 0, source_lane(kind, running.current->linear % 32, by, width)};
  warp_operation(name_of(kind), mask, value, {file, line}, exchange);
  return value.out;
}

}  // namespace simt::detail

using simt::detail::vote;

void __syncwarp(unsigned mask, const char* file, int line) {
  vote("__syncwarp", mask, 0, {file, line}, nullptr);
}

unsigned __ballot_sync(unsigned mask, int predicate, const char* file, int line) {
  return static_cast<unsigned>(
      vote("__ballot_sync", mask, predicate != 0, {file, line}, simt::detail::ballot));
}

int __any_sync(unsigned mask, int predicate, const char* file, int line) {
  return vote("__any_sync", mask, predicate != 0, {file, line}, simt::detail::ballot) != 0;
}

int __all_sync(unsigned mask, int predicate, const char* file, int line) {
  return vote("__all_sync", mask, predicate == 0, {file, line}, simt::detail::ballot) == 0;
}

unsigned __reduce_add_sync(unsigned mask, unsigned value, const char* file, int line) {
  return static_cast<unsigned>(vote("__reduce_add_sync", mask, value, {file, line}, simt::detail::sum));
}

int __reduce_add_sync(unsigned mask, int value, const char* file, int line) {
  return static_cast<int>(__reduce_add_sync(mask, static_cast<unsigned>(value), file, line));
}

// One OS thread runs everything in program order: there is nothing to fence.
void __threadfence() {}
void __threadfence_block() {}
