// A spec, written down as a program: what a step and a test are, and where a replica's arrays lie.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "innate/engine/pool.h"
#include "kernels/program/plan.h"

namespace innate::engine {

/// Test images a call. Part of the results' definition: losses are added call by call.
inline constexpr std::int64_t kTestRows = 500;

/// A replica's arrays on a tape.
struct OwnArrays {
  Own own;
  Variable test_seed, tests;     // a drawn test's seed, and how many there were
  Variable call, losses, right;  // of the test that is being taken: its next call, and what it has found
};
/// Adds the state of one replica of this genome; `stored`: with its fixed random numbers.
OwnArrays add_state(Tape& tape, const Genome& genome, const Network& network, bool stored);

/// Writes the sections "test" and, where calls of `rows` leave some of the `images` over, "rest". sense(rows,
/// first, call) gives what call number *call sees; where `call` is empty, that from `first` on.
using SenseTest = std::function<Task::Sensed(std::int64_t rows, std::int64_t first, Variable call)>;
using MeasureTest =
    std::function<void(const Task::Sensed&, Variable answers, Variable loss, Variable correct)>;
void write_test(Tape& tape, const Genome& genome, const Network& network, const OwnArrays& arrays,
                std::int64_t images, std::int64_t rows, const SenseTest& sense, const MeasureTest& measure);

/// A program with its plans.
struct Compiled {
  program::Code code;
  std::vector<program::SectionPlan> plans;  // of each section, for fused workers
  std::vector<program::SectionPlan> flat;   // for launches: without fast memory (a device's; else empty)
  std::vector<std::int64_t> offsets;        // of state arrays in the block
  std::int64_t state_bytes = 0;

  int section(const std::string& name) const;  // -1: not there
  /// Where a state array lies in a replica's block.
  template <class T>
  T* at(void* state, const std::string& name) const {
    return reinterpret_cast<T*>(static_cast<char*>(state) + offset(name));
  }
  std::int64_t offset(const std::string& name) const;
  std::int64_t floats(const std::string& name) const;
  std::int64_t scratch_bytes() const;  // the most that a section needs, with a core's own behind it
  std::int64_t flat_bytes() const;
  /// A replica's own, and what a worker needs beside it.
  Needs needs() const {
    return {static_cast<std::size_t>(state_bytes),
            static_cast<std::size_t>(std::max(scratch_bytes(), flat_bytes())),
            program::cost_of(code.sections.front()).operations};
  }
};
Compiled compiled(Tape& tape, Backend backend, std::int64_t fast_bytes);

/// Of a spec: sections "train", "test" and "rest".
Compiled compile(const Spec& spec, bool stored, Backend backend, std::int64_t fast_bytes);
/// How often "test" is passed through in a test.
std::int64_t test_calls(const Spec& spec);
std::int64_t test_images(const Spec& spec);

/// What a replica starts with: its own draw, or its genome's.
Draw start(const Replica& replica);
/// Writes a replica's block as it is at the start, or as it was saved, but for its stored random numbers.
void write_state(const Compiled& compiled, const Replica& replica, const ReplicaState& saved, void* block);
void write_state(const Compiled& compiled, const Draw& draw, std::uint64_t seed, void* block);
/// Makes those in the context's memory.
void fill_basis(Context& context, const Compiled& compiled, const Genome& genome, const Network& network,
                void* block);

}  // namespace innate::engine
