// A pool on a device. As many replicas as fit in memory are in training at once; in a round each goes to its
// own next test. Those of one kind of section share launches, and all kinds run side by side.
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <set>

#include "engine/pool/members.h"
#include "kernels/program/machine.h"

namespace innate::engine {

namespace {

using program::Way;

const char* name(Way way) {
  return way == Way::fused   ? "fused, one replica a block"
         : way == Way::graph ? "launches, replayed"
                             : "launches";
}

struct OnDevice : PoolMembers {
  OnDevice(Context& context, std::vector<Replica> replicas, Executor executor, std::size_t memory,
           std::unique_ptr<program::Machine> machine);

  std::vector<TestResult> run(double seconds) override;
  std::vector<TestResult> advance(std::int64_t steps) override;

 private:
  std::size_t bytes_of(const Item& item) const;
  std::vector<std::size_t> admit(const std::vector<std::size_t>& numbers);
  void round(const std::vector<std::size_t>& numbers, std::vector<std::int64_t>* left,
             std::vector<TestResult>* results);
  void park_all();
  void pass(const std::vector<std::size_t>& numbers, const char* section,
            const std::vector<std::int64_t>& times);
  void test(const std::vector<std::size_t>& numbers, std::vector<TestResult>* results);
  Way way_of(const Item& item, int section, std::size_t replicas) const;
  void describe();

  std::unique_ptr<program::Machine> machine_;
  std::vector<Buffer<unsigned char>> scratch_;  // of each item in training
};

OnDevice::OnDevice(Context& context, std::vector<Replica> replicas, Executor executor, std::size_t memory,
                   std::unique_ptr<program::Machine> machine)
    : PoolMembers(context, std::move(replicas), executor, memory, machine->fast_bytes()),
      machine_(std::move(machine)),
      scratch_(items.size()) {
  for (const Item& item : items)
    for (const program::Section& section : item.compiled->code.sections) machine_->prepare(section);
  describe();
}

Way OnDevice::way_of(const Item& item, int section, std::size_t replicas) const {
  const program::Section& s = item.compiled->code.sections[static_cast<std::size_t>(section)];
  const bool can_fuse = machine_->has_class(s);
  if (executor == Executor::launches) return Way::launches;
  if (executor == Executor::graph || !can_fuse) return Way::graph;
  if (executor == Executor::fused) return Way::fused;
  const program::DeviceModel model = machine_->model();
  const auto count = static_cast<double>(replicas);
  const program::SectionPlan& plan = item.compiled->plans[static_cast<std::size_t>(section)];
  const int resident = program::resident_blocks(model.shared_bytes, program::block_shared_bytes(s, plan));
  const double fused = program::fused_seconds(model, s, resident, count),
               launched = program::launched_seconds(model, s, count);
  return fused <= launched ? Way::fused : Way::graph;
}

void OnDevice::describe() {
  std::set<std::string> lines;
  for (const Item& item : items)
    for (std::size_t s = 0; s < item.compiled->code.sections.size(); ++s) {
      const program::Section& section = item.compiled->code.sections[s];
      const program::SectionPlan& plan = item.compiled->plans[s];
      char text[240];
      std::snprintf(
          text, sizeof text,
          "program/%s: cuda, %s%s, %zu instructions, %.3g million multiply-adds, %lld bytes of shared "
          "memory, %lld beside it",
          section.name.c_str(), name(way_of(item, static_cast<int>(s), items.size())),
          program::kinds_of(section) & bit(program::Kind::library_product) ? ", large products by cuBLASLt"
                                                                           : "",
          section.body.size(), 1e-6 * program::cost_of(section).operations,
          static_cast<long long>(plan.fast_bytes), static_cast<long long>(plan.scratch_bytes));
      lines.insert(text);
    }
  said.assign(lines.begin(), lines.end());
}

std::size_t OnDevice::bytes_of(const Item& item) const {
  const Needs own = item.compiled->needs();
  return own.state + own.worker;
}

/// Those of the replicas that are in training now; of the others, those that fit are brought in.
std::vector<std::size_t> OnDevice::admit(const std::vector<std::size_t>& numbers) {
  std::size_t held = 0;
  for (const Item& item : items)
    if (item.block.size() > 0) held += bytes_of(item);
  std::vector<std::size_t> admitted;
  for (const std::size_t i : numbers) {
    Item& item = items[i];
    if (item.block.size() == 0) {
      if (memory > 0 && held + bytes_of(item) > memory) continue;
      held += bytes_of(item);
      begin(context, &item);
      scratch_[i] = Buffer<unsigned char>::of_size(context, item.compiled->needs().worker);
    }
    admitted.push_back(i);
  }
  return admitted;
}

void OnDevice::park_all() {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].block.size() == 0) continue;
    park(context, &items[i]);
    scratch_[i] = {};
  }
}

