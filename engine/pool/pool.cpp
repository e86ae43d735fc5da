#include "innate/engine/pool.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>
#include <numeric>
#include <set>

#include "engine/pool/members.h"

namespace innate::engine {

const char* name(Status status) {
  switch (status) {
    case Status::running: return "running";
    case Status::done: return "done";
    case Status::stopped: return "stopped";
    case Status::diverged: return "diverged";
  }
  return "";
}

const char* name(Executor executor) {
  switch (executor) {
    case Executor::automatic: return "automatic";
    case Executor::fused: return "fused";
    case Executor::launches: return "launches";
    case Executor::graph: return "graph";
  }
  return "";
}

namespace {

void check(const std::vector<Replica>& replicas) {
  if (replicas.empty()) throw Error("a pool needs at least one replica");
  for (std::size_t r = 0; r < replicas.size(); ++r)
    if (!replicas[r].spec) throw Error("replica " + std::to_string(r) + " of a pool has no spec");
}

}  // namespace

Needs needs(const Context& context, const Replica& replica) {
  const std::int64_t fast = fast_bytes(context);
  const Compiled c = compile(*replica.spec, replica.stores_basis, context.backend(), fast);
  return {static_cast<std::size_t>(c.state_bytes),
          static_cast<std::size_t>(std::max(c.scratch_bytes(), c.flat_bytes()))};
}

Pool::Pool(Context& context, std::vector<Replica> replicas, Executor executor, std::size_t memory) {
  check(replicas);
  members_ = context.backend() == Backend::cpu ? on_cpu(context, std::move(replicas), executor, memory)
                                               : on_device(context, std::move(replicas), executor, memory);
}
Pool::~Pool() = default;

std::vector<TestResult> Pool::run(double seconds) { return members_->run(seconds); }
std::vector<TestResult> Pool::advance(std::int64_t steps) { return members_->advance(steps); }

int Pool::running() const {
  return static_cast<int>(std::count_if(members_->items.begin(), members_->items.end(), [](const Item& item) {
    return item.state.status == Status::running;
  }));
}
Status Pool::status(int replica) const { return members_->item(replica).state.status; }
std::int64_t Pool::steps(int replica) const { return members_->item(replica).state.steps; }
std::vector<std::string> Pool::choices() const { return members_->choices(); }

std::vector<float> Pool::learned(int replica) const {
  const Item& item = members_->item(replica);
  if (item.block.size() > 0) return members_->download(item, "learned");
  if (item.state.begun()) return item.state.learned();
  return item.replica.spec->genome->draw(item.replica.spec->network, item.replica.seed).learned;
}

PoolState Pool::save() const {
  const Phase phase(members_->context, "innate save");
  PoolState state;
  for (const Item& item : members_->items) {
    state.replicas.push_back(item.state);
    if (item.block.size() > 0) members_->keep(item, &state.replicas.back());
  }
  return state;
}

void Pool::load(const PoolState& state) {
  if (state.replicas.size() != members_->items.size())
    throw Error("a state of " + std::to_string(state.replicas.size()) +
                " replicas cannot be loaded into a pool of " + std::to_string(members_->items.size()));
  for (std::size_t r = 0; r < state.replicas.size(); ++r) {
    Item& item = members_->items[r];
    members_->check_fits(item, state.replicas[r]);
    item.state = state.replicas[r];
    item.block = {};
  }
  members_->reorder();
}

}  // namespace innate::engine
