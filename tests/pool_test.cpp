// Pools: what happens to a replica depends on its own seed and spec alone.
#include "innate/engine/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "innate/engine/grown.h"
#include "innate/engine/spec.h"
#include "tests/support/answers.h"
#include "tests/support/backends.h"
#include "tests/support/digests.h"
#include "tests/support/genomes.h"

namespace innate::engine {
namespace {

using test::each_backend;
using test::make_context;

constexpr double kToTheEnd = 1000;  // seconds
constexpr Executor kExecutors[] = {Executor::automatic, Executor::fused, Executor::launches, Executor::graph};

std::vector<TestResult> by_replica(std::vector<TestResult> results) {
  std::stable_sort(results.begin(), results.end(),
                   [](const TestResult& a, const TestResult& b) { return a.replica < b.replica; });
  return results;
}

/// Until all have ended, some steps at a time; by replica and step.
std::vector<TestResult> run(Pool* pool, std::int64_t steps = 3) {
  std::vector<TestResult> all;
  while (!pool->finished())
    for (const TestResult& r : pool->advance(steps)) all.push_back(r);
  return by_replica(std::move(all));
}

std::vector<TestResult> of_replica(const std::vector<TestResult>& results, int replica) {
  std::vector<TestResult> own;
  for (const TestResult& r : results)
    if (r.replica == replica) own.push_back(r);
  return own;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// But for their replicas' numbers.
void expect_same(const std::vector<TestResult>& a, const std::vector<TestResult>& b,
                 const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].at, b[i].at) << what;
    EXPECT_TRUE(same(a[i].accuracy, b[i].accuracy)) << what << " at " << a[i].at;
    EXPECT_TRUE(same(a[i].loss, b[i].loss))
        << what << " at " << a[i].at << ": " << a[i].loss << " and " << b[i].loss;
    EXPECT_TRUE(same(a[i].train_loss, b[i].train_loss)) << what << " at " << a[i].at;
  }
}

/// All results, and what was learned.
struct Outcome {
  std::vector<TestResult> results;
  std::vector<std::vector<float>> learned;
};

std::vector<std::vector<float>> learned_of(const Pool& pool, std::size_t replicas) {
  std::vector<std::vector<float>> all;
  for (std::size_t r = 0; r < replicas; ++r) all.push_back(pool.learned(static_cast<int>(r)));
  return all;
}

void note(const Outcome& outcome) {
  if (!test::Digest::wanted()) return;
  test::Digest digest;
  for (const TestResult& r : outcome.results)
    digest.add(static_cast<std::uint64_t>(r.at)).add(r.accuracy).add(r.loss).add(r.train_loss);
  for (const auto& numbers : outcome.learned) digest.add(numbers);
  digest.note();
}

/// Leaves a digest.
Outcome outcome(Context& context, const std::vector<Replica>& replicas,
                Executor executor = Executor::automatic, std::size_t memory = 0) {
  Pool pool(context, replicas, executor, memory);
  const std::vector<TestResult> results = run(&pool);
  Outcome all{results, learned_of(pool, replicas.size())};
  note(all);
  return all;
}

void expect_same(const Outcome& a, const Outcome& b, const std::string& what) {
  expect_same(a.results, b.results, what);
  for (std::size_t i = 0; i < std::min(a.results.size(), b.results.size()); ++i)
    EXPECT_EQ(a.results[i].replica, b.results[i].replica) << what;
  EXPECT_EQ(a.learned, b.learned) << what;
}

void expect_same(const ReplicaState& a, const ReplicaState& b) {
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.steps, b.steps);
  EXPECT_EQ(a.tests, b.tests);
  EXPECT_EQ(a.last_test, b.last_test);
  EXPECT_EQ(a.progress.best, b.progress.best);
  EXPECT_EQ(a.progress.stagnant, b.progress.stagnant);
  EXPECT_EQ(a.loss_sum, b.loss_sum);
  ASSERT_EQ(a.arrays.size(), b.arrays.size());
  for (std::size_t i = 0; i < a.arrays.size(); ++i) {
    EXPECT_EQ(a.arrays[i].name, b.arrays[i].name);
    EXPECT_EQ(a.arrays[i].numbers, b.arrays[i].numbers) << a.arrays[i].name;
  }
}

/// Passes on, and counts.
struct Counted : Allocator {
  explicit Counted(Context& c) : context(c), inner(c.memory()) { c.set_memory(*this); }
  ~Counted() override { context.set_memory(inner); }
  void* allocate(std::size_t bytes) override {
    held += bytes;
    peak = std::max(peak, held);
    return inner.allocate(bytes);
  }
  void deallocate(void* block, std::size_t bytes) noexcept override {
    held -= bytes;
    inner.deallocate(block, bytes);
  }
  Context& context;
  Allocator& inner;
  std::size_t held = 0, peak = 0;
};

class OfEachKind : public testing::TestWithParam<test::On<Kind>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
  const Kind& kind() const { return GetParam().it; }

  std::shared_ptr<const Classification> task(Context& context, int train = 90, int test = 33) const {
    return std::make_shared<Classification>(context, bar_pair(kind().channels, train, test));
  }
  Replica replica(std::shared_ptr<const Task> task, int extent, std::uint64_t seed,
                  const Course& course) const {
    return {spec_of(genome_of(kind().genome, extent), network_of(kind()), std::move(task), course), seed};
  }
  /// Three, of other extents, seeds and rates.
  std::vector<Replica> replicas(Context& context, Course course = {}) const {
    const auto seen = task(context);
    std::vector<Replica> all;
    for (int r = 0; r < 3; ++r) {
      course.rate = 0.01 * (1 + r);
      all.push_back(replica(seen, 2 + 2 * r, static_cast<std::uint64_t>(7 + r), course));
    }
    return all;
  }
};

TEST_P(OfEachKind, AloneOrAmongMany) {
  auto context = make_context(GetParam().backend);
  const std::vector<Replica> all = replicas(context);
  const Outcome together = outcome(context, all);
  ASSERT_EQ(together.results.size(), 9u);  // 3 replicas at 0, 4 and 8
  for (int r = 0; r < 3; ++r) {
    const Outcome alone = outcome(context, {all[static_cast<std::size_t>(r)]});
    expect_same(alone.results, of_replica(together.results, r), "alone");
    EXPECT_EQ(alone.learned[0], together.learned[static_cast<std::size_t>(r)]);
  }
}