/// `times` of each: passes through the section of this name; those that lack it have nothing to do.
void OnDevice::pass(const std::vector<std::size_t>& numbers, const char* section,
                    const std::vector<std::int64_t>& times) {
  std::vector<program::Job> jobs[3];
  for (std::size_t n = 0; n < numbers.size(); ++n) {
    const Item& item = items[numbers[n]];
    const int s = item.compiled->section(section);
    if (s < 0 || times[n] == 0) continue;
    const auto at = static_cast<std::size_t>(s);
    jobs[static_cast<int>(way_of(item, s, numbers.size()))].push_back(
        {&item.compiled->code, s, &item.compiled->plans[at], &item.compiled->flat[at], item.block.data(),
         scratch_[numbers[n]].data(), times[n]});
  }
  for (const Way way : {Way::fused, Way::launches, Way::graph})
    if (const auto& own = jobs[static_cast<int>(way)]; !own.empty()) machine_->run(way, own);
}

void OnDevice::test(const std::vector<std::size_t>& numbers, std::vector<TestResult>* results) {
  if (numbers.empty()) return;
  const Phase phase(context, "innate test");
  std::vector<std::int64_t> calls;
  for (const std::size_t i : numbers) calls.push_back(test_calls(*items[i].replica.spec));
  pass(numbers, "test", calls);
  pass(numbers, "rest", std::vector<std::int64_t>(numbers.size(), 1));
  // What was found of each, gathered for one download.
  struct Found {
    double losses;
    std::int64_t right;
    float loss_sum, unused;
  };
  const auto gathered = Buffer<Found>::of_size(context, numbers.size());
  for (std::size_t n = 0; n < numbers.size(); ++n) {
    const Item& item = items[numbers[n]];
    const auto copy = [&](const char* array, void* to, std::size_t bytes) {
      context.copy(to, item.block.data() + item.compiled->offset(array), bytes);
    };
    Found* to = gathered.data() + n;
    copy("losses", &to->losses, sizeof to->losses);
    copy("right", &to->right, sizeof to->right);
    copy("loss_sum", &to->loss_sum, sizeof to->loss_sum);
    context.clear(&to->unused, sizeof to->unused);
  }
  const std::vector<Found> found = gathered.download();
  for (std::size_t n = 0; n < numbers.size(); ++n) {
    results->push_back(judge(context, numbers[n], found[n].losses, found[n].right, found[n].loss_sum));
    if (!items[numbers[n]].running()) scratch_[numbers[n]] = {};
  }
}

/// Tests those for which a test is due; trains the others to their next test, or as far as `left` says, which
/// has a number for each item.
void OnDevice::round(const std::vector<std::size_t>& numbers, std::vector<std::int64_t>* left,
                     std::vector<TestResult>* results) {
  std::vector<std::size_t> due, trained;
  std::vector<std::int64_t> times;
  for (const std::size_t i : numbers) {
    Item& item = items[i];
    if (item.test_is_due()) {
      due.push_back(i);
      continue;
    }
    const std::int64_t now = std::min((*left)[i], item.next_test() - item.state.steps);
    if (!item.running() || now == 0) continue;
    trained.push_back(i);
    times.push_back(now);
    (*left)[i] -= now;
  }
  test(due, results);
  if (trained.empty()) return;
  const Phase phase(context, "innate train");
  pass(trained, "train", times);
  for (std::size_t n = 0; n < trained.size(); ++n) items[trained[n]].state.steps += times[n];
}

std::vector<TestResult> OnDevice::run(double) {
  std::vector<TestResult> results;
  std::vector<std::size_t> running;
  std::copy_if(order.begin(), order.end(), std::back_inserter(running),
               [&](std::size_t i) { return items[i].running(); });
  std::vector<std::int64_t> left(items.size(), std::int64_t{1} << 60);
  round(admit(running), &left, &results);
  context.synchronize();
  sort_results(&results);
  return results;
}

/// All at once where they fit; else those in memory, to their last step, before others take their place.
std::vector<TestResult> OnDevice::advance(std::int64_t steps) {
  std::vector<TestResult> results;
  std::vector<std::int64_t> left(items.size(), steps);
  const auto with_work = [&](const std::vector<std::size_t>& numbers) {
    std::vector<std::size_t> found;
    std::copy_if(numbers.begin(), numbers.end(), std::back_inserter(found), [&](std::size_t i) {
      return items[i].test_is_due() || (items[i].running() && left[i] > 0);
    });
    return found;
  };
  for (auto waiting = with_work(order); !waiting.empty(); waiting = with_work(order)) {
    auto admitted = admit(waiting);
    if (admitted.empty()) park_all();  // what is in memory has nothing to do
    for (; !admitted.empty(); admitted = with_work(admitted)) round(admitted, &left, &results);
  }
  sort_results(&results);
  return results;
}

}  // namespace

std::int64_t fast_bytes(const Context& context) {
  if (context.backend() == Backend::cpu) return 0;
  return program::machine(const_cast<Context&>(context))->fast_bytes();
}

std::unique_ptr<PoolMembers> on_device(Context& context, std::vector<Replica> replicas, Executor executor,
                                       std::size_t memory) {
  auto machine = program::machine(context);
  if (!machine) throw Error("this build has no CUDA");
  return std::make_unique<OnDevice>(context, std::move(replicas), executor, memory, std::move(machine));
}

}  // namespace innate::engine
