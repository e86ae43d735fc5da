// A pool on cores. Each thread takes one replica after the other, the most expensive first, and stays with it
// to its end or to the slice's: what it works on lies in its core's cache, and only as many replicas are in
// memory as there are threads.
#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <mutex>
#include <set>

#include "engine/pool/members.h"
#include "kernels/program/core_cpu.h"

namespace innate::engine {

namespace {

using Clock = std::chrono::steady_clock;

/// A thread's own: a context, memory for what lies between, and the section that is bound last.
struct Worker {
  std::unique_ptr<Context> context;
  Buffer<unsigned char> scratch;
  program::Bound bound;
  std::vector<TestResult> results;
};

/// So much of a step that spreading an instruction over the cores costs less than leaving them idle.
constexpr double kLargeStep = 5e7;  // multiply-adds

struct OnCpu : PoolMembers {
  OnCpu(Context& context, std::vector<Replica> replicas, Executor executor, std::size_t memory);

  std::vector<TestResult> run(double seconds) override;
  std::vector<TestResult> advance(std::int64_t steps) override;

 private:
  using Work = std::function<bool(Worker&, std::size_t)>;
  std::vector<TestResult> on_all(const std::vector<std::size_t>& queue, const Work& work);
  std::vector<std::size_t> unfinished() const;
  bool spreads(const Item& item, std::size_t unfinished) const;
  void pass(Worker& worker, const Item& item, int section, std::int64_t times);
  void train(Worker& worker, Item& item, std::int64_t steps);
  void test(Worker& worker, std::size_t number);
  void describe();

