#include "counter.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <tuple>

#include "device_memory.h"
#include "shared_memory.h"
#include "source_line.h"

namespace simt {
namespace detail {
namespace {

Direction direction_of(Access kind) {
  switch (kind) {
    case Access::read:
    case Access::atomic_read: return Direction::load;
    case Access::write:
    case Access::atomic_write: return Direction::store;
    default: return Direction::update;
  }
}

const char* name(Memory memory) { return memory == Memory::global ? "global" : "shared"; }

const char* name(Direction direction) {
  return direction == Direction::load ? "load" : direction == Direction::store ? "store" : "update";
}

/// "global load        12     4.00   1.00      -  32.00"
std::string columns(Memory memory, Direction direction, const Requests& requests) {
  char text[160], sectors[64];
  if (memory == Memory::global)
    std::snprintf(sectors, sizeof sectors, "%8.2f %6.2f %6s", requests.sectors_per_request(),
                  requests.share_of_sectors(), "-");
  else
    std::snprintf(sectors, sizeof sectors, "%8s %6s %6.2f", "-", "-", requests.ways());
  std::snprintf(text, sizeof text, "%-6s %-6s %10llu %s %6.2f", name(memory), name(direction),
                static_cast<unsigned long long>(requests.count), sectors, requests.lanes_per_request());
  return text;
}

void print(FILE* file, const std::vector<KernelCounts>& kernels, bool lines) {
  std::fprintf(file, "SIMT counters, g++ %s\n", __VERSION__);
  std::fprintf(file, "%-6s %-6s %10s %8s %6s %6s %6s %8s  %s\n", "memory", "access", "requests", "sectors",
               "share", "ways", "lanes", "barriers", "kernel");
  for (const KernelCounts& kernel : kernels) {
    for (Memory memory : {Memory::global, Memory::shared})
      for (Direction direction : {Direction::load, Direction::store, Direction::update}) {
        const Requests sum = kernel.sum(memory, direction);
        if (!sum.count) continue;
        std::fprintf(file, "%s %8.2f  %s\n", columns(memory, direction, sum).c_str(),
                     kernel.barriers_per_block(), kernel.kernel.c_str());
        if (!lines) continue;
        for (const LineCounts& line : kernel.lines)
          if (line.memory == memory && line.direction == direction)
            std::fprintf(file, "%s %8s    at %s\n", columns(memory, direction, line.requests).c_str(), "",
                         line.line.c_str());
      }
    if (kernel.left_out)
      std::fprintf(file, "not counted: %llu accesses of single lanes in %s\n",
                   static_cast<unsigned long long>(kernel.left_out), kernel.kernel.c_str());
  }
}

}  // namespace

Requests global_request(unsigned lanes, const std::array<const char*, 32>& address, std::uint32_t bytes) {
  struct Sector {
    std::uintptr_t number;
    std::uint32_t asked;  // a bit for each byte
  };
  std::array<Sector, 64> sectors;  // an access of at most 16 bytes touches two at most
  std::size_t count = 0;
  const auto ask = [&](std::uintptr_t at, std::uint32_t length) {  // within one sector
    const std::uintptr_t number = at / 32;
    std::size_t i = count;
    while (i && sectors[i - 1].number != number) --i;  // most often the last one
    if (!i) {
      sectors[count++] = {number, 0};
      i = count;
    }
    sectors[i - 1].asked |= ((1u << length) - 1) << at % 32;
  };
  for (unsigned left = lanes; left; left &= left - 1) {
    const auto at =
        reinterpret_cast<std::uintptr_t>(address[static_cast<std::size_t>(std::countr_zero(left))]);
    const auto first = static_cast<std::uint32_t>(std::min<std::uintptr_t>(bytes, 32 - at % 32));
    ask(at, first);
    if (first < bytes) ask(at + first, bytes - first);
  }
  Requests result;
  result.count = 1;
  result.lanes = static_cast<std::uint64_t>(std::popcount(lanes));
  result.sectors = count;
  for (std::size_t i = 0; i < count; ++i)
    result.bytes += static_cast<std::uint64_t>(std::popcount(sectors[i].asked));
  return result;
}

Requests shared_request(unsigned lanes, const std::array<const char*, 32>& address, std::uint32_t bytes) {
  Requests result;
  result.count = 1;
  result.lanes = static_cast<std::uint64_t>(std::popcount(lanes));
  // 32 banks of 4 bytes serve 128 bytes at once: 32 lanes, 16 of 8 bytes, or 8 of 16 bytes.
  const std::uint32_t together = bytes <= 4 ? 32 : 128 / bytes;
  const unsigned all = together == 32 ? ~0u : (1u << together) - 1;
  for (std::uint32_t first = 0; first < 32; first += together) {
    unsigned left = lanes & all << first;
    if (!left) continue;
    std::array<std::uintptr_t, 64> words;
    std::array<std::uint32_t, 32> in_bank{};
    std::size_t count = 0;
    for (; left; left &= left - 1) {
      const auto at =
          reinterpret_cast<std::uintptr_t>(address[static_cast<std::size_t>(std::countr_zero(left))]);
      for (std::uintptr_t word = at / 4; word <= (at + bytes - 1) / 4; ++word) {
        const auto end = words.begin() + static_cast<std::ptrdiff_t>(count);
        if (std::find(words.begin(), end, word) != end) continue;  // a broadcast
        words[count++] = word;
        ++in_bank[word % 32];
      }
    }
    result.wavefronts += *std::max_element(in_bank.begin(), in_bank.end());
    ++result.least_wavefronts;
  }
  return result;
}

Counter counter;

Counter::~Counter() {
  if (!kernels_.empty() && config_from_environment().count)
    print(stderr, counts(), std::getenv("INNATE_SIMT_COUNT") == std::string("lines"));
}

void Counter::begin_launch(const void* function) {
  kernel_ = &kernels_[function];
  ++kernel_->launches;
  recent_.fill(nullptr);
}

void Counter::begin_block() {
  ++kernel_->blocks;
  resting_.fill(0);
}

void Counter::end_block() {
  for (int warp = 0; warp < kWarps; ++warp) complete(warp);  // of a block that was ended early
}

void Counter::rests(const Thread& thread) {
  const auto number = static_cast<std::size_t>(thread.linear / 32);
  const Warp& warp = running.warps[number];
  resting_[number] |= 1u << thread.linear % 32;
  if ((resting_[number] | warp.exited) != warp.exist) return;
  complete(thread.linear / 32);
  resting_[number] = 0;
}

void Counter::met(int warp, unsigned lanes) {
  const Warp& all = running.warps[static_cast<std::size_t>(warp)];
  if (lanes == (all.exist & ~all.exited)) complete(warp);
}

void Counter::access(const void* address, std::size_t bytes, Access kind, const void* code) {
  Memory memory;
  if (shared_memory.in_area(address))
    memory = Memory::shared;
  else if (!running.current->fiber.on_stack(address) && device_memory.find(address))
    memory = Memory::global;
  else
    return;
  const auto* at = static_cast<const char*>(address);
  const Direction direction = direction_of(kind);
  if (bytes <= 16 && std::has_single_bit(bytes))
    return lane_access(at, {code, static_cast<std::uint32_t>(bytes), memory, direction});
  while (bytes) {  // a copy of some length: words, as the device has no larger access of its own for it
    const std::uint32_t step = bytes >= 4 && reinterpret_cast<std::uintptr_t>(at) % 4 == 0 ? 4 : 1;
    lane_access(at, {code, step, memory, direction});
    at += step;
    bytes -= step;
  }
}

Counter::OpenSite& Counter::site_of(const Place& place) {
  OpenSite*& recent = recent_[Hash{}(place) % recent_.size()];
  if (!recent || recent->first != place) recent = &*kernel_->sites.try_emplace(place).first;
  return *recent;
}

void Counter::lane_access(const char* address, const Place& place) {
  const auto warp = static_cast<std::size_t>(running.current->linear / 32);
  const auto lane = static_cast<std::size_t>(running.current->linear % 32);
  OpenSite& site = site_of(place);
  auto& warps = site.second.warps;
  if (warps.size() <= warp) warps.resize(warp + 1);
  Open& open = warps[warp];
  if (!open.listed) open_[warp].push_back(&site);
  open.listed = true;
  if (open.addresses[lane].size() < kKept)
    open.addresses[lane].push_back(address);
  else
    ++kernel_->left_out;
}

void Counter::complete(int warp) {
  const auto number = static_cast<std::size_t>(warp);
  for (OpenSite* site : open_[number]) {
    const auto& [code, bytes, memory, direction] = site->first;
    Open& open = site->second.warps[number];
    for (std::size_t turn = 0;; ++turn) {
      unsigned lanes = 0;
      std::array<const char*, 32> address;
      for (std::size_t lane = 0; lane < 32; ++lane)
        if (turn < open.addresses[lane].size()) {
          lanes |= 1u << lane;
          address[lane] = open.addresses[lane][turn];
        }
      if (!lanes) break;
      site->second.sum += memory == Memory::global ? global_request(lanes, address, bytes)
                                                   : shared_request(lanes, address, bytes);
    }
    for (auto& addresses : open.addresses) {
      addresses.clear();
      if (addresses.capacity() > 256) addresses = {};
    }
    open.listed = false;
  }
  open_[number].clear();
}

std::vector<KernelCounts> Counter::counts() const {
  std::vector<const void*> functions;
  for (const auto& [function, kernel] : kernels_) functions.push_back(function);
  const auto names = function_names(functions);
  std::map<std::string, KernelCounts> sorted;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const Kernel& kernel = kernels_.at(functions[i]);
    KernelCounts& counts = sorted[names[i]];
    counts.kernel = names[i];
    counts.launches += kernel.launches;
    counts.blocks += kernel.blocks;
    counts.barriers += kernel.barriers;
    counts.left_out += kernel.left_out;
    std::vector<const void*> code;
    for (const auto& [place, site] : kernel.sites) code.push_back(place.code);
    const auto lines = source_lines(code);
    std::map<std::tuple<std::string, Memory, Direction>, Requests> by_line;
    auto line = lines.begin();
    for (const auto& [place, site] : kernel.sites)
      by_line[{*line++, place.memory, place.direction}] += site.sum;
    for (const auto& [key, sum] : by_line)
      counts.lines.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), sum});
  }
  std::vector<KernelCounts> all;
  for (auto& [name, counts] : sorted) all.push_back(std::move(counts));
  return all;
}

void Counter::reset() { kernels_.clear(); }

}  // namespace detail

Requests& Requests::operator+=(const Requests& other) {
  count += other.count;
  lanes += other.lanes;
  sectors += other.sectors;
  bytes += other.bytes;
  wavefronts += other.wavefronts;
  least_wavefronts += other.least_wavefronts;
  return *this;
}

Requests KernelCounts::sum(Memory memory, Direction direction) const {
  Requests total;
  for (const LineCounts& line : lines)
    if (line.memory == memory && line.direction == direction) total += line.requests;
  return total;
}

double KernelCounts::barriers_per_block() const {
  return blocks ? static_cast<double>(barriers) / static_cast<double>(blocks) : 0.0;
}

std::vector<KernelCounts> counters() {
  std::lock_guard turn(detail::executor_mutex);
  return detail::counter.counts();
}

void reset_counters() {
  std::lock_guard turn(detail::executor_mutex);
  detail::counter.reset();
}

}  // namespace simt
