// Shard: replicas of a cohort that are trained in lockstep: one on the CPU, all of them on a device. It owns
// their memory, and runs the fused loop on them, or the rooms one after the other.
#pragma once

#include <memory>
#include <vector>

#include "engine/cohort/measure.h"
#include "innate/engine/cohort.h"

namespace innate::engine {

class Shard {
 public:
  Shard(Context& context, const Classification& task, Network network, std::vector<Replica> replicas,
        Gradient learning, Testing testing);
  ~Shard();
  /// Bytes of the context's memory that a shard of these replicas takes. Allocates nothing.
  static std::size_t bytes(Context& context, const Classification& task, const Network& network,
                           const std::vector<Replica>& replicas, const Gradient& learning,
                           const Testing& testing);

  std::int64_t steps() const { return state_.steps; }
  bool finished() const { return active_.empty(); }
  bool test_is_due() const { return !finished() && state_.steps == next_test(); }
  int running() const { return static_cast<int>(active_.size()); }
  Status status(int replica) const { return state_.replicas[static_cast<std::size_t>(replica)].status; }
  std::int64_t steps_of(int replica) const;
  std::vector<float> learned(int replica) const;

  std::int64_t train(std::int64_t steps);
  /// Measures every running replica, decides which of them go on, and keeps what the others have learned.
  std::vector<TestResult> test();
  /// Lets go of those that do not go on. Apart from `test`, since it allocates memory.
  void settle();

  CohortState save() const;
  void load(const CohortState& state);

 private:
  struct Memory;
  void train_once();
  void train_fused(std::int64_t steps);
  void activate();
  void update();
  std::int64_t next_test() const;
  int test_images() const;
  Measured measure();
  Ragged<const std::uint8_t> draw(const DeviceImages& set, const std::uint64_t* seeds, std::int64_t step,
                                  int rows, Inputs* inputs);
  Ragged<const std::uint8_t> test_inputs(int first, int rows, Inputs* inputs);
  Status judge(const TestResult& result, bool finite, Progress* progress) const;

  Context& context_;
  const Classification& task_;
  Network network_;
  std::vector<Replica> replicas_;
  Gradient learning_;
  Testing testing_;
  CohortState state_;  // learned and moments of running replicas are in memory_, not here
  std::vector<int> active_;
  std::unique_ptr<Memory> memory_;
};

}  // namespace innate::engine