TEST_P(OfEachKind, EveryExecutorGivesTheSameBits) {
  auto context = make_context(GetParam().backend, 2);
  const std::vector<Replica> all = replicas(context);
  const Outcome expected = outcome(context, all);
  for (const Executor executor : kExecutors)
    expect_same(outcome(context, all, executor), expected, name(executor));
}

TEST_P(OfEachKind, OneStepAtATimeOrAllAtOnce) {
  auto context = make_context(GetParam().backend);
  const std::vector<Replica> all = replicas(context);
  Pool singly(context, all), at_once(context, all), by_time(context, all);
  const auto a = run(&singly, 1), b = run(&at_once, 1000);
  std::vector<TestResult> c;
  while (!by_time.finished())
    for (const TestResult& r : by_time.run(kToTheEnd)) c.push_back(r);
  expect_same(b, a, "all at once");
  expect_same(by_replica(c), a, "by time");
  EXPECT_EQ(learned_of(at_once, 3), learned_of(singly, 3));
  EXPECT_EQ(learned_of(by_time, 3), learned_of(singly, 3));
}

TEST_P(OfEachKind, StoringLessGivesTheSameBits) {
  auto context = make_context(GetParam().backend);
  std::vector<Replica> stored = replicas(context), made = stored;
  if (stored[0].spec->genome->layout(stored[0].spec->network).basis.empty())
    GTEST_SKIP() << "this genome has no fixed random numbers";
  for (Replica& r : made) r.stores_basis = false;
  EXPECT_LT(needs(context, made[0]).state, needs(context, stored[0]).state);
  expect_same(outcome(context, made), outcome(context, stored), "made and stored");
  stored[1].stores_basis = false;
  expect_same(outcome(context, stored), outcome(context, made), "one of three made");
}

/// The last call of a test has few images, and its product may be contracted in another order. What is
/// expected is computed from the grown weights, in float64.
TEST_P(OfEachKind, TestsWhatIsLeftOfTheImages) {
  auto context = make_context(GetParam().backend);
  constexpr int kImages = 504;
  const auto seen = task(context, 30, kImages);
  Course course;
  course.steps = 1, course.testing.every = 1;
  const Replica one = replica(seen, 60, 5, course);
  Pool pool(context, {one});
  const TestResult found = run(&pool).back();
  EXPECT_EQ(found.at, 1);
  const Spec& spec = *one.spec;
  const std::vector<GrownWeights> layers = all_layers(
      Grown(context, spec.genome, spec.network, 5, pool.learned(0), seen->train.density()), spec.network);
  const Dataset set = bars(kImages, kind().channels, 2);
  const auto pixels = static_cast<std::size_t>(set.pixels());
  double loss = 0;
  int right = 0, unsure = 0;
  for (std::size_t i = 0; i < kImages; ++i) {
    const std::vector<double> z = answers(spec.network, layers, set.images.data() + i * pixels);
    const double own = z[set.labels[i]];
    double others = -INFINITY, sum = 0;
    for (std::size_t k = 0; k < kBarClasses; ++k) {
      if (k != set.labels[i]) others = std::max(others, z[k]);
      sum += std::exp(z[k] - own);
    }
    loss += std::log(sum) / kImages;
    unsure += std::fabs(own - others) < 1e-4;
    right += own - others >= 1e-4;
  }
  EXPECT_NEAR(found.loss, loss, 1e-5 * loss);
  EXPECT_GE(found.accuracy * kImages, right - 1e-9);
  EXPECT_LE(found.accuracy * kImages, right + unsure + 1e-9);
  EXPECT_LT(unsure, 5);
}

TEST_P(OfEachKind, NeedsAreWhatAPoolTakes) {
  auto context = make_context(GetParam().backend, 1);
  Context& c = context;
  for (Replica one : replicas(c))
    for (const bool stores : {true, false}) {
      one.stores_basis = stores;
      const Needs needed = needs(c, one);
      Counted counted(c);
      Pool pool(c, {one});
      pool.advance(5);
      if (c.backend() == Backend::cpu) {
        EXPECT_EQ(counted.peak, needed.state + needed.worker);
      } else {
        constexpr std::size_t kLists = 64 << 10;  // of jobs and of launches
        EXPECT_LE(counted.peak, needed.state + needed.worker + kLists);
        EXPECT_GE(2 * counted.peak, needed.state + needed.worker);
      }
    }
}

TEST_P(OfEachKind, SavedAndLoadedInTheMiddle) {
  auto context = make_context(GetParam().backend);
  const std::vector<Replica> all = replicas(context);
  const Outcome whole = outcome(context, all);
  Pool first(context, all);
  std::vector<TestResult> results = first.advance(2);  // between two tests
  ASSERT_EQ(results.size(), 3u);
  const PoolState saved = first.save();
  for (const ReplicaState& state : saved.replicas) {
    EXPECT_EQ(state.steps, 2);
    EXPECT_EQ(state.tests, 1);
    EXPECT_EQ(state.arrays.size(), 3u);  // learned and Adam's two
    EXPECT_GT(state.loss_sum, 0);
  }
  Pool second(context, all);
  second.load(saved);
  const PoolState again = second.save();
  for (std::size_t r = 0; r < 3; ++r) expect_same(again.replicas[r], saved.replicas[r]);
  for (Pool* pool : {&first, &second}) {  // the first goes on as if nobody had looked
    std::vector<TestResult> both = results;
    for (const TestResult& r : run(pool)) both.push_back(r);
    expect_same({by_replica(both), learned_of(*pool, 3)}, whole, "after saving");
  }
  for (const ReplicaState& state : second.save().replicas) {
    EXPECT_EQ(state.status, Status::done);
    EXPECT_EQ(state.arrays.size(), 1u);
  }
}

