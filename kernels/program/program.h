// Code: what a tape has recorded for one point of an experiment: arrays, and sections of instructions that
// work on them. In it a pointer is a symbol, array and offset, since where arrays lie differs between
// replicas and workers; `Bind` turns symbols into pointers.
//
//   section   a prologue, run whenever a worker takes up a replica, and a body, run `times` times
//   state     arrays of a replica that last between runs, in one block of memory
//   scratch   arrays that last through one run, in memory of the worker that runs it; those that are never
//             needed at the same time share it
//   core      scratch that every core has of its own, also where several work on one replica
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "innate/kernels/context.h"

#include "kernels/program/instruction.h"

namespace innate::program {

enum class Where : uint8_t { state, scratch, core };

struct Array {
  std::string name;
  int64_t bytes = 0;
  Where where = Where::scratch;
};

/// Where in a section's body work that is no instruction belongs: before number `before`. Its
/// function is given where each array lies; it is empty where a caller does that work between
/// two runs.
struct Pause {
  std::size_t before = 0;
  std::function<void(Context&, const std::function<void*(int array)>&)> function;
};

struct Section {
  std::string name;
  std::vector<Instruction> prologue, body;
  std::vector<Pause> pauses;  // in their order; sections that have some are not for pools
};

struct Code {
  std::vector<Array> arrays;
  std::vector<Section> sections;
};

/// The kinds that a section has, as bits.
inline uint32_t kinds_of(const Section& section) {
  uint32_t kinds = 0;
  for (const auto* list : {&section.prologue, &section.body})
    for (const Instruction& i : *list) kinds |= bit(i.kind);
  return kinds;
}

/// One pass through the body.
inline Cost cost_of(const Section& section) {
  Cost sum;
  for (const Instruction& i : section.body) {
    const Cost own = cost_of(i);
    sum.operations += own.operations;
    sum.bytes += own.bytes;
  }
  return sum;
}

// ---- symbols

/// No pointer of a process has this bit.
constexpr uint64_t kSymbol = uint64_t{1} << 62;
constexpr int kArrayShift = 40;

inline uint64_t symbol(int array, int64_t byte) {
  return kSymbol | static_cast<uint64_t>(array) << kArrayShift | static_cast<uint64_t>(byte);
}
INNATE_HD bool is_symbol(const void* pointer) { return (reinterpret_cast<uint64_t>(pointer) & kSymbol) != 0; }
INNATE_HD int array_of(const void* pointer) {
  return static_cast<int>((reinterpret_cast<uint64_t>(pointer) & ~kSymbol) >> kArrayShift);
}
INNATE_HD int64_t byte_of(const void* pointer) {
  return static_cast<int64_t>(reinterpret_cast<uint64_t>(pointer) & ((uint64_t{1} << kArrayShift) - 1));
}

/// A visitor (core/operands.h) that turns symbols into pointers: `address(array)` is where an array begins.
template <class Address>
struct Bind {
  Address address;
  template <class T, class... Rest>
  INNATE_HD void in(T*& pointer, Rest...) const {
    bind(pointer);
  }
  template <class T>
  INNATE_HD void out(T*& pointer, int64_t) const {
    bind(pointer);
  }
  template <class T>
  INNATE_HD void both(T*& pointer, int64_t) const {
    bind(pointer);
  }

 private:
  template <class T>
  INNATE_HD void bind(T*& pointer) const {
    if (is_symbol(pointer)) pointer = reinterpret_cast<T*>(address(array_of(pointer)) + byte_of(pointer));
  }
};

}  // namespace innate::program
