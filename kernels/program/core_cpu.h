// Programs on the CPU.
#pragma once

#include <vector>

#include "kernels/program/plan.h"

namespace innate::program {

/// A section, bound to one replica's state and one worker's scratch.
class INNATE_API Bound {
 public:
  /// Memory stays the caller's. Keeps the room of an earlier binding.
  void bind(const Section& section, const SectionPlan& plan, void* state, void* scratch, void* core);

  /// Fused: this core takes the prologue and `times` times the body.
  void run(int64_t times) const;
  /// The prologue alone, or instructions `begin` to end - 1 of the body once.
  void run_prologue() const;
  void run_part(std::size_t begin, std::size_t end) const;

  const std::vector<Instruction>& prologue() const { return prologue_; }
  const std::vector<Instruction>& body() const { return body_; }

 private:
  std::vector<Instruction> prologue_, body_;
};

/// Launches: all threads of a team take one replica through the prologue and `times` times the body, each
/// instruction spread over them. The members are the same section and replica, bound with each thread's own
/// memory of a core.
INNATE_API void run_together(const std::vector<Bound>& team, int64_t times);

}  // namespace innate::program