TEST_P(OfEachKind, LoadedWithReplicasAtDifferentSteps) {
  auto context = make_context(GetParam().backend);
  const std::vector<Replica> all = replicas(context);
  const Outcome whole = outcome(context, all);
  Pool early(context, all), late(context, all), mixed(context, all);
  early.advance(2);
  late.advance(5);
  PoolState state = early.save();
  state.replicas[1] = late.save().replicas[1];
  state.replicas[2] = {};  // has not begun
  mixed.load(state);
  EXPECT_EQ(mixed.steps(0), 2);
  EXPECT_EQ(mixed.steps(1), 5);
  EXPECT_EQ(mixed.steps(2), 0);
  const std::vector<TestResult> rest = run(&mixed);
  std::vector<TestResult> expected;
  const std::int64_t tested[] = {0, 4, -1};
  for (const TestResult& r : whole.results)
    if (r.at > tested[r.replica]) expected.push_back(r);
  expect_same(rest, expected, "the rest");
  EXPECT_EQ(learned_of(mixed, 3), whole.learned);
}

/// A draw of its own: what another seed would have drawn, twice as large, so that no number is its seed's.
TEST_P(OfEachKind, BeginsWithADrawOfItsOwn) {
  auto context = make_context(GetParam().backend);
  const std::vector<Replica> drawn = replicas(context);
  std::vector<Replica> own = drawn;
  for (Replica& r : own) {
    Draw draw = r.spec->genome->draw(r.spec->network, r.seed + 10);
    for (auto* numbers : {&draw.learned, &draw.frozen})
      for (float& number : *numbers) number *= 2;
    draw.scales[0] *= 2;
    r.draw = std::make_shared<Draw>(draw);
  }
  const Outcome whole = outcome(context, own);
  EXPECT_NE(whole.learned, outcome(context, drawn).learned);
  Pool first(context, own), second(context, drawn);
  EXPECT_EQ(first.learned(1), own[1].draw->learned);
  std::vector<TestResult> results = first.advance(2);
  const PoolState saved = first.save();
  second.load(saved);  // its replicas know of no draw
  for (const TestResult& r : run(&second)) results.push_back(r);
  expect_same({by_replica(results), learned_of(second, 3)}, whole, "resumed from the state alone");
  for (Pool* pool : {&first, &second}) {
    const Draw numbers = pool->numbers(2);
    EXPECT_EQ(numbers.learned, pool->learned(2));
    EXPECT_EQ(numbers.frozen, own[2].draw->frozen);
    EXPECT_EQ(numbers.scales, own[2].draw->scales);
  }
  EXPECT_EQ(second.save().replicas[0].arrays.size(), 3u) << "learned, frozen and scale of one that has ended";
  Pool third(context, own), other(context, drawn);
  other.advance(1);
  EXPECT_THROW(third.load(other.save()), Error) << "frozen numbers of a seed, under a draw";
}

TEST_P(OfEachKind, GradientsAndLogitsAreThoseOfSteps) {
  auto context = make_context(GetParam().backend);
  const auto seen = std::make_shared<Classification>(
      context, DatasetPair{bars(12, kind().channels, 1), bars(12, kind().channels, 1)});
  Course course;
  course.optimizer = Gradient::Kind::sgd, course.momentum = 0, course.batch = 12;
  Replica one = replica(seen, 3, 5, course);
  auto own = std::make_shared<Spec>(*one.spec);
  for (Layer& layer : own->network.layers) layer.dropout = 0;  // which only steps have
  one.spec = own;
  const Spec& spec = *own;
  Pool pool(context, {one});
  const double loss = pool.advance(0).at(0).loss;
  const Grown before(context, spec.genome, spec.network, 5, pool.numbers(0), seen->train.density());
  const std::vector<float> logits = before.logits(seen->test), gradient = before.gradient(seen->train);
  ASSERT_EQ(logits.size(), 12u * kBarClasses);
  double found = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    double sum = 0;
    const float* z = &logits[i * kBarClasses];
    for (std::size_t k = 0; k < kBarClasses; ++k) sum += std::exp(double{z[k]});
    found += (std::log(sum) - z[i % kBarClasses]) / 12;
  }
  EXPECT_NEAR(found, loss, 1e-6 * (1 + loss));
  pool.advance(1);  // all images are one batch, in an order of its own
  const std::vector<float> velocity = pool.save().replicas[0].arrays[1].numbers;
  ASSERT_EQ(velocity.size(), gradient.size());
  double most = 0;
  for (const float g : velocity) most = std::max(most, std::fabs(double{g}));
  EXPECT_GT(most, 1e-3);
  for (std::size_t i = 0; i < velocity.size(); ++i) EXPECT_NEAR(gradient[i], velocity[i], 1e-5 * most) << i;
}

TEST_P(OfEachKind, TrainsToTheBitsOfTheCpu) {
  if (GetParam().backend == Backend::cpu) GTEST_SKIP() << "this is the CPU";
  auto context = make_context(GetParam().backend);
  auto cpu = make_context(Backend::cpu);
  expect_same(outcome(context, replicas(context)), outcome(cpu, replicas(cpu)), "device and CPU");
}

TEST_P(OfEachKind, LossFalls) {
  auto context = make_context(GetParam().backend);
#if defined(INNATE_SIMT)
  constexpr int kSteps = 12;
  constexpr double kShare = 1.0;
#else
  constexpr int kSteps = 200;
  constexpr double kShare = 0.5;
#endif
  Course course;
  course.rate = 0.02, course.steps = course.testing.every = kSteps;
  const auto seen = task(context);
  std::vector<Replica> all;
  for (std::uint64_t seed = 7; seed < 10; ++seed) all.push_back(replica(seen, 12, seed, course));
  Pool pool(context, all);
  const auto results = run(&pool, kSteps);
  ASSERT_EQ(results.size(), 6u);
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_LT(results[2 * r + 1].loss, kShare * results[2 * r].loss) << "replica " << r;
    EXPECT_LT(results[2 * r + 1].train_loss, results[2 * r].loss) << "replica " << r;
    EXPECT_TRUE(std::isnan(results[2 * r].train_loss));
    EXPECT_EQ(pool.status(static_cast<int>(r)), Status::done);
    EXPECT_EQ(pool.steps(static_cast<int>(r)), kSteps);
  }
}