  std::vector<Worker> workers_;
  std::vector<program::Bound> team_;
  Buffer<unsigned char> cores_;  // of a team, for products
  std::int64_t core_bytes_ = 0;
  bool together_ = false;  // all threads work on one replica
  bool all_fit_ = true;    // in memory, at once
};

OnCpu::OnCpu(Context& context, std::vector<Replica> replicas, Executor executor, std::size_t memory)
    : PoolMembers(context, std::move(replicas), executor, memory, 0) {
  std::int64_t scratch = 0, state = 0, all = 0;
  for (const Item& item : items) {
    scratch = std::max(scratch, item.compiled->scratch_bytes());
    state = std::max(state, item.compiled->state_bytes);
    all += item.compiled->state_bytes;
    for (const program::SectionPlan& plan : item.compiled->plans)
      core_bytes_ = std::max(core_bytes_, plan.core_bytes);
  }
  std::size_t count = std::min(static_cast<std::size_t>(context.threads()), items.size());
  if (memory > 0)
    count = std::max<std::size_t>(1, std::min(count, memory / static_cast<std::size_t>(scratch + state)));
  all_fit_ =
      memory == 0 || static_cast<std::size_t>(all) + count * static_cast<std::size_t>(scratch) <= memory;
  workers_.resize(count);
  for (Worker& w : workers_) {
    w.context = std::make_unique<Context>(Context::cpu(1));
    w.context->set_memory(context.memory());
    w.scratch = Buffer<unsigned char>::of_size(context, static_cast<std::size_t>(scratch));
  }
  describe();
}

void OnCpu::describe() {
  std::set<std::string> lines;
  for (const Item& item : items)
    for (std::size_t s = 0; s < item.compiled->code.sections.size(); ++s) {
      const program::Section& section = item.compiled->code.sections[s];
      const program::SectionPlan& plan = item.compiled->plans[s];
      char text[200];
      std::snprintf(
          text, sizeof text,
          "program/%s: cpu, %s, %zu instructions, %.3g million multiply-adds, %lld bytes between",
          section.name.c_str(),
          spreads(item, items.size()) ? "launches, all threads on one replica" : "fused, one replica a core",
          section.body.size(), 1e-6 * program::cost_of(section).operations,
          static_cast<long long>(plan.scratch_bytes + plan.core_bytes));
      lines.insert(text);
    }
  said.assign(lines.begin(), lines.end());
}

/// Whether all threads take this replica together.
bool OnCpu::spreads(const Item& item, std::size_t unfinished) const {
  if (executor != Executor::automatic) return executor != Executor::fused;
  const auto threads = static_cast<std::size_t>(context.threads());
  return unfinished < threads &&
         program::cost_of(item.compiled->code.sections.front()).operations > kLargeStep;
}

std::vector<std::size_t> OnCpu::unfinished() const {
  std::vector<std::size_t> left;
  for (const std::size_t i : order)
    if (items[i].running()) left.push_back(i);
  // Those whose blocks are there go on first.
  std::stable_partition(left.begin(), left.end(),
                        [this](std::size_t i) { return items[i].block.size() > 0; });
  return left;
}

void OnCpu::pass(Worker& worker, const Item& item, int section, std::int64_t times) {
  const Compiled& c = *item.compiled;
  const auto s = static_cast<std::size_t>(section);
  const program::SectionPlan& plan = c.plans[s];
  unsigned char *state = item.block.data(), *scratch = worker.scratch.data();
  if (!together_) {
    worker.bound.bind(c.code.sections[s], plan, state, scratch, scratch + plan.scratch_bytes);
    return worker.bound.run(times);
  }
  for (std::size_t t = 0; t < team_.size(); ++t)
    team_[t].bind(c.code.sections[s], plan, state, scratch,
                  cores_.data() + static_cast<std::int64_t>(t) * core_bytes_);
  program::run_together(team_, times);
}

void OnCpu::train(Worker& worker, Item& item, std::int64_t steps) {
  pass(worker, item, item.compiled->section("train"), steps);
  item.state.steps += steps;
}

void OnCpu::test(Worker& worker, std::size_t number) {
  Item& item = items[number];
  const Compiled& c = *item.compiled;
  pass(worker, item, c.section("test"), test_calls(*item.replica.spec));
  if (const int rest = c.section("rest"); rest >= 0) pass(worker, item, rest, 1);
  void* block = item.block.data();
  worker.results.push_back(judge(*worker.context, number, *c.at<double>(block, "losses"),
                                 *c.at<std::int64_t>(block, "right"), *c.at<float>(block, "loss_sum")));
}

/// work(worker, item) on all of the queue, handed out one by one; false ends the slice for its thread.
std::vector<TestResult> OnCpu::on_all(const std::vector<std::size_t>& queue, const Work& work) {
  std::exception_ptr failure;
  std::size_t next = 0;
  together_ = !queue.empty() && spreads(items[queue.front()], queue.size());
  if (together_ && team_.empty()) {
    team_.resize(static_cast<std::size_t>(context.threads()));
    cores_ = Buffer<unsigned char>::of_size(context, team_.size() * static_cast<std::size_t>(core_bytes_));
  }
  const int threads = together_ ? 1 : static_cast<int>(std::min(workers_.size(), queue.size()));
  const auto take = [&](std::size_t* item) {
    std::size_t mine;
#pragma omp atomic capture
    mine = next++;
    if (mine < queue.size()) *item = queue[mine];
    return mine < queue.size();
  };
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
  for (int t = 0; t < threads; ++t) {
    try {
      std::size_t item = 0;
      while (take(&item))
        if (!work(workers_[static_cast<std::size_t>(t)], item)) break;
    } catch (...) {
#pragma omp critical(innate_pool_failure)
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  std::vector<TestResult> results;
  for (Worker& w : workers_) {
    results.insert(results.end(), w.results.begin(), w.results.end());
    w.results.clear();
  }
  sort_results(&results);
  return results;
}

std::vector<TestResult> OnCpu::run(double seconds) {
  const Clock::time_point end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  constexpr auto kGlance = std::chrono::milliseconds(5);  // between looks at the clock, about
  return on_all(unfinished(), [&](Worker& worker, std::size_t number) {
    Item& item = items[number];
    if (item.block.size() == 0) begin(*worker.context, &item);
    std::int64_t steps = 1;
    while (item.running()) {
      if (item.test_is_due()) {
        test(worker, number);
      } else {
        const Clock::time_point before = Clock::now();
        const std::int64_t now = std::min(steps, item.next_test() - item.state.steps);
        train(worker, item, now);
        if (now == steps && Clock::now() - before < kGlance) steps *= 2;
      }
      if (Clock::now() >= end) return false;
    }
    return true;
  });
}

std::vector<TestResult> OnCpu::advance(std::int64_t steps) {
  return on_all(unfinished(), [&](Worker& worker, std::size_t number) {
    Item& item = items[number];
    if (item.block.size() == 0) begin(*worker.context, &item);
    for (std::int64_t left = steps; item.running();) {
      if (item.test_is_due()) {
        test(worker, number);
        continue;
      }
      if (left == 0) break;
      const std::int64_t now = std::min(left, item.next_test() - item.state.steps);
      train(worker, item, now);
      left -= now;
    }
    if (!all_fit_ && item.running()) park(*worker.context, &item);
    return true;
  });
}

}  // namespace

std::unique_ptr<PoolMembers> on_cpu(Context& context, std::vector<Replica> replicas, Executor executor,
                                    std::size_t memory) {
  return std::make_unique<OnCpu>(context, std::move(replicas), executor, memory);
}

}  // namespace innate::engine
