// Cohort: replicas of one kind of genome, network, task and learning rule, trained together; seeds, gene
// counts and rates may differ. What happens to a replica depends on its own seed and settings alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "innate/engine/genome.h"
#include "innate/engine/learning.h"
#include "innate/engine/task.h"
#include "innate/kernels/api.h"

namespace innate::engine {

enum class Status { running, done, stopped, diverged };
INNATE_API const char* name(Status status);

/// One independent run.
struct Replica {
  std::shared_ptr<const Genome> genome;
  std::uint64_t seed = 0;
  double rate = 0;
};

/// What one test of one replica found.
struct TestResult {
  int replica = 0;
  std::int64_t at = 0;  // steps done
  double accuracy = 0, loss = 0;
  double train_loss = 0;  // mean over the steps since the last test; NaN before the first step
};

/// All that has changed in a replica since it was drawn.
struct ReplicaState {
  Status status = Status::running;
  std::int64_t steps = 0;
  Progress progress;
  float loss_sum = 0;  // of the steps since the last test
  std::vector<float> learned, first_moment, second_moment;
};

struct CohortState {
  std::int64_t steps = 0, tests = 0, last_test = -1;
  std::vector<ReplicaState> replicas;
};

class Shard;

class INNATE_API Cohort {
 public:
  /// `context` and `task` must outlive the cohort. All genomes must be of one kind. On the CPU a thread takes
  /// one replica through all steps of a call before the next, so that what it works on stays in the core's
  /// cache.
  Cohort(Context& context, const Classification& task, Network network, std::vector<Replica> replicas,
         Gradient learning, Testing testing);
  ~Cohort();

  /// Bytes of the context's memory that each of these replicas takes in a cohort; the task's images come on
  /// top. Allocates nothing.
  static std::vector<std::size_t> bytes(Context& context, const Classification& task, const Network& network,
                                        const std::vector<Replica>& replicas, const Gradient& learning,
                                        const Testing& testing);

  std::int64_t steps() const;
  bool finished() const;     // nothing left to train or to test
  bool test_is_due() const;  // `train` would do nothing until `test` was called
  int running() const;
  Status status(int replica) const;
  std::int64_t steps_of(int replica) const;
  /// Its learned numbers as they are now, or as they were when it left the cohort.
  std::vector<float> learned(int replica) const;

  /// Up to `steps` steps, not beyond the next test. Returns how many.
  std::int64_t train(std::int64_t steps);
  /// Tests every running replica, in the order of their numbers; those that diverged (the loss of a step
  /// since the last test, or of the test, was not finite), stopped or are done leave the cohort.
  std::vector<TestResult> test();

  /// To go on later, or elsewhere, with the same bits.
  CohortState save() const;
  void load(const CohortState& state);

 private:
  struct Place {
    std::size_t shard;
    int index;
  };
  const Shard& leader() const;  // a shard that is still running, if any is
  template <class Work>
  void on_all_shards(const Work& work);

  Context& context_;
  std::vector<std::unique_ptr<Context>> contexts_;  // of the shards, on the CPU
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Place> places_;  // of each replica
};

}  // namespace innate::engine