/// A replica that is tested after every step says what each step's loss was.
TEST_P(OfEachKind, TrainLossIsTheMeanSinceTheLastTest) {
  auto context = make_context(GetParam().backend);
  const auto seen = task(context);
  Course often, seldom;
  often.testing.every = 1, seldom.testing.every = 4;
  Pool pool(context, {replica(seen, 4, 7, often), replica(seen, 4, 7, seldom)});
  const auto results = run(&pool);
  const auto single = of_replica(results, 0), fours = of_replica(results, 1);
  ASSERT_EQ(single.size(), 9u);
  ASSERT_EQ(fours.size(), 3u);
  for (const std::size_t test : {1u, 2u}) {
    double sum = 0;
    for (std::size_t step = 4 * test - 3; step <= 4 * test; ++step) sum += single[step].train_loss;
    EXPECT_NEAR(fours[test].train_loss, sum / 4, 1e-6 * sum);
  }
}

TEST_P(OfEachKind, NotesPlacesWhereThereAreSome) {
  auto context = make_context(GetParam().backend);
  std::vector<Replica> all = replicas(context);
  all[1].notes_places = true;
  Pool pool(context, all);
  const Spec& spec = *all[1].spec;
  int compared = 0;
  for (const TestResult& r : run(&pool)) {
    const bool wanted = r.replica == 1 && spec.genome->has_places();
    EXPECT_EQ(r.places.size(), wanted ? static_cast<std::size_t>(4 * kind().channels) : 0u);
    if (!wanted || r.at < 8) continue;
    const auto expected = spec.genome->places(spec.network, pool.numbers(1));
    ASSERT_EQ(r.places.size(), expected.size());
    for (std::size_t g = 0; g < expected.size(); ++g, ++compared) {
      EXPECT_EQ(r.places[g].channel, expected[g].channel);
      EXPECT_EQ(r.places[g].gene, expected[g].gene);
      EXPECT_EQ(r.places[g].row, expected[g].row);
      EXPECT_EQ(r.places[g].column, expected[g].column);
      EXPECT_EQ(r.places[g].width, expected[g].width);
    }
  }
  EXPECT_EQ(compared, kind().genome.at("type") == "spatial_gem" ? 4 * kind().channels : 0);
}

INSTANTIATE_TEST_SUITE_P(Pool, OfEachKind, testing::ValuesIn(test::on_backends(kinds())), test::OnName());

// ---- All kinds in one pool

/// A replica of every kind, no two with the same batch, steps, tests and optimizer.
std::vector<Replica> everyone(Context& context) {
  const auto grey = std::make_shared<Classification>(context, bar_pair(1)),
             colour = std::make_shared<Classification>(context, bar_pair(3));
  std::vector<Replica> all;
  for (const Kind& kind : kinds()) {
    const int i = static_cast<int>(all.size());
    Course course;
    course.rate = 0.01 + 0.001 * i, course.batch = 7 + 3 * i, course.steps = 4 + i % 4;
    course.testing = {2 + i % 3, i % 2 ? 10 : 0, {}};
    course.optimizer = i % 3 ? Gradient::Kind::adam : Gradient::Kind::sgd;
    all.push_back(
        {spec_of(genome_of(kind.genome), network_of(kind), kind.channels == 1 ? grey : colour, course),
         static_cast<std::uint64_t>(20 + i), i % 2 == 0});
  }
  return all;
}

class Together : public testing::TestWithParam<test::On<test::NoCase>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};

TEST_P(Together, AllKindsInOnePoolHaveTheBitsTheyHaveAlone) {
  auto context = make_context(GetParam().backend);
  const std::vector<Replica> all = everyone(context);
  const Outcome together = outcome(context, all);
  for (std::size_t r = 0; r < all.size(); ++r) {
    const Outcome alone = outcome(context, {all[r]});
    expect_same(alone.results, of_replica(together.results, static_cast<int>(r)), kinds()[r].name);
    EXPECT_EQ(alone.learned[0], together.learned[r]) << kinds()[r].name;
  }
}

TEST_P(Together, EveryExecutorGivesTheSameBits) {
  auto context = make_context(GetParam().backend, 3);
  const std::vector<Replica> all = everyone(context);
  const Outcome expected = outcome(context, all);
  for (const Executor executor : kExecutors)
    expect_same(outcome(context, all, executor), expected, name(executor));
}

TEST_P(Together, ResultsComeByReplicaAndStep) {
  auto context = make_context(GetParam().backend);
  Pool pool(context, everyone(context));
  const std::vector<TestResult> results = pool.advance(1000);
  EXPECT_TRUE(std::is_sorted(results.begin(), results.end(), [](const TestResult& a, const TestResult& b) {
    return a.replica != b.replica ? a.replica < b.replica : a.at < b.at;
  }));
  EXPECT_EQ(results.front().replica, 0);
  EXPECT_EQ(results.back().replica, static_cast<int>(kinds().size()) - 1);
  EXPECT_TRUE(pool.finished());
  EXPECT_TRUE(pool.advance(1).empty());
  EXPECT_TRUE(pool.run(0).empty());
}

TEST_P(Together, LittleMemoryGivesTheSameBits) {
  auto context = make_context(GetParam().backend, 3);
  Context& c = context;
  const std::vector<Replica> all = everyone(c);
  const Outcome expected = outcome(c, all);
  std::size_t state = 0, worker = 0;
  for (const Replica& r : all) {
    const Needs own = needs(c, r);
    state = std::max(state, own.state), worker = std::max(worker, own.worker);
  }
  for (const bool by_time : {true, false}) {
    Counted counted(c);
    Pool pool(c, all, Executor::automatic, state + worker);
    std::vector<TestResult> results;
    while (!pool.finished())
      for (const TestResult& r : by_time ? pool.run(kToTheEnd) : pool.advance(3)) results.push_back(r);
    expect_same({by_replica(results), learned_of(pool, all.size())}, expected, "little memory");
    constexpr std::size_t kLists = 160 << 10;  // a device's, of jobs and of launches
    EXPECT_LE(counted.peak, state + worker + (c.backend() == Backend::cpu ? 0 : kLists)) << by_time;
  }
}

