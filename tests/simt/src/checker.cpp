#include "checker.h"

#include <link.h>

#include <algorithm>

#include "shared_memory.h"
#include "source_line.h"

namespace simt::detail {
namespace {

bool reads(Access kind) { return kind != Access::write && kind != Access::atomic_write; }
bool writes(Access kind) { return kind != Access::read && kind != Access::atomic_read; }
bool atomic(Access kind) { return kind != Access::read && kind != Access::write; }

const char* name(Defect defect) {
  switch (defect) {
    case Defect::race: return "RACE: ";
    case Defect::uninitialised: return "UNINITIALISED: ";
    case Defect::out_of_bounds: return "OUT OF BOUNDS: ";
    default: return "INVALID ADDRESS: ";
  }
}

const char* verb(Access kind) {
  switch (kind) {
    case Access::read: return "read";
    case Access::write: return "write";
    case Access::atomic_read: return "atomic read";
    case Access::atomic_write: return "atomic write";
    default: return "atomic update";
  }
}

std::string size_of(std::size_t bytes) { return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes"); }

/// "4 bytes past the end" or "8 bytes before the start", for an access that begins at `offset` of `bytes`
/// bytes.
std::string distance(std::ptrdiff_t offset, std::size_t bytes) {
  if (offset < 0) return size_of(static_cast<std::size_t>(-offset)) + " before the start";
  if (static_cast<std::size_t>(offset) < bytes) return "across the end";
  return size_of(static_cast<std::size_t>(offset) - bytes) + " past the end";
}

bool inside(std::ptrdiff_t offset, std::size_t bytes, std::size_t of) {
  return offset >= 0 && static_cast<std::size_t>(offset) + bytes <= of;
}

}  // namespace

Checker checker;

struct Checker::Touch {
  Access kind;
  const void* code;
  std::size_t bytes;       // of the whole access
  Buffer* buffer;          // null: shared memory
  std::size_t offset = 0;  // of the cell
  bool reported = false;   // one finding an access

