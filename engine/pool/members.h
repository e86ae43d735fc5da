// What a pool holds, and how it runs it: on cores, or on a device.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/pool/compiled.h"

namespace innate::engine {

/// A replica in a pool. Its block lies in the context's memory while it is in training; else its state holds
/// all that is left of it.
struct Item {
  Replica replica;
  std::shared_ptr<const Compiled> compiled;
  ReplicaState state;
  bool keeps_draw = false;  // its frozen numbers and scale are saved: they are not from its seed
  Buffer<unsigned char> block;

  bool running() const { return state.status == Status::running; }
  std::int64_t next_test() const { return next_test(state.last_test); }
  std::int64_t next_test(std::int64_t last) const;
  bool test_is_due() const { return running() && state.steps == next_test(); }
};

struct PoolMembers {
  PoolMembers(Context& context_, std::vector<Replica> replicas, Executor executor_, std::size_t memory_,
              std::int64_t fast_bytes);
  virtual ~PoolMembers() = default;
  virtual std::vector<TestResult> run(double seconds) = 0;
  virtual std::vector<TestResult> advance(std::int64_t steps) = 0;

  const Item& item(int replica) const;
  /// The most expensive first; those that have begun before all others.
  void reorder();
  void begin(Context& own, Item* item);
  /// Takes a test's numbers, decides whether the replica goes on, and lets go of its block if it does not.
  TestResult judge(Context& own, std::size_t number, double losses, std::int64_t right, float loss_sum);
  /// What its spec's tests measure beside answers, of a replica in training.
  std::vector<Measured> measure(Context& own, const Item& item) const;
  /// A state array of a replica in training.
  std::vector<float> download(Context& own, const Item& item, const std::string& name) const;
  /// What a replica in training has learned by now, and all that its learner keeps, to `state`.
  void keep(Context& own, const Item& item, ReplicaState* state) const;
  /// The same to its own state; its block goes, until it goes on.
  void park(Context& own, Item* item);
  Draw numbers(const Item& item) const;
  void check_fits(std::size_t number, const ReplicaState& state) const;
  std::vector<std::string> choices() const { return said; }

  Context& context;
  Executor executor;
  std::size_t memory;
  std::vector<Item> items;
  std::vector<std::size_t> order;  // of the items
  std::vector<std::string> said;
  std::mutex allocating;  // workers share the context's allocator

 private:
  void check_memory() const;
  void add_draw(Context& own, const Item& item, ReplicaState* state) const;
};

/// Bytes of a block's shared memory that programs can use; 0 on the CPU.
std::int64_t fast_bytes(const Context& context);

std::unique_ptr<PoolMembers> on_cpu(Context& context, std::vector<Replica> replicas, Executor executor,
                                    std::size_t memory);
std::unique_ptr<PoolMembers> on_device(Context& context, std::vector<Replica> replicas, Executor executor,
                                       std::size_t memory);

/// Whether frozen numbers and scale were saved with it.
bool has_draw(const ReplicaState& state);

/// By replica and step.
void sort_results(std::vector<TestResult>* results);

}  // namespace innate::engine