TEST_P(Together, PixelsAreScaledAsTheTaskSays) {
  auto context = make_context(GetParam().backend);
  const auto direct = genome_of({{"type", "direct"}});
  std::vector<double> losses;
  for (const float scale : {kUnitScale, 2 * kUnitScale}) {
    const auto seen = std::make_shared<Classification>(context, bar_pair(), scale);
    const auto spec = spec_of(direct, bar_network(Bias::none), seen);
    auto draw = std::make_shared<Draw>(direct->draw(spec->network, 3));
    if (scale == kUnitScale)
      for (float& weight : draw->learned) weight *= 2;
    Replica one{spec, 3};
    one.draw = draw;
    Pool pool(context, {one});
    losses.push_back(pool.advance(0).at(0).loss);
    const Grown grown(context, direct, spec->network, 3, *draw, seen->train.density());
    EXPECT_EQ(grown.test(seen->test).loss, losses.back());
  }
  EXPECT_EQ(losses[0], losses[1]) << "weights twice as large, or pixels";
}

TEST_P(Together, TwoOptimizersInOnePool) {
  auto context = make_context(GetParam().backend);
  const auto seen = std::make_shared<Classification>(context, bar_pair());
  Course course;
  course.rate = 0.05;
  const auto gem = genome_of({{"type", "gem"}, {"genes", 3}});
  std::vector<Replica> all;
  for (const auto optimizer : {Gradient::Kind::adam, Gradient::Kind::sgd}) {
    course.optimizer = optimizer;
    all.push_back({spec_of(gem, bar_network(Bias::none), seen, course), 4});
  }
  Pool pool(context, all);
  pool.advance(3);
  const PoolState state = pool.save();
  const auto names = [&](std::size_t r) {
    std::vector<std::string> found;
    for (const auto& array : state.replicas[r].arrays) found.push_back(array.name);
    return found;
  };
  EXPECT_EQ(names(0), (std::vector<std::string>{"learned", "first_moment", "second_moment"}));
  EXPECT_EQ(names(1), (std::vector<std::string>{"learned", "velocity"}));
  EXPECT_NE(state.replicas[0].learned(), state.replicas[1].learned());
  Pool other(context, {all[1]});
  other.advance(3);
  expect_same(other.save().replicas[0], state.replicas[1]);
}

TEST_P(Together, ADivergedReplicaHarmsNobody) {
  auto context = make_context(GetParam().backend);
  const auto seen = std::make_shared<Classification>(context, bar_pair());
  const auto replica = [&](std::uint64_t seed, double rate) {
    Course course;
    course.rate = rate;
    return Replica{spec_of(genome_of({{"type", "gem"}, {"genes", 3}}), bar_network(Bias::none), seen, course),
                   seed};
  };
  const std::vector<Replica> all = {replica(1, 0.01), replica(2, 1e30), replica(3, 0.01)};
  Pool ill(context, all);
  const auto with = run(&ill);
  EXPECT_EQ(ill.status(1), Status::diverged);
  EXPECT_EQ(ill.steps(1), 4);
  EXPECT_EQ(ill.status(0), Status::done);
  const Outcome well = outcome(context, {all[0], all[2]});
  ASSERT_EQ(with.size(), 8u);
  expect_same(of_replica(with, 0), of_replica(well.results, 0), "the first");
  expect_same(of_replica(with, 2), of_replica(well.results, 1), "the last");
  EXPECT_EQ(ill.learned(2), well.learned[1]);
}

TEST_P(Together, AReplicaThatStopsLeavesTheOthersAlone) {
  auto context = make_context(GetParam().backend);
  const auto seen = std::make_shared<Classification>(context, bar_pair());
  const auto gem = genome_of({{"type", "gem"}, {"genes", 3}});
  Course patient, hasty;
  patient.testing = {2, 0, {}};
  hasty.testing = {2, 0, {1, 0.9}};  // progress would be nine tenths
  const Replica goes{spec_of(gem, bar_network(Bias::none), seen, patient), 1},
      stops{spec_of(gem, bar_network(Bias::none), seen, hasty), 1};
  Pool pool(context, {stops, goes});
  const auto results = run(&pool);
  EXPECT_EQ(pool.status(0), Status::stopped);
  EXPECT_EQ(pool.steps(0), 2);
  EXPECT_EQ(pool.status(1), Status::done);
  ASSERT_EQ(results.size(), 2u + 5);
  const auto all = of_replica(results, 1);
  expect_same(of_replica(results, 0), {all[0], all[1]}, "until it stops");
  EXPECT_NE(pool.learned(0), pool.learned(1));
}

TEST_P(Together, DrawnTestImagesDependOnTheSeedAlone) {
  auto context = make_context(GetParam().backend);
  const auto seen = std::make_shared<Classification>(context, bar_pair());
  Course drawn, all_of_them;
  drawn.testing = {2, 10, {}}, all_of_them.testing = {2, 0, {}};
  const auto gem = genome_of({{"type", "gem"}, {"genes", 3}});
  const auto replica = [&](std::uint64_t seed, const Course& course) {
    return Replica{spec_of(gem, bar_network(Bias::none), seen, course), seed};
  };
  const Outcome two = outcome(context, {replica(1, drawn), replica(2, drawn), replica(2, all_of_them)}),
                one = outcome(context, {replica(2, drawn)});
  ASSERT_EQ(one.results.size(), 5u);
  expect_same(one.results, of_replica(two.results, 1), "drawn images");
  EXPECT_EQ(two.learned[1], two.learned[2]) << "what is tested changes what is learned";
  const auto whole = of_replica(two.results, 2);
  int differ = 0;
  for (std::size_t t = 0; t < 5; ++t) differ += whole[t].loss != one.results[t].loss;
  EXPECT_EQ(differ, 5) << "10 of 33 images have the loss of all";
  for (const TestResult& r : one.results) EXPECT_NEAR(r.accuracy * 10, std::round(r.accuracy * 10), 1e-12);
}

TEST_P(Together, TheLearnedNumbersBeginAsDrawn) {
  auto context = make_context(GetParam().backend);
  const std::vector<Replica> all = everyone(context);
  Pool pool(context, all);
  EXPECT_EQ(pool.running(), static_cast<int>(all.size()));
  const PoolState state = pool.save();
  for (std::size_t r = 0; r < all.size(); ++r) {
    const Spec& spec = *all[r].spec;
    EXPECT_EQ(pool.learned(static_cast<int>(r)), spec.genome->draw(spec.network, all[r].seed).learned);
    EXPECT_FALSE(state.replicas[r].begun());
  }
}