  std::string place() const {
    return buffer ? describe(*buffer) + " +" + std::to_string(offset)
                  : shared_memory.describe(static_cast<std::ptrdiff_t>(offset));
  }
};

// ---- time

void Checker::begin_launch() {
  first_of_launch_ = interval_ + 1;
  blocks_.clear();
  findings_ = 0;
  first_ = {};
  collect_static_ranges();
}

void Checker::begin_block() {
  first_of_block_ = ++interval_;
  blocks_.push_back({interval_, running.index});
  if (!shared_memory.shadow.tracks(shared_memory.bytes()))
    shared_memory.shadow.track(shared_memory.bytes(), false);
}

Checker::Clocks& Checker::clocks(int thread) {
  Clocks& clocks = clocks_[static_cast<std::size_t>(thread)];
  if (clocks.interval != interval_) {
    clocks = {};
    clocks.interval = interval_;
  }
  return clocks;
}

void Checker::warp_synchronised(int warp, unsigned lanes) {
  std::array<std::uint32_t, 32> joined{};
  for (int lane = 0; lane < 32; ++lane) {
    if (!(lanes >> lane & 1)) continue;
    Clocks& mine = clocks(warp * 32 + lane);
    mine.seen[static_cast<std::size_t>(lane)] = mine.own++;
    for (std::size_t i = 0; i < 32; ++i) joined[i] = std::max(joined[i], mine.seen[i]);
  }
  for (int lane = 0; lane < 32; ++lane)
    if (lanes >> lane & 1) clocks(warp * 32 + lane).seen = joined;
}

/// Nothing orders the stamped access before the running thread's present one.
bool Checker::concurrent(const Stamp& stamp, bool shared) {
  if (stamp.interval < first_of_launch_) return false;
  if (stamp.interval < first_of_block_)
    return !shared;  // another block of this launch; shared memory is new in each
  if (stamp.interval != interval_) return false;  // a block barrier lies between
  const int me = running.current->linear, other = static_cast<int>(stamp.thread);
  if (me == other) return false;
  if (me / 32 != other / 32) return true;
  return clocks(me).seen[stamp.thread % 32] < stamp.clock;
}

// ---- cells

void Checker::race(const Touch& touch, const char* earlier, const Stamp& stamp) {
  const bool same_block = stamp.interval >= first_of_block_;
  found(Defect::race,
        std::string(verb(touch.kind)) + " of " + touch.place() + " after " + earlier +
            (same_block ? " by another thread, with no barrier between" : " by another block of the launch"),
        touch.code, stamp);
}

/// An access to where a copy is under way.
void Checker::interrupt(const Touch& touch, const Stamp& copy) {
  found(reads(touch.kind) ? Defect::uninitialised : Defect::race,
        std::string(verb(touch.kind)) + " of " + touch.place() +
            ", where an asynchronous copy is under way that its thread has not waited for",
        touch.code, copy);
}

void Checker::touch(Cell& cell, Touch& touch) {
  if (cell.write.interval < first_of_block_) cell.under_way = false;  // left behind by a block that has ended
  const bool shared = !touch.buffer;
  const bool initialised = shared ? cell.write.interval >= first_of_block_ : cell.initialised;
  if (!touch.reported) {
    const auto conflicts = [&](const Stamp& stamp) {
      return !(atomic(touch.kind) && stamp.atomic) && concurrent(stamp, shared);
    };
    touch.reported = true;
    if (cell.under_way)
      interrupt(touch, cell.write);
    else if (conflicts(cell.write))
      race(touch, cell.write.atomic ? "an atomic write" : "a write", cell.write);
    else if (writes(touch.kind) && conflicts(cell.read))
      race(touch, "a read", cell.read);
    else if (writes(touch.kind) && conflicts(cell.earlier_read))
      race(touch, "a read", cell.earlier_read);
    else if (reads(touch.kind) && !initialised)
      found(Defect::uninitialised,
            std::string(verb(touch.kind)) + " of " + touch.place() + ", which nobody has written",
            touch.code);
    else
      touch.reported = false;
  }
  stamp(cell, touch);
}

void Checker::stamp(Cell& cell, const Touch& touch) {
  const int me = running.current->linear;
  Stamp now;
  now.code = touch.code;
  now.interval = interval_;
  now.thread = static_cast<std::uint32_t>(me) & 1023u;
  now.atomic = atomic(touch.kind);
  now.clock = clocks(me).own & 0x1fffffu;
  if (writes(touch.kind)) {
    cell.write = now;
    cell.initialised = true;
    return;
  }
  if (cell.read.thread != now.thread || cell.read.interval < first_of_block_) cell.earlier_read = cell.read;
  cell.read = now;
}

// ---- copies under way

template <class Body>
void Checker::each_cell_of(const AsyncCopy& copy, const Body& body) {
  shared_memory.shadow.visit(static_cast<std::size_t>(shared_memory.offset(copy.to)), copy.bytes, body);
}

void Checker::copy_began(const AsyncCopy& copy) {
  each_cell_of(copy, [](Cell& cell, std::size_t) { cell.under_way = true; });
}

void Checker::copy_landed(const AsyncCopy& copy) {
  Touch touch{Access::write, copy.code, copy.bytes, nullptr};
  each_cell_of(copy, [&](Cell& cell, std::size_t) {
    cell.under_way = false;
    stamp(cell, touch);
  });
}

// ---- accesses

void Checker::access(const void* address, std::size_t bytes, Access kind, const void* code) {
  if (shared_memory.in_area(address))
    return shared_access(static_cast<const char*>(address), bytes, kind, code);
  if (running.current->fiber.on_stack(address) || last_static_.holds(address)) return;
  if (Buffer* buffer = device_memory.find(address))
    return global_access(*buffer, static_cast<const char*>(address), bytes, kind, code);
  other_access(address, bytes, kind, code);
}

void Checker::shared_access(const char* address, std::size_t bytes, Access kind, const void* code) {
  const std::ptrdiff_t offset = shared_memory.offset(address);
  if (!inside(offset, bytes, shared_memory.bytes())) {
    found(Defect::out_of_bounds,
          std::string(verb(kind)) + " of " + size_of(bytes) + ", " + distance(offset, shared_memory.bytes()) +
              " of the block's " + size_of(shared_memory.bytes()) + " of shared memory",
          code);
    abandon_block();
  }
  Touch touch{kind, code, bytes, nullptr};
  shared_memory.shadow.visit(static_cast<std::size_t>(offset), bytes, [&](Cell& cell, std::size_t at) {
    touch.offset = at;
    this->touch(cell, touch);
  });
}

void Checker::global_access(Buffer& buffer, const char* address, std::size_t bytes, Access kind,
                            const void* code) {
  const std::ptrdiff_t offset = buffer.offset(address);
  if (!inside(offset, bytes, buffer.bytes)) {
    found(Defect::out_of_bounds,
          std::string(verb(kind)) + " of " + size_of(bytes) + ", " + distance(offset, buffer.bytes) + " of " +
              describe(buffer),
          code);
    abandon_block();
  }
  if (!buffer.shadow.tracks(buffer.bytes))
    buffer.shadow.track(buffer.bytes, true);  // made while the checker was off
  Touch touch{kind, code, bytes, &buffer};
  buffer.shadow.visit(static_cast<std::size_t>(offset), bytes, [&](Cell& cell, std::size_t at) {
    touch.offset = at;
    this->touch(cell, touch);
  });
}

/// Neither shared memory, nor a buffer, nor the thread's own stack: constants and the arguments are all that
/// is left.
void Checker::other_access(const void* address, std::size_t bytes, Access kind, const void* code) {
  const Range arguments{static_cast<const char*>(running.call->call), running.call->call_bytes};
  if (arguments.holds(address)) return;
  for (const Range& range : static_ranges_)
    if (range.holds(address)) {
      last_static_ = range;
      return;
    }
  const std::string what = std::string(verb(kind)) + " of " + size_of(bytes);
  found(Defect::invalid_address,
        Fiber::on_any_stack(address) ? what + " in the local memory of another thread"
                                     : what + " outside of every buffer (a host pointer, perhaps)",
        code);
  abandon_block();
}

void Checker::collect_static_ranges() {
  static_ranges_.clear();
  last_static_ = {nullptr, 0};
  const auto add = [](dl_phdr_info* module, std::size_t, void* list) {
    auto& ranges = *static_cast<std::vector<Range>*>(list);
    for (int i = 0; i < module->dlpi_phnum; ++i) {
      const auto& segment = module->dlpi_phdr[i];
      if (segment.p_type == PT_LOAD)
        ranges.push_back(
            {reinterpret_cast<const char*>(module->dlpi_addr + segment.p_vaddr), segment.p_memsz});
      if (segment.p_type == PT_TLS && module->dlpi_tls_data)
        ranges.push_back({static_cast<const char*>(module->dlpi_tls_data), segment.p_memsz});
    }
    return 0;
  };
  dl_iterate_phdr(add, &static_ranges_);
}

// ---- the host

void Checker::host_wrote(Buffer& buffer, std::size_t offset, std::size_t bytes) {
  if (!buffer.shadow.tracks(buffer.bytes)) return;
  buffer.shadow.visit(offset, bytes, [](Cell& cell, std::size_t) { cell.initialised = true; });
}

void Checker::host_copied(Buffer& to, std::size_t to_offset, Buffer& from, std::size_t from_offset,
                          std::size_t bytes) {
  if (!to.shadow.tracks(to.bytes)) return;
  host_wrote(to, to_offset, bytes);
  std::size_t first = 0;
  if (!uninitialised(from, from_offset, bytes, &first)) return;
  std::vector<bool> known(bytes);
  from.shadow.visit(from_offset, bytes, [&](Cell& cell, std::size_t at) {
    std::fill_n(known.begin() + static_cast<std::ptrdiff_t>(at - from_offset), cell.split ? 1 : 4,
                cell.initialised);
  });
  for (std::size_t run = 0, end; run < bytes; run = end) {
    for (end = run; end < bytes && known[end] == known[run];) ++end;
    if (known[run]) continue;
    to.shadow.visit(to_offset + run, end - run, [](Cell& cell, std::size_t) { cell.initialised = false; });
  }
}

std::size_t Checker::uninitialised(Buffer& buffer, std::size_t offset, std::size_t bytes,
                                   std::size_t* first) {
  std::size_t count = 0;
  if (!buffer.shadow.tracks(buffer.bytes)) return 0;
  buffer.shadow.visit(offset, bytes, [&](Cell& cell, std::size_t at) {
    if (cell.initialised) return;
    if (!count) *first = at;
    count += cell.split ? 1 : 4;
  });
  return count;
}

// ---- reports

void Checker::found(Defect defect, const std::string& what, const void* code, const Stamp& other) {
  ++findings_;
  Finding& first = first_[static_cast<std::size_t>(defect)];
  if (!first.headline.empty()) return;
  first = {name(defect) + what, code, running.index, running.current->index, other};
}

std::string Checker::position(const Stamp& stamp) const {
  auto after =
      std::upper_bound(blocks_.begin(), blocks_.end(), stamp.interval,
                       [](std::uint32_t interval, const auto& block) { return interval < block.first; });
  const uint3 block = std::prev(after)->second;
  return source_line(stamp.code) + ", block " + to_string(block) + " thread " +
         to_string(running.threads[stamp.thread].index);
}

std::string Checker::report(const Finding& finding) const {
  std::string text = finding.headline + "\n  at " + source_line(finding.code) + ", block " +
                     to_string(finding.block) + " thread " + to_string(finding.thread) + "\n";
  if (finding.other.interval) text += "  the other at " + position(finding.other) + "\n";
  return text;
}

std::string Checker::report() const {
  if (!findings_) return {};
  std::string text;
  std::size_t told = 0;
  for (const Finding& finding : first_) {
    if (finding.headline.empty()) continue;
    text += report(finding);
    ++told;
  }
  text += "in kernel " + function_name(running.call->function);
  if (findings_ > told) text += ", and " + std::to_string(findings_ - told) + " more findings like these";
  return text;
}

}  // namespace simt::detail
