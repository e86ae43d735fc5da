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
#include "kernels/core/check.h"

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

void check_finite(const std::vector<float>& numbers, const char* what) {
  for (std::size_t i = 0; i < numbers.size(); ++i)
    require(std::isfinite(numbers[i]), what, " number ", i, " of its draw is ", numbers[i]);
}

void check(const Replica& replica) {
  require(replica.spec != nullptr, "it has no spec");
  const Spec& spec = *replica.spec;
  if (!replica.draw) return;
  check(*replica.draw, spec.genome->layout(spec.network));
  check_finite(replica.draw->learned, "learned");
  check_finite(replica.draw->frozen, "frozen");
  check_finite(replica.draw->scales, "the scale,");
}

void check(const std::vector<Replica>& replicas, Backend backend) {
  require(!replicas.empty(), "a pool needs at least one replica");
  std::set<const Spec*> known;
  for (std::size_t r = 0; r < replicas.size(); ++r) try {
      if (replicas[r].spec && known.insert(replicas[r].spec.get()).second) replicas[r].spec->check(backend);
      check(replicas[r]);
    } catch (const Error& error) {
      throw Error("replica " + std::to_string(r) + " of a pool: " + error.what());
    }
}

}  // namespace

Needs needs(const Context& context, const Replica& replica) {
  check({replica}, context.backend());
  return compile(*replica.spec, replica.stores_basis, context.backend(), fast_bytes(context)).needs();
}

Pool::Pool(Context& context, std::vector<Replica> replicas, Executor executor, std::size_t memory) {
  check(replicas, context.backend());
  require(*name(executor) != '\0', "there is no executor ", static_cast<int>(executor),
          "; use one of enum Executor");
  members_ = context.backend() == Backend::cpu ? on_cpu(context, std::move(replicas), executor, memory)
                                               : on_device(context, std::move(replicas), executor, memory);
}
Pool::~Pool() = default;

std::vector<TestResult> Pool::run(double seconds) {
  constexpr double kMost = 1e9;  // of what a clock can add
  require(seconds >= 0, "a pool is to run for ", seconds, " seconds; it must be a number of at least 0");
  return members_->run(std::min(seconds, kMost));
}
std::vector<TestResult> Pool::advance(std::int64_t steps) {
  require(steps >= 0, "a pool is to advance by ", steps, " steps; it must be at least 0");
  return members_->advance(steps);
}

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
  if (item.block.size() > 0) return members_->download(members_->context, item, "learned");
  return item.state.begun() ? item.state.learned() : start(item.replica).learned;
}
Draw Pool::numbers(int replica) const { return members_->numbers(members_->item(replica)); }

PoolState Pool::save() const {
  const Phase phase(members_->context, "innate save");
  PoolState state;
  for (const Item& item : members_->items) {
    state.replicas.push_back(item.state);
    if (item.block.size() > 0) members_->keep(members_->context, item, &state.replicas.back());
  }
  return state;
}

void Pool::load(const PoolState& state) {
  require(state.replicas.size() == members_->items.size(), "a state of ", state.replicas.size(),
          " replicas cannot be loaded into a pool of ", members_->items.size());
  for (std::size_t r = 0; r < state.replicas.size(); ++r) members_->check_fits(r, state.replicas[r]);
  for (std::size_t r = 0; r < state.replicas.size(); ++r) {
    Item& item = members_->items[r];
    item.state = state.replicas[r];
    item.keeps_draw = item.replica.draw || has_draw(item.state);
    item.block = {};
  }
  members_->reorder();
}

}  // namespace innate::engine