TEST_P(Together, SaysWhatItChose) {
  auto context = make_context(GetParam().backend);
  for (const Executor executor : kExecutors) {
    const Pool pool(context, everyone(context), executor);
    const std::vector<std::string> said = pool.choices();
    for (const char* section : {"train", "test"})
      EXPECT_TRUE(std::any_of(said.begin(), said.end(),
                              [&](const std::string& line) {
                                return line.find(section) != std::string::npos &&
                                       line.find(name(GetParam().backend)) != std::string::npos;
                              }))
          << section << ", " << name(executor);
  }
}

TEST_P(Together, ErrorsSayWhatIsWrong) {
  auto context = make_context(GetParam().backend);
  Context& c = context;
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  std::vector<Replica> all = everyone(c);
  all.resize(2);
  EXPECT_EQ(message([&] { Pool(c, {}); }), "a pool needs at least one replica");
  EXPECT_EQ(message([&] { Pool(c, {all[0], Replica{}}); }), "replica 1 of a pool: it has no spec");
  Pool pool(c, all), other(c, {all[0]});
  EXPECT_EQ(message([&] { pool.learned(2); }), "there is no replica 2 in a pool of 2");
  EXPECT_EQ(message([&] { pool.status(-1); }), "there is no replica -1 in a pool of 2");
  EXPECT_EQ(message([&] { pool.load(other.save()); }),
            "a state of 1 replicas cannot be loaded into a pool of 2");
  pool.advance(1);
  PoolState state = pool.save();
  state.replicas[0].arrays[0].numbers.pop_back();
  EXPECT_EQ(message([&] { pool.load(state); }),
            "the saved state of replica 0 has 107 numbers of 'learned', the pool's has 108");
}

INSTANTIATE_TEST_SUITE_P(Pool, Together, testing::ValuesIn(each_backend()), test::OnName());

#if !defined(INNATE_SIMT)
TEST(Pool, SameBitsOnAnyThreads) {
  std::vector<Outcome> found;
  for (const int threads : {1, 2, 3, 16}) {
    auto context = make_context(Backend::cpu, threads);
    for (const Executor executor : {Executor::fused, Executor::launches})
      found.push_back(outcome(context, everyone(context), executor));
  }
  for (std::size_t i = 1; i < found.size(); ++i) expect_same(found[i], found[0], std::to_string(i));
}

TEST(Pool, AsManyReplicasAreInMemoryAsThereAreThreads) {
  auto context = make_context(Backend::cpu, 2);
  Context& c = context;
  const auto seen = std::make_shared<Classification>(c, bar_pair());
  std::vector<Replica> all;
  for (std::uint64_t r = 0; r < 9; ++r)
    all.push_back({spec_of(genome_of({{"type", "gem"}, {"genes", 3}}), bar_network(Bias::none), seen), r});
  const Needs one = needs(c, all[0]);
  Counted counted(c);
  Pool pool(c, all);
  pool.run(kToTheEnd);
  EXPECT_TRUE(pool.finished());
  EXPECT_LE(counted.peak, 2 * (one.state + one.worker));
}

TEST(Pool, TheMostExpensiveComeFirst) {
  auto context = make_context(Backend::cpu, 1);
  const auto seen = std::make_shared<Classification>(context, bar_pair());
  std::vector<Replica> all;
  for (const int genes : {2, 9, 5})
    all.push_back(
        {spec_of(genome_of({{"type", "gem"}, {"genes", genes}}), bar_network(Bias::none), seen), 1});
  Pool pool(context, all);
  int last = 3;
  for (const int expected : {1, 2, 0}) {
    while (pool.running() == last) pool.run(0);  // a glance at a time
    EXPECT_EQ(pool.status(expected), Status::done) << last << " were running";
    last = pool.running();
  }
  EXPECT_EQ(last, 0);
}

// ---- Genomes

TEST(Genome, FromJsonAndBack) {
  for (const Kind& kind : kinds()) {
    const Json resolved = resolve(genome_schema(), kind.genome, "genome");
    EXPECT_EQ(genome_to_json(*genome_from_json(resolved)), resolved) << kind.name;
    EXPECT_EQ(genome_to_json(*genome_from_json(kind.genome)), resolved) << kind.name << " as it was written";
    EXPECT_EQ(genome_to_json(*make_genome(options_from_json(kind.genome))), resolved) << kind.name;
  }
}

