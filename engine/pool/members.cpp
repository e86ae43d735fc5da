#include "engine/pool/members.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "engine/measure/measure.h"
#include "kernels/core/check.h"

namespace innate::engine {

std::int64_t Item::next_test(std::int64_t last) const {
  return replica.spec->testing.next(last, replica.spec->learner->steps());
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
    item.keeps_draw = item.replica.draw != nullptr;
    item.compiled = shared;
    items.push_back(std::move(item));
  }
  check_memory();
  reorder();
}

void PoolMembers::check_memory() const {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Needs own = items[i].compiled->needs();
    require(memory == 0 || own.state + own.worker <= memory, "replica ", i, " needs ", own.state + own.worker,
            " bytes (", own.state, " of its own, ", own.worker, " of a worker), and a pool may take ", memory,
            "; allow more, or make its genome smaller");
  }
}

const Item& PoolMembers::item(int replica) const {
  require(replica >= 0 && replica < static_cast<int>(items.size()), "there is no replica ", replica,
          " in a pool of ", items.size());
  return items[static_cast<std::size_t>(replica)];
}

void PoolMembers::reorder() {
  std::vector<double> left(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    const double steps = static_cast<double>(item.replica.spec->learner->steps() - item.state.steps);
    left[i] = steps * program::cost_of(item.compiled->code.sections.front()).operations;
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

std::vector<float> PoolMembers::download(Context& own, const Item& item, const std::string& name) const {
  const Compiled& c = *item.compiled;
  std::vector<float> numbers(static_cast<std::size_t>(c.floats(name)));
  own.download(numbers.data(), item.block.data() + c.offset(name), numbers.size() * sizeof(float));
  return numbers;
}

void PoolMembers::add_draw(Context& own, const Item& item, ReplicaState* state) const {
  if (!item.keeps_draw) return;
  for (const char* name : {"frozen", "scale"}) state->arrays.push_back({name, download(own, item, name)});
}

void PoolMembers::keep(Context& own, const Item& item, ReplicaState* state) const {
  state->arrays = {{"learned", download(own, item, "learned")}};
  for (const std::string& name : item.replica.spec->learner->kept())
    state->arrays.push_back({name, download(own, item, name)});
  add_draw(own, item, state);
  state->loss_sum = download(own, item, "loss_sum").front();
}

void PoolMembers::park(Context& own, Item* item) {
  keep(own, *item, &item->state);
  const std::lock_guard<std::mutex> lock(allocating);
  item->block = {};
}

Draw PoolMembers::numbers(const Item& item) const {
  if (item.block.size() > 0)
    return {download(context, item, "learned"), download(context, item, "frozen"),
            download(context, item, "scale")};
  Draw draw = start(item.replica);
  for (const ReplicaState::Array& array : item.state.arrays) {
    if (array.name == "learned") draw.learned = array.numbers;
    if (array.name == "frozen") draw.frozen = array.numbers;
    if (array.name == "scale") draw.scales = array.numbers;
  }
  return draw;
}

bool has_draw(const ReplicaState& state) {
  return std::any_of(state.arrays.begin(), state.arrays.end(),
                     [](const ReplicaState::Array& array) { return array.name == "frozen"; });
}

namespace {

void check_arrays(const Item& item, const std::string& replica, const ReplicaState& state) {
  std::vector<std::string> wanted = {"learned"};
  if (state.status == Status::running)
    for (const std::string& name : item.replica.spec->learner->kept()) wanted.push_back(name);
  if (item.replica.draw || has_draw(state)) wanted.insert(wanted.end(), {"frozen", "scale"});
  for (std::size_t a = 0; a < std::max(wanted.size(), state.arrays.size()); ++a) {
    const std::string found = a < state.arrays.size() ? state.arrays[a].name : "nothing";
    if (a >= wanted.size() || found != wanted[a])
      throw Error("the saved state of " + replica + " has " + found + " where " +
                  (a < wanted.size() ? "'" + wanted[a] + "'" : "nothing") + " belongs");
    require(static_cast<std::int64_t>(state.arrays[a].numbers.size()) == item.compiled->floats(found),
            "the saved state of ", replica, " has ", state.arrays[a].numbers.size(), " numbers of '", found,
            "', the pool's has ", item.compiled->floats(found));
  }
}

}  // namespace

void PoolMembers::check_fits(std::size_t number, const ReplicaState& state) const {
  const Item& item = items[number];
  const std::string replica = "replica " + std::to_string(number);
  const int status = static_cast<int>(state.status);
  require(status >= 0 && status <= static_cast<int>(Status::diverged), "the saved state of ", replica,
          " has the status ", status, "; use one of enum Status");
  if (state.begun()) check_arrays(item, replica, state);
  const std::int64_t most = state.begun() ? item.replica.spec->learner->steps() : 0;
  require(state.begun() || state.status == Status::running, "the saved state of ", replica, " is ",
          name(state.status), " and holds no array of what was learned");
  require(state.steps >= 0 && state.steps <= most, "the saved state of ", replica, " is at step ",
          state.steps,
          state.begun() ? "; its learner takes " : " without what was learned; it can be at step ", most);
  require(state.tests >= 0 && state.last_test >= -1 && state.last_test <= state.steps, "the saved state of ",
          replica, " has had ", state.tests, " tests, the last at step ", state.last_test, " of ",
          state.steps);
  require(state.status != Status::running || state.steps <= item.next_test(state.last_test),
          "the saved state of ", replica, " is at step ", state.steps, ", and its test at step ",
          item.next_test(state.last_test), " was not taken");
}

/// On the CPU in memory of its own, so that threads do not wait for each other.
std::vector<Measured> PoolMembers::measure(Context& own, const Item& item) const {
  const Draw draw = {download(own, item, "learned"), download(own, item, "frozen"),
                     download(own, item, "scale")};
  const Spec& spec = *item.replica.spec;
  if (own.backend() != Backend::cpu) return measured(own, spec, item.replica.seed, draw);
  Context core = Context::cpu(1);
  return measured(core, spec, item.replica.seed, draw);
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
      {},
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
  if (finite && !spec.testing.measures.empty()) result.measures = measure(own, item);
  const bool leaves = state.status != Status::running;
  const bool placed = item.replica.notes_places && spec.genome->has_places();
  if (placed)
    result.places = spec.genome->places(
        spec.network,
        {download(own, item, "learned"), download(own, item, "frozen"), download(own, item, "scale")});
  if (!leaves) {
    own.clear(item.compiled->at<float>(item.block.data(), "loss_sum"), sizeof(float));
  } else {
    state.arrays = {{"learned", download(own, item, "learned")}};
    add_draw(own, item, &state);
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
