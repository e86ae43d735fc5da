#include "innate/engine/cohort.h"

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>

#include "engine/cohort/shard.h"

namespace innate::engine {

namespace {

/// Replica numbers for each shard: all in one, or one in each. Those with the most genes come first, so that
/// the last ones to be handed out, to cores or to multiprocessors, are short.
std::vector<std::vector<int>> deal(const std::vector<Replica>& replicas, bool each_alone) {
  std::vector<int> order(replicas.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return replicas[static_cast<std::size_t>(a)].genome->genes() >
           replicas[static_cast<std::size_t>(b)].genome->genes();
  });
  if (!each_alone) return {order};
  std::vector<std::vector<int>> dealt;
  for (const int r : order) dealt.push_back({r});
  return dealt;
}

}  // namespace

const char* name(Status status) {
  switch (status) {
    case Status::running: return "running";
    case Status::done: return "done";
    case Status::stopped: return "stopped";
    case Status::diverged: return "diverged";
  }
  return "";
}

Cohort::Cohort(Context& context, const Classification& task, Network network, std::vector<Replica> replicas,
               Gradient learning, Testing testing)
    : context_(context), places_(replicas.size()) {
  if (replicas.empty()) throw Error("a cohort needs at least one replica");
  const bool on_cpu = context.backend() == Backend::cpu;
  const auto trace_guard = std::make_shared<std::mutex>();
  for (const std::vector<int>& numbers : deal(replicas, on_cpu)) {
    Context* own = &context;
    if (on_cpu) {
      contexts_.push_back(std::make_unique<Context>(Context::cpu(1)));
      own = contexts_.back().get();
      own->set_memory(context.memory());
      if (context.traced())
        own->set_trace([&context, guard = trace_guard](const std::string& choice) {
          const std::lock_guard<std::mutex> lock(*guard);
          context.trace(choice);
        });
    }
    std::vector<Replica> of_shard;
    for (const int r : numbers) {
      places_[static_cast<std::size_t>(r)] = {shards_.size(), static_cast<int>(of_shard.size())};
      of_shard.push_back(replicas[static_cast<std::size_t>(r)]);
    }
    shards_.push_back(std::make_unique<Shard>(*own, task, network, std::move(of_shard), learning, testing));
  }
}

Cohort::~Cohort() = default;

std::vector<std::size_t> Cohort::bytes(Context& context, const Classification& task, const Network& network,
                                       const std::vector<Replica>& replicas, const Gradient& learning,
                                       const Testing& testing) {
  std::map<std::int64_t, std::size_t> of_genes;
  for (const Replica& r : replicas) {
    std::size_t& bytes = of_genes[r.genome->genes()];
    if (bytes == 0) bytes = Shard::bytes(context, task, network, {r}, learning, testing);
  }
  const bool on_cpu = context.backend() == Backend::cpu;
  const std::size_t largest = of_genes.empty() ? 0 : of_genes.rbegin()->second;
  std::vector<std::size_t> each;
  for (const Replica& r :
       replicas)  // on a device, what lies between the genomes is as wide as the largest needs
    each.push_back(on_cpu ? of_genes[r.genome->genes()] : largest);
  return each;
}

const Shard& Cohort::leader() const {
  for (const auto& shard : shards_)
    if (!shard->finished()) return *shard;
  return *shards_.front();
}

/// work(shard, number) on every shard, handed out one by one to the threads.
template <class Work>
void Cohort::on_all_shards(const Work& work) {
  const int count = static_cast<int>(shards_.size()), threads = context_.threads();
  std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (count > 1 && threads > 1)
  for (int s = 0; s < count; ++s) {
    try {
      work(*shards_[static_cast<std::size_t>(s)], static_cast<std::size_t>(s));
    } catch (...) {
#pragma omp critical(innate_cohort_failure)
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

std::int64_t Cohort::steps() const { return leader().steps(); }
bool Cohort::finished() const { return leader().finished(); }
bool Cohort::test_is_due() const { return leader().test_is_due(); }

int Cohort::running() const {
  int sum = 0;
  for (const auto& shard : shards_) sum += shard->running();
  return sum;
}

Status Cohort::status(int replica) const {
  const Place place = places_[static_cast<std::size_t>(replica)];
  return shards_[place.shard]->status(place.index);
}

std::int64_t Cohort::steps_of(int replica) const {
  const Place place = places_[static_cast<std::size_t>(replica)];
  return shards_[place.shard]->steps_of(place.index);
}

std::vector<float> Cohort::learned(int replica) const {
  const Place place = places_[static_cast<std::size_t>(replica)];
  return shards_[place.shard]->learned(place.index);
}

std::int64_t Cohort::train(std::int64_t steps) {
  const Phase phase(context_, "innate train");
  const std::int64_t before = this->steps();
  on_all_shards([steps](Shard& shard, std::size_t) { shard.train(steps); });
  return this->steps() - before;
}

std::vector<TestResult> Cohort::test() {
  const Phase phase(context_, "innate test");
  std::vector<std::vector<TestResult>> found(shards_.size());
  on_all_shards([&found](Shard& shard, std::size_t s) { found[s] = shard.test(); });
  for (const auto& shard : shards_) shard->settle();
  std::vector<TestResult> results;
  for (int r = 0; r < static_cast<int>(places_.size()); ++r) {
    const Place place = places_[static_cast<std::size_t>(r)];
    for (TestResult result : found[place.shard])
      if (result.replica == place.index) {
        result.replica = r;
        results.push_back(result);
      }
  }
  return results;
}

CohortState Cohort::save() const {
  const Phase phase(context_, "innate save");
  std::vector<CohortState> states;
  for (const auto& shard : shards_) states.push_back(shard->save());
  const auto first = std::max_element(states.begin(), states.end(),
                                      [](const auto& a, const auto& b) { return a.steps < b.steps; });
  CohortState all{first->steps, first->tests, first->last_test, {}};
  for (const Place place : places_)
    all.replicas.push_back(std::move(states[place.shard].replicas[static_cast<std::size_t>(place.index)]));
  return all;
}

void Cohort::load(const CohortState& state) {
  if (state.replicas.size() != places_.size())
    throw Error("a state of " + std::to_string(state.replicas.size()) +
                " replicas cannot be loaded into a cohort of " + std::to_string(places_.size()));
  std::vector<CohortState> states(shards_.size(), {state.steps, state.tests, state.last_test, {}});
  for (std::size_t r = 0; r < places_.size(); ++r) {
    auto& of_shard = states[places_[r].shard].replicas;
    if (of_shard.size() <= static_cast<std::size_t>(places_[r].index))
      of_shard.resize(static_cast<std::size_t>(places_[r].index) + 1);
    of_shard[static_cast<std::size_t>(places_[r].index)] = state.replicas[r];
  }
  for (std::size_t s = 0; s < shards_.size(); ++s) shards_[s]->load(states[s]);
}

}  // namespace innate::engine