TEST(Genome, UnknownTypesAndFieldsAreRefusedWithTheirPath) {
  const auto message = [](const Json& json) {
    try {
      resolve(genome_schema(), json, "genome");
    } catch (const SchemaError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_NE(message({{"type", "gen"}}).find("genome.type"), std::string::npos) << message({{"type", "gen"}});
  EXPECT_NE(message({{"type", "gem"}, {"gens", 3}}).find("genes"), std::string::npos);
  EXPECT_NE(message({{"type", "gem"}, {"genes", 0}}).find("genome.genes"), std::string::npos);
}

TEST(Genome, SaysHowLargeItIs) {
  for (const Kind& kind : kinds()) {
    const char* key = extent_of(kind.genome);
    EXPECT_EQ(genome_of(kind.genome)->extent(), key ? kind.genome.at(key).get<int>() : 1) << kind.name;
    if (key) {
      EXPECT_EQ(genome_of(kind.genome, 11)->extent(), 11) << kind.name;
    }
  }
}

TEST(Genome, DrawsAsManyNumbersAsItsLayoutSays) {
  for (const Kind& kind : kinds()) {
    const Network network = network_of(kind);
    const auto genome = genome_of(kind.genome);
    const Layout layout = genome->layout(network);
    const Draw draw = genome->draw(network, 3);
    EXPECT_EQ(static_cast<std::int64_t>(draw.learned.size()), Layout::size(layout.learned)) << kind.name;
    EXPECT_EQ(static_cast<std::int64_t>(draw.frozen.size()), Layout::size(layout.frozen)) << kind.name;
    EXPECT_EQ(genome->draw(network, 3).learned, draw.learned) << kind.name;
    for (const auto* list : {&layout.learned, &layout.frozen, &layout.basis})
      for (const Tensor& t : *list) EXPECT_GT(t.size(), 0) << kind.name << ", " << t.name;
  }
  const Layout basis =
      genome_of({{"type", "random_basis"}, {"vectors", 6}})->layout(bar_network(Bias::learned));
  ASSERT_EQ(basis.basis.size(), 1u);
  EXPECT_EQ(basis.basis[0].rows, 35);
  EXPECT_EQ(basis.basis[0].columns, 6);
  EXPECT_EQ(Layout::size(basis.learned), 6 * 3 + 3);
  const Layout all =
      genome_of({{"type", "intrinsic_dimension"}, {"dimension", 7}})->layout(bar_network(Bias::learned));
  EXPECT_EQ(all.basis[0].rows, 7);
  EXPECT_EQ(all.basis[0].columns, 35 * 3 + 3);
  EXPECT_EQ(Layout::size(all.learned), 7);
}

TEST(Genome, DrawnAsTheSettingSays) {
  const Network net{28, 28, 1, {{10, Bias::frozen}}};
  const auto gem = genome_of({{"type", "gem"}, {"genes", 9}});
  const Layout layout = gem->layout(net);
  EXPECT_EQ(Layout::size(layout.learned), 784 * 9 + 81);
  EXPECT_EQ(gem->paper_parameters(net), 9 * (784 + 10 + 9));
  const Draw draw = gem->draw(net, 1);
  double squares = 0;
  for (int i = 0; i < 784 * 9; ++i)
    squares += static_cast<double>(draw.learned[static_cast<std::size_t>(i)]) *
               draw.learned[static_cast<std::size_t>(i)];
  EXPECT_NEAR(std::sqrt(squares / (784 * 9)), 1.0 / 28, 0.05 / 28);  // 7,056 draws: 0.84 % of sampling error
  const auto standard = [&](int i, double deviation) {
    return draw.learned[static_cast<std::size_t>(i)] / deviation;
  };
  for (const int i : {0, 1, 2})  // each array has its own random numbers
    EXPECT_GT(std::fabs(standard(i, 1.0 / 28) - standard(784 * 9 + i, 1.0 / 3)), 1e-3);
  EXPECT_FLOAT_EQ(draw.scales[0], 1.0f / 3);
  EXPECT_EQ(draw.frozen.size(), 10u * 9 + 10);

  const auto spatial = genome_of({{"type", "spatial_gem"}, {"genes", 11}});
  EXPECT_EQ(Layout::size(spatial->layout(net).learned), 154);
  EXPECT_EQ(spatial->paper_parameters(net), 11 * 17);
  const Draw places = spatial->draw(net, 1);
  for (std::size_t i = 0; i < 22; ++i) EXPECT_LT(std::fabs(std::tanh(places.learned[i])), 0.95f);
  for (std::size_t i = 22; i < 33; ++i)
    EXPECT_FLOAT_EQ(places.learned[i], static_cast<float>(-std::log(0.15)));
  EXPECT_FLOAT_EQ(places.scales[0], 0.3f);
  const std::vector<float> many = genome_of({{"type", "spatial_gem"}, {"genes", 300}})->draw(net, 1).learned;
  for (const int row_or_column : {0, 300}) {  // over the whole grid
    const auto [least, most] =
        std::minmax_element(many.begin() + row_or_column, many.begin() + row_or_column + 300);
    EXPECT_LT(std::tanh(*least), -0.9f);
    EXPECT_GT(std::tanh(*most), 0.9f);
  }
  for (const char* type : {"direct", "gem"}) {
    const Json json = std::string(type) == "gem" ? Json{{"type", type}, {"genes", 3}} : Json{{"type", type}};
    EXPECT_NE(genome_of(json)->draw(net, 2).learned, genome_of(json)->draw(net, 1).learned) << type;
    EXPECT_NE(genome_of(json)->draw(net, 2).frozen, genome_of(json)->draw(net, 1).frozen) << type;
  }
  const std::vector<float> weights = genome_of({{"type", "direct"}})->draw(net, 1).learned;
  const auto [least, most] = std::minmax_element(weights.begin(), weights.end());  // uniform
  EXPECT_NEAR(*least, -1.0 / 28, 0.01 / 28);
  EXPECT_NEAR(*most, 1.0 / 28, 0.01 / 28);
  const Draw vectors = genome_of({{"type", "random_basis"}, {"vectors", 6}})->draw(net, 1);
  EXPECT_FLOAT_EQ(vectors.scales[0], 1.0f / 28);
  EXPECT_EQ(vectors.learned, std::vector<float>(60));
  const Draw combined = genome_of({{"type", "intrinsic_dimension"}, {"dimension", 3}})->draw(net, 1);
  EXPECT_FLOAT_EQ(combined.scales[0], static_cast<float>(1 / std::sqrt(3.0 * 784)));
  EXPECT_EQ(combined.learned, (std::vector<float>{1, 0, 0}));
  EXPECT_NE(spatial->draw(net, 2).learned, places.learned);
  EXPECT_EQ(spatial->draw(net, 1).learned, places.learned);
}

TEST(Genome, EveryChannelHasItsOwnGrid) {
  const Network grey{32, 32, 1, {{10, Bias::none}}}, colour{32, 32, 3, {{10, Bias::none}}};
  const auto spatial = genome_of({{"type", "spatial_gem"}, {"genes", 11}});
  EXPECT_EQ(Layout::size(spatial->layout(colour).learned), 3 * 3 * 11 + 121);
  EXPECT_EQ(spatial->paper_parameters(colour), 11 * (11 + 9 + 3));
  EXPECT_EQ(Layout::size(genome_of({{"type", "gem"}, {"genes", 9}})->layout(colour).learned), 3072 * 9 + 81);
  EXPECT_EQ(Layout::size(genome_of({{"type", "direct"}})->layout(colour).learned), 30720);
  const std::vector<float> one = spatial->draw(grey, 1).learned, three = spatial->draw(colour, 1).learned;
  const auto channel = [&](int c) {
    return std::vector(three.begin() + 33 * c, three.begin() + 33 * (c + 1));
  };
  EXPECT_EQ(channel(0), std::vector(one.begin(), one.begin() + 33)) << "grey images are the first channel";
  EXPECT_NE(channel(1), channel(0));
  EXPECT_NE(channel(2), channel(1));
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 22; ++i)
      EXPECT_LT(std::fabs(std::tanh(channel(c)[static_cast<std::size_t>(i)])), 0.95f);
    for (int i = 22; i < 33; ++i)
      EXPECT_FLOAT_EQ(channel(c)[static_cast<std::size_t>(i)], static_cast<float>(-std::log(0.15)));
  }
}

