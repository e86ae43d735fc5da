// Pool: all replicas of an experiment, whatever their genomes, networks and learners. The most expensive come
// first, and no core or multiprocessor waits for those of another kind to end. What happens to a replica
// depends on its own seed and spec alone: not on the others, the threads, the memory or the executor.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "innate/engine/spec.h"
#include "innate/kernels/api.h"
#include "innate/kernels/context.h"

namespace innate::engine {

enum class Status { running, done, stopped, diverged };
INNATE_API const char* name(Status status);

/// One independent run.
struct Replica {
  std::shared_ptr<const Spec> spec;
  std::uint64_t seed = 0;
  bool stores_basis =
      true;  // false: the fixed random numbers of a genome are made at every use, with the same bits
  bool notes_places = false;  // each test says where the genes lie, where they have places
  /// The numbers that it starts with; null: those that the genome draws from the seed.
  std::shared_ptr<const Draw> draw = nullptr;
};

/// What one test of one replica found.
struct TestResult {
  int replica = 0;
  std::int64_t at = 0;  // steps done
  double accuracy = 0, loss = 0;
  double train_loss = 0;  // mean over the steps since the last test; NaN before the first step
  std::vector<GenePlace> places;
  std::vector<Measured> measures;  // that the spec asks for; none of a replica that diverged
};

/// All that has changed in a replica since it was drawn.
struct ReplicaState {
  struct Array {
    std::string name;
    std::vector<float> numbers;
  };
  Status status = Status::running;
  std::int64_t steps = 0, tests = 0, last_test = -1;
  Progress progress;
  float loss_sum = 0;  // of the steps since the last test
  /// "learned", then what the learner keeps (not of one that has ended), then "frozen" and "scale" where
  /// these are not from the seed but from Replica::draw.
  std::vector<Array> arrays;

  bool begun() const { return !arrays.empty(); }
  const std::vector<float>& learned() const { return arrays.front().numbers; }
};

struct PoolState {
  std::vector<ReplicaState> replicas;
};

/// How sections are run; the bits are the same.
///   fused     a core, or a block, takes one replica through many steps
///   launches  all cores, or blocks, take an instruction after the other
///   graph     launches that are captured once and replayed (on the CPU: launches)
enum class Executor { automatic, fused, launches, graph };
INNATE_API const char* name(Executor executor);

/// Bytes that a replica takes in the context's memory while it is in training: its own, and what a worker
/// needs beside it; and the multiply-adds, or what takes as long, of one of its steps. Allocates nothing.
/// Throws Error where the replica is none (Pool).
struct Needs {
  std::size_t state = 0, worker = 0;
  double operations = 0;
};
INNATE_API Needs needs(const Context& context, const Replica& replica);

struct PoolMembers;

class INNATE_API Pool {
 public:
  /// `context` must outlive the pool. `memory`: bytes of the context's memory that replicas in training may
  /// take (0: no limit); where that is not enough for all, some wait until others have ended. On a CPU each
  /// thread has what the replica that needs most of it needs. Throws Error where there is no replica, one has
  /// no spec or a spec that does not fit (Spec::check) or a draw of other numbers than its genome's, or
  /// `memory` is not enough for one of them alone.
  Pool(Context& context, std::vector<Replica> replicas, Executor executor = Executor::automatic,
       std::size_t memory = 0);
  ~Pool();

  /// Trains and tests for about so long (0: a glance), the most expensive replicas first, and returns what
  /// tests have found, by replica and step. Replicas that diverged (the loss of a step since the last test,
  /// or of the test, was not finite), stopped or are done leave the pool.
  std::vector<TestResult> run(double seconds);
  /// The same, for `steps` steps of every replica that is running (0: only tests that are due). Where
  /// `memory` is not enough for all they take turns, and what a replica has learned waits in host memory.
  std::vector<TestResult> advance(std::int64_t steps);

  bool finished() const { return running() == 0; }
  int running() const;  // those that wait are counted
  Status status(int replica) const;
  std::int64_t steps(int replica) const;
  /// Its learned numbers as they are now, or as they were when it left.
  std::vector<float> learned(int replica) const;
  /// The same with its frozen numbers and scale: what Replica::draw and Grown take.
  Draw numbers(int replica) const;
  // These four throw Error where there is no such replica.

  /// To go on later, or elsewhere, with the same bits. Of replicas that have not begun nothing is kept.
  /// `load` throws Error, and changes nothing, where the state is of another pool's replicas: other arrays,
  /// or steps and tests that these cannot have done.
  PoolState save() const;
  void load(const PoolState& state);

  /// What was chosen for each kind of section, a line each.
  std::vector<std::string> choices() const;

 private:
  std::unique_ptr<PoolMembers> members_;
};

}  // namespace innate::engine
