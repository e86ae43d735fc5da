// Programs on a device.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "innate/kernels/context.h"
#include "kernels/program/model.h"

namespace innate::program {

/// One replica's turn: `times` passes through a section's body.
struct Job {
  const Code* code = nullptr;
  int section = 0;
  const SectionPlan* fused = nullptr;  // its plan for a block with fast memory
  const SectionPlan* flat = nullptr;   // without
  void* state = nullptr;               // memory of the device
  void* scratch = nullptr;             // as much as the larger of both plans needs; the job's own
  int64_t times = 0;
};

enum class Way { fused, launches, graph };

/// The instructions of jobs, on the device: what they are made of is allocated and uploaded once, so that
/// launching them allocates nothing, uploads nothing and waits for nothing, and can be captured.
class INNATE_API Launches {
 public:
  virtual ~Launches() = default;
  virtual void prologue() = 0;
  /// Instructions `begin` to end - 1 of the body, once.
  virtual void body(int begin, int end) = 0;
};

class INNATE_API Machine {
 public:
  virtual ~Machine() = default;
  /// Of one job; on the context's stream.
  virtual std::unique_ptr<Launches> launches(const Job& job) = 0;
  /// Bytes of fast memory that a plan for fused blocks may use.
  virtual int64_t fast_bytes() const = 0;
  /// The device, as the model takes it (model.h): its own multiprocessors and shared memory.
  virtual DeviceModel model() const = 0;
  /// Whether some program class holds the section, so that it can be fused.
  virtual bool has_class(const Section& section) const = 0;
  /// Error where the section needs what is not here: a library.
  virtual void prepare(const Section& section) = 0;
  /// Runs the jobs; fused: in their order, so the most expensive come first. launches, graph: jobs of one
  /// program shape must ask for the same number of passes. Waits for nothing.
  virtual void run(Way way, const std::vector<Job>& jobs) = 0;
};

/// Null where this build has no CUDA; else `context` must be on a device, and outlive the machine.
INNATE_API std::unique_ptr<Machine> machine(Context& context);

}  // namespace innate::program