// ---- Specs

Json point(const char* changes = "{}") {
  Json json = Json::parse(R"({
    "network": { "layers": [ { "type": "dense", "units": 4, "bias": "frozen" } ] },
    "genome": { "type": "gem", "genes": 6 },
    "learning": { "type": "gradient", "optimizer": { "type": "sgd", "rate": 0.5, "momentum": 0.25 }, "batch": 20, "epochs": 3 },
    "test": { "every": 7, "images": 12, "stop": "authors" } })");
  json.merge_patch(Json::parse(changes));
  for (const auto& [key, value] :
       {std::pair("network", network_schema()), std::pair("genome", genome_schema()),
        std::pair("learning", learning_schema()), std::pair("test", test_schema())})
    json[key] = resolve(value, json.at(key), key);
  return json;
}

TEST(Spec, HoldsWhatThePointSays) {
  Context context = Context::cpu(1);
  const auto seen = std::make_shared<Classification>(context, bar_pair());
  const auto spec = spec_from_json(point(), seen);
  EXPECT_EQ(spec->network.inputs(), 35);
  EXPECT_EQ(spec->network.outputs(), 4);
  EXPECT_EQ(spec->network.layers.at(0).bias, Bias::frozen);
  EXPECT_EQ(spec->genome->extent(), 6);
  EXPECT_EQ(spec->task, seen);
  EXPECT_EQ(spec->learner->batch(), 20);
  EXPECT_EQ(spec->learner->steps(), 3 * (90 / 20)) << "an epoch is whole batches";
  EXPECT_EQ(spec->learner->rate(), 0.5);
  EXPECT_EQ(spec->learner->kept(), std::vector<std::string>{"velocity"});
  EXPECT_EQ(static_cast<const Gradient&>(*spec->learner).sgd.momentum, 0.25);
  EXPECT_EQ(spec->testing.every, 7);
  EXPECT_EQ(spec->testing.images, 12);
  EXPECT_EQ(spec->testing.stop.patience, 2);
}

TEST(Spec, IsReadAsItWasWritten) {
  Context context = Context::cpu(1);
  const auto seen = std::make_shared<Classification>(context, bar_pair());
  const Json written = Json::parse(R"({
    "network": { "layers": [ { "type": "dense", "units": 3 } ] }, "genome": { "type": "gem", "genes": 6 },
    "learning": { "type": "gradient", "optimizer": { "type": "adam", "rate": 0.5 }, "steps": 3 } })");
  const auto spec = spec_from_json(written, seen);
  EXPECT_EQ(spec->learner->batch(), 64);
  EXPECT_EQ(spec->testing.every, 1000);
  EXPECT_EQ(spec->testing.stop.patience, 0);
  EXPECT_EQ(spec->network.last().bias, Bias::none);
  const auto message = [&](const char* path, const Json& value) -> std::string {
    Json json = written;
    json[Json::json_pointer(path)] = value;
    try {
      spec_from_json(json, seen);
    } catch (const SchemaError& error) {
      return error.path();
    }
    return "accepted";
  };
  EXPECT_EQ(message("/genome/genes", "many"), "genome.genes");
  EXPECT_EQ(message("/genome", nullptr), "genome");
  EXPECT_EQ(message("/network/layers/0/units", 0), "network.layers[0].units");
  EXPECT_EQ(message("/learning/optimizer/type", "adm"), "learning.optimizer.type");
  EXPECT_EQ(message("/test/every", 0), "test.every");
  Json less = written;
  less.erase("learning");
  EXPECT_THROW(spec_from_json(less, seen), SchemaError);
  EXPECT_THROW(spec_from_json("text", seen), SchemaError);
  EXPECT_THROW(spec_from_json(written, nullptr), Error);
}

TEST(Spec, ThatDoesNotFitTheImagesIsRefused) {
  Context context = Context::cpu(1);
  const auto seen = std::make_shared<Classification>(context, bar_pair());
  const auto message = [&](const char* changes) -> std::string {
    try {
      spec_from_json(point(changes), seen);
    } catch (const SchemaError& error) {
      return error.what();
    }
    return "accepted";
  };
  const auto layers = [](int units) {
    return R"({"network": {"layers": [{"type": "dense", "units": )" + std::to_string(units) + "}]}}";
  };
  EXPECT_EQ(message("{}"), "accepted");
  EXPECT_EQ(message(layers(2).c_str()), "network.layers[0].units: is 2, but the data has 3 classes");
  EXPECT_EQ(message(layers(257).c_str()),
            "network.layers[0].units: is 257; a classifier has at most 256 classes");
  EXPECT_EQ(message(R"({"test": {"images": 34}})"), "test.images: is 34, but the test set has 33 images");
  EXPECT_EQ(message(R"({"learning": {"batch": 91}})"),
            "learning.batch: is 91, but the training set has only 90 images");
}

// ---- Stopping

TEST(Progress, NeverStops) {
  Progress p;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(p.stops({0, 0}, 0.1));
}

TEST(Progress, ThePapersTextStopsAtTheFirstTestWithoutProgress) {
  Progress p;
  const Stopping paper{1, 0.005};
  EXPECT_FALSE(p.stops(paper, 0.5));
  EXPECT_FALSE(p.stops(paper, 0.51));
  EXPECT_TRUE(p.stops(paper, 0.512));
  EXPECT_EQ(p.best, 0.512);
}

TEST(Progress, TheAuthorsCodeStopsAfterTwoTestsWithoutANewBest) {
  Progress p;
  const Stopping authors{2, 0};
  EXPECT_FALSE(p.stops(authors, 0.5));
  EXPECT_FALSE(p.stops(authors, 0.4));
  EXPECT_FALSE(p.stops(authors, 0.5));  // equalling the best counts
  EXPECT_FALSE(p.stops(authors, 0.45));
  EXPECT_TRUE(p.stops(authors, 0.49));
}
#endif

}  // namespace
}  // namespace innate::engine
