#include "engine/pool/members.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace innate::engine {

std::int64_t Item::next_test() const {
  if (state.last_test < 0) return 0;
  const Spec& spec = *replica.spec;
  return std::min(spec.learner->steps(), (state.last_test / spec.testing.every + 1) * spec.testing.every);
}

PoolMembers::PoolMembers(Context& context_, std::vector<Replica> replicas, Executor executor_,
                         std::size_t memory_, std::int64_t fast_bytes)
    : context(context_), executor(executor_), memory(memory_) {
  std::map<std::pair<const Spec*, bool>, std::shared_ptr<const Compiled>> compiled;
  for (Replica& replica : replicas) {
    auto& shared = compiled[{replica.spec.get(), replica.stores_basis}];
    if (!shared)
      shared = std::make_shared<Compiled>(
          compile(*replica.spec, replica.stores_basis, context.backend(), fast_bytes));
    Item item;
    item.replica = std::move(replica);
    item.compiled = shared;
    items.push_back(std::move(item));
  }
  reorder();
}

const Item& PoolMembers::item(int replica) const {
  if (replica < 0 || replica >= static_cast<int>(items.size()))
    throw Error("there is no replica " + std::to_string(replica) + " in a pool of " +
                std::to_string(items.size()));
  return items[static_cast<std::size_t>(replica)];
}

void PoolMembers::reorder() {
  std::vector<double> left(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    const double steps = static_cast<double>(item.replica.spec->learner->steps() - item.state.steps);
    left[i] = steps * program::cost_of(item.compiled->program.sections.front()).operations;
  }
  order.resize(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const bool begun_a = items[a].state.begun(), begun_b = items[b].state.begun();
    return begun_a != begun_b ? begun_a : left[a] > left[b];
  });
}

void PoolMembers::begin(Context& own, Item* item) {
  const Compiled& c = *item->compiled;
  {
    const std::lock_guard<std::mutex> lock(allocating);
    item->block = Buffer<unsigned char>::of_size(own, static_cast<std::size_t>(c.state_bytes));
  }
  if (own.backend() == Backend::cpu) {
    write_state(c, item->replica, item->state, item->block.data());
  } else {
    std::vector<unsigned char> host(item->block.size());
    write_state(c, item->replica, item->state, host.data());
    item->block.upload(host);
  }
  fill_basis(own, c, *item->replica.spec->genome, item->replica.spec->network, item->block.data());
  item->state.arrays.clear();  // the block holds them
}

std::vector<float> PoolMembers::download(const Item& item, const std::string& name) const {
  const Compiled& c = *item.compiled;
  std::vector<float> numbers(static_cast<std::size_t>(c.floats(name)));
  context.download(numbers.data(), item.block.data() + c.offset(name), numbers.size() * sizeof(float));
  return numbers;
}

void PoolMembers::keep(const Item& item, ReplicaState* state) const {
  state->arrays = {{"learned", download(item, "learned")}};
  for (const std::string& name : item.replica.spec->learner->kept())
    state->arrays.push_back({name, download(item, name)});
  state->loss_sum = download(item, "loss_sum").front();
}

void PoolMembers::check_fits(const Item& item, const ReplicaState& state) const {
  std::vector<std::string> wanted = {"learned"};
  if (state.begun() && state.status == Status::running)
    for (const std::string& name : item.replica.spec->learner->kept()) wanted.push_back(name);
  for (std::size_t a = 0; state.begun() && a < std::max(wanted.size(), state.arrays.size()); ++a) {
    const std::string found = a < state.arrays.size() ? state.arrays[a].name : "nothing";
    if (a >= wanted.size() || found != wanted[a])
      throw Error("the saved state of a replica has " + found + " where " +
                  (a < wanted.size() ? "'" + wanted[a] + "'" : "nothing") + " belongs");
    if (static_cast<std::int64_t>(state.arrays[a].numbers.size()) != item.compiled->floats(found))
      throw Error("the saved state of a replica has " + std::to_string(state.arrays[a].numbers.size()) +
                  " numbers of '" + found + "', the pool's has " +
                  std::to_string(item.compiled->floats(found)));
  }
}

TestResult PoolMembers::judge(Context& own, std::size_t number, double losses, std::int64_t right,
                              float loss_sum) {
  Item& item = items[number];
  const Spec& spec = *item.replica.spec;
  ReplicaState& state = item.state;
  const double trained = static_cast<double>(state.steps - std::max<std::int64_t>(state.last_test, 0));
  TestResult result{
      static_cast<int>(number),
      state.steps,
      static_cast<double>(right) / static_cast<double>(test_images(spec)),
      losses,
      trained > 0 ? static_cast<double>(loss_sum) / trained : std::numeric_limits<double>::quiet_NaN(),
      {}};
  const bool stops = state.progress.stops(spec.testing.stop, result.accuracy);
  const bool finite = std::isfinite(losses) && std::isfinite(loss_sum);
  if (!finite)
    state.status = Status::diverged;
  else if (state.steps == spec.learner->steps())
    state.status = Status::done;
  else if (stops)
    state.status = Status::stopped;
  state.last_test = state.steps;
  ++state.tests;
  const bool leaves = state.status != Status::running;
  const bool placed = item.replica.notes_places && spec.genome->has_places();
  std::vector<float> numbers(leaves || placed ? static_cast<std::size_t>(item.compiled->floats("learned"))
                                              : 0);
  own.download(numbers.data(), item.compiled->at<float>(item.block.data(), "learned"),
               numbers.size() * sizeof(float));
  if (placed) result.places = spec.genome->places(spec.network, numbers);
  if (!leaves) {
    own.clear(item.compiled->at<float>(item.block.data(), "loss_sum"), sizeof(float));
  } else {
    state.arrays = {{"learned", std::move(numbers)}};
    state.loss_sum = 0;
    const std::lock_guard<std::mutex> lock(allocating);
    item.block = {};
  }
  return result;
}

void sort_results(std::vector<TestResult>* results) {
  std::sort(results->begin(), results->end(), [](const TestResult& a, const TestResult& b) {
    return a.replica != b.replica ? a.replica < b.replica : a.at < b.at;
  });
}

}  // namespace innate::engine
