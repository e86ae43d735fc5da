// Cohorts: what happens to a replica depends on its own seed and settings alone.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "innate/engine/cohort.h"
#include "innate/engine/schemas.h"
#include "innate/kernels/random.h"
#include "tests/support/backends.h"

namespace innate::engine {
namespace {

using test::each_backend;
using test::make_context;

struct Kind {
  const char* name;
  Json genome;
  Bias bias;
  bool small = true;
  int channels = 1;
};

std::vector<Kind> kinds() {
  return {{"small_direct", {{"type", "direct"}}, Bias::learned},
          {"small_gem", {{"type", "gem"}, {"genes", 3}}, Bias::none},
          {"small_gem_learned_output", {{"type", "gem"}, {"genes", 3}, {"output", "learned"}}, Bias::learned},
          {"small_spatial_gem", {{"type", "spatial_gem"}, {"genes", 5}}, Bias::frozen},
          {"small_spatial_gem_authors",
           {{"type", "spatial_gem"}, {"genes", 4}, {"initial", "authors"}},
           Bias::none},
          {"small_random_basis", {{"type", "random_basis"}, {"vectors", 6}}, Bias::learned},
          {"small_intrinsic_dimension", {{"type", "intrinsic_dimension"}, {"dimension", 7}}, Bias::learned},
          {"small_intrinsic_dimension_frozen_bias",
           {{"type", "intrinsic_dimension"}, {"dimension", 5}},
           Bias::frozen},
          {"small_spatial_gem_colour", {{"type", "spatial_gem"}, {"genes", 5}}, Bias::learned, true, 3},
          {"small_gem_colour", {{"type", "gem"}, {"genes", 3}}, Bias::none, true, 3},
          {"small_random_basis_colour", {{"type", "random_basis"}, {"vectors", 6}}, Bias::none, true, 3}};
}

/// 3 classes of 7 x 5 images that differ in where they are bright.
Dataset images(int count, int channels, std::uint64_t seed) {
  Dataset set{"bars", count, 7, 5, channels, 3, {}, {}};
  const int values = set.pixels();
  for (int i = 0; i < count; ++i) {
    const int label = i % 3;
    set.labels.push_back(static_cast<std::uint8_t>(label));
    for (int p = 0; p < values; ++p) {
      const bool bright = p / channels / 5 / 2 == label;
      const double u =
          random::uniform({seed, random::Purpose::weights}, static_cast<std::uint64_t>(i * values + p));
      set.images.push_back(static_cast<std::uint8_t>(bright ? 100 + 155 * u : u > 0.7 ? 120 * u : 0));
    }
  }
  return set;
}

const DatasetPair& pair(int channels = 1) {
  static const DatasetPair grey{images(90, 1, 1), images(33, 1, 2)},
      colour{images(90, 3, 1), images(33, 3, 2)};
  return channels == 1 ? grey : colour;
}

Network network(Bias bias, int channels = 1) { return {7, 5, channels, {{3, bias}}}; }

/// The key of what may differ between replicas; null where nothing may.
const char* extent_of(const Json& genome) {
  for (const char* key : {"genes", "vectors", "dimension"})
    if (genome.contains(key)) return key;
  return nullptr;
}

std::shared_ptr<const Genome> genome(Json json, int genes = 0) {
  if (genes > 0) json[extent_of(json)] = genes;
  return genome_from_json(resolve(genome_schema(), json, "genome"));
}

Gradient gradient(std::int64_t steps, int batch = 13) {
  Gradient g;
  g.batch = batch;
  g.steps = steps;
  return g;
}

std::vector<TestResult> run(Cohort* cohort) {
  std::vector<TestResult> all;
  while (!cohort->finished()) {
    cohort->train(3);
    if (!cohort->test_is_due()) continue;
    for (const TestResult& r : cohort->test()) all.push_back(r);
  }
  return all;
}

void expect_same(const TestResult& a, const TestResult& b) {
  EXPECT_EQ(a.at, b.at);
  EXPECT_EQ(a.accuracy, b.accuracy);
  EXPECT_EQ(std::memcmp(&a.loss, &b.loss, sizeof a.loss), 0) << a.loss << " and " << b.loss;
  EXPECT_TRUE(a.train_loss == b.train_loss || (std::isnan(a.train_loss) && std::isnan(b.train_loss)));
}

class OfEachKind : public testing::TestWithParam<test::On<Kind>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
  const DatasetPair& own_pair() const { return pair(GetParam().it.channels); }
  Network own_network() const { return network(GetParam().it.bias, GetParam().it.channels); }
  std::vector<Replica> replicas() const {
    std::vector<Replica> all;
    const bool sized = extent_of(GetParam().it.genome) != nullptr;
    for (int r = 0; r < 3; ++r)
      all.push_back({genome(GetParam().it.genome, sized ? 2 + 2 * r : 0), static_cast<std::uint64_t>(7 + r),
                     0.01 * (1 + r)});
    return all;
  }
  Cohort cohort(Context& context, const Classification& task, std::vector<Replica> all,
                std::int64_t steps = 8, int every = 4) const {
    return Cohort(context, task, own_network(), std::move(all), gradient(steps), {every, 0, {}});
  }
};

/// The same genome, of which nobody knows a fused loop.
class Unfused : public Genome {
 public:
  explicit Unfused(std::shared_ptr<const Genome> inner) : inner_(std::move(inner)) {}
  Json to_json() const override { return inner_->to_json(); }
  std::int64_t genes() const override { return inner_->genes(); }
  Layout layout(const Network& network) const override { return inner_->layout(network); }
  Draw draw(const Network& network, std::uint64_t seed) const override { return inner_->draw(network, seed); }
  std::unique_ptr<Development> development(Context& context, const Plan& plan) const override {
    return inner_->development(context, plan);
  }

 private:
  std::shared_ptr<const Genome> inner_;
};

TEST_P(OfEachKind, FusedOrRoomByRoom) {
  auto context = make_context(GetParam().backend);
  const Classification task(context, own_pair());
  std::vector<Replica> unfused = replicas();
  for (Replica& r : unfused) {
    ASSERT_TRUE(r.genome->fused().has_value());
    r.genome = std::make_shared<Unfused>(r.genome);
  }
  Cohort fused = cohort(context, task, replicas()), composed = cohort(context, task, unfused);
  const auto a = run(&fused), b = run(&composed);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) expect_same(a[i], b[i]);
  const CohortState of_fused = fused.save(), of_composed = composed.save();
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_EQ(of_fused.replicas[r].learned, of_composed.replicas[r].learned);
    EXPECT_EQ(of_fused.replicas[r].second_moment, of_composed.replicas[r].second_moment);
  }
}

TEST_P(OfEachKind, StoringLessGivesTheSameBits) {
  auto context = make_context(GetParam().backend);
  const Classification task(context, own_pair());
  std::vector<Replica> compact = replicas(), composed = replicas();
  if (!compact[0].genome->compact()) return;  // nothing to save
  for (std::size_t r = 0; r < 3; ++r) {
    compact[r].genome = compact[r].genome->compact();
    composed[r].genome = std::make_shared<Unfused>(compact[r].genome);
    EXPECT_EQ(compact[r].genome->to_json(), replicas()[r].genome->to_json());
  }
  Cohort stored = cohort(context, task, replicas()), made = cohort(context, task, compact),
         by_rooms = cohort(context, task, composed);
  const auto a = run(&stored), b = run(&made), c = run(&by_rooms);
  ASSERT_EQ(a.size(), b.size());
  ASSERT_EQ(a.size(), c.size());
  for (std::size_t i = 0; i < a.size(); ++i) expect_same(a[i], b[i]), expect_same(a[i], c[i]);
  for (std::size_t r = 0; r < 3; ++r)
    EXPECT_EQ(stored.save().replicas[r].learned, made.save().replicas[r].learned);
}

/// The last call of a test has few images, and its product may be contracted in another order.
TEST_P(OfEachKind, TestsWhatIsLeftOfTheImages) {
  auto context = make_context(GetParam().backend);
  const int channels = GetParam().it.channels;
  const DatasetPair uneven{images(30, channels, 1), images(504, channels, 2)};
  const Classification task(context, uneven);
  const bool sized = extent_of(GetParam().it.genome) != nullptr;
  Cohort few = cohort(context, task, {{genome(GetParam().it.genome, sized ? 60 : 0), 5, 0.01}}, 1, 1);
  for (const TestResult& r : run(&few)) EXPECT_NEAR(r.accuracy * 504, std::round(r.accuracy * 504), 1e-9);
}

TEST_P(OfEachKind, BytesAreWhatACohortTakes) {
  auto context = make_context(GetParam().backend);
  const Classification task(context, own_pair());
  struct Counted : Allocator {
    explicit Counted(Allocator& a) : inner(a) {}
    void* allocate(std::size_t bytes) override { return held += bytes, inner.allocate(bytes); }
    void deallocate(void* block, std::size_t bytes) noexcept override { inner.deallocate(block, bytes); }
    Allocator& inner;
    std::size_t held = 0;
  };
  Context& c = context;
  std::size_t planned = 0;
  for (const std::size_t bytes : Cohort::bytes(c, task, own_network(), replicas(), gradient(8), {4, 0, {}}))
    planned += bytes;
  Allocator& usual = c.memory();
  Counted counted(usual);
  c.set_memory(counted);
  {
    const Cohort whole = cohort(c, task, replicas());
    c.set_memory(usual);
    const std::size_t small = 3 * 512;  // arrays of one number a replica are not planned
    EXPECT_LE(counted.held, planned + small);
    EXPECT_GE(2 * counted.held, planned);
  }
}

TEST_P(OfEachKind, AloneOrAmongMany) {
  auto context = make_context(GetParam().backend);
  const Classification task(context, own_pair());
  Cohort together = cohort(context, task, replicas());
  const auto all = run(&together);
  ASSERT_EQ(all.size(), 9u);  // 3 replicas at 0, 4 and 8
  for (int r = 0; r < 3; ++r) {
    Cohort alone = cohort(context, task, {replicas()[static_cast<std::size_t>(r)]});
    const auto own = run(&alone);
    ASSERT_EQ(own.size(), 3u);
    for (std::size_t t = 0; t < 3; ++t) expect_same(own[t], all[3 * t + static_cast<std::size_t>(r)]);
    EXPECT_EQ(alone.save().replicas[0].learned,
              together.save().replicas[static_cast<std::size_t>(r)].learned);
  }
}

TEST_P(OfEachKind, SavedAndLoadedInTheMiddle) {
  auto context = make_context(GetParam().backend);
  const Classification task(context, own_pair());
  Cohort whole = cohort(context, task, replicas());
  const auto expected = run(&whole);
  Cohort first = cohort(context, task, replicas());
  first.test();
  first.train(2);  // between two tests
  const CohortState saved = first.save();
  Cohort second = cohort(context, task, replicas());
  second.load(saved);
  const auto rest = run(&second);
  ASSERT_EQ(rest.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) expect_same(rest[i], expected[3 + i]);
  for (std::size_t r = 0; r < 3; ++r)
    EXPECT_EQ(second.save().replicas[r].learned, whole.save().replicas[r].learned);
}

TEST_P(OfEachKind, TrainsToTheBitsOfTheCpu) {
  auto context = make_context(GetParam().backend);
  auto cpu = make_context(Backend::cpu);
  const Classification task(context, own_pair()), cpu_task(cpu, own_pair());
  Cohort own = cohort(context, task, replicas()), expected = cohort(cpu, cpu_task, replicas());
  const auto results = run(&own), expected_results = run(&expected);
  ASSERT_EQ(results.size(), expected_results.size());
  for (std::size_t i = 0; i < results.size(); ++i) expect_same(results[i], expected_results[i]);
  for (std::size_t r = 0; r < 3; ++r)
    EXPECT_EQ(own.save().replicas[r].learned, expected.save().replicas[r].learned) << "replica " << r;
}

TEST_P(OfEachKind, LossFalls) {
  auto context = make_context(GetParam().backend);
  const Classification task(context, own_pair());
  auto all = replicas();
  for (Replica& r : all) r.rate = 0.02;
#if defined(INNATE_SIMT)
  const int steps = 12;
#else
  const int steps = 200;
#endif
  Cohort learner = cohort(context, task, all, steps, steps);
  const auto results = run(&learner);
  for (std::size_t r = 0; r < 3; ++r) EXPECT_LT(results[3 + r].loss, results[r].loss) << "replica " << r;
  EXPECT_EQ(learner.status(0), Status::done);
  EXPECT_EQ(learner.steps_of(0), steps);
}

INSTANTIATE_TEST_SUITE_P(Cohort, OfEachKind, testing::ValuesIn(test::on_backends(kinds())), test::OnName());

class OnEachBackend : public testing::TestWithParam<test::On<test::NoCase>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};

TEST_P(OnEachBackend, ADivergedReplicaHarmsNobody) {
  auto context = make_context(GetParam().backend);
  const Classification task(context, pair());
  const Json gem = {{"type", "gem"}, {"genes", 3}};
  const auto replica = [&](std::uint64_t seed, double rate) { return Replica{genome(gem), seed, rate}; };
  Cohort ill(context, task, network(Bias::none), {replica(1, 0.01), replica(2, 1e30), replica(3, 0.01)},
             gradient(8), {4, 0, {}});
  const auto with = run(&ill);
  EXPECT_EQ(ill.status(1), Status::diverged);
  EXPECT_EQ(ill.steps_of(1), 4);
  EXPECT_EQ(ill.status(0), Status::done);
  Cohort well(context, task, network(Bias::none), {replica(1, 0.01), replica(3, 0.01)}, gradient(8),
              {4, 0, {}});
  const auto without = run(&well);
  ASSERT_EQ(with.size(), 8u);
  expect_same(with[0], without[0]);
  expect_same(with[2], without[1]);
  expect_same(with[3], without[2]);
  expect_same(with[5], without[3]);
  expect_same(with[6], without[4]);
  expect_same(with[7], without[5]);
}

TEST_P(OnEachBackend, DrawnTestImagesDependOnTheSeedAlone) {
  auto context = make_context(GetParam().backend);
  const Classification task(context, pair());
  const Json gem = {{"type", "gem"}, {"genes", 3}};
  const std::vector<Replica> both = {{genome(gem), 1, 0.01}, {genome(gem), 2, 0.01}};
  Cohort two(context, task, network(Bias::none), both, gradient(8), {2, 10, {}});
  Cohort one(context, task, network(Bias::none), {both[1]}, gradient(8), {2, 10, {}});
  const auto all = run(&two), own = run(&one);
  ASSERT_EQ(own.size(), 5u);
  for (std::size_t t = 0; t < 5; ++t) expect_same(own[t], all[2 * t + 1]);
}

INSTANTIATE_TEST_SUITE_P(Cohort, OnEachBackend, testing::ValuesIn(each_backend()), test::OnName());

#if !defined(INNATE_SIMT)
TEST(Cohort, SameBitsWithOneThreadOrMany) {
  Context one = Context::cpu(1), three = Context::cpu(3);
  const Classification task_one(one, pair()), task_three(three, pair());
  std::vector<Replica> replicas;
  for (int r = 0; r < 5; ++r)
    replicas.push_back(
        {genome({{"type", "spatial_gem"}, {"genes", 1 + 3 * r}}), static_cast<std::uint64_t>(r), 0.01});
  Cohort a(one, task_one, network(Bias::none), replicas, gradient(9), {3, 0, {}});
  Cohort b(three, task_three, network(Bias::none), replicas, gradient(9), {3, 0, {}});
  const auto first = run(&a), second = run(&b);
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].replica, second[i].replica);
    expect_same(first[i], second[i]);
  }
}

TEST(Genome, FromJsonAndBack) {
  for (const Kind& kind : kinds()) {
    const Json resolved = resolve(genome_schema(), kind.genome, "genome");
    EXPECT_EQ(genome_from_json(resolved)->to_json(), resolved) << kind.name;
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

TEST(Genome, DrawnAsTheSettingSays) {
  const Network net{28, 28, 1, {{10, Bias::frozen}}};
  const auto gem = genome({{"type", "gem"}, {"genes", 9}});
  const Layout layout = gem->layout(net);
  EXPECT_EQ(Layout::size(layout.learned), 784 * 9 + 81);
  EXPECT_EQ(gem->paper_parameters(net), 9 * (784 + 10 + 9));
  const Draw draw = gem->draw(net, 1);
  double squares = 0;
  for (int i = 0; i < 784 * 9; ++i)
    squares += static_cast<double>(draw.learned[static_cast<std::size_t>(i)]) *
               draw.learned[static_cast<std::size_t>(i)];
  EXPECT_NEAR(std::sqrt(squares / (784 * 9)), 1.0 / 28, 0.05 / 28);  // 7,056 draws: 0.84 % of sampling error
  EXPECT_FLOAT_EQ(draw.scale, 1.0f / 3);
  EXPECT_EQ(draw.frozen.size(), 10u * 9 + 10);

  const auto spatial = genome({{"type", "spatial_gem"}, {"genes", 11}});
  EXPECT_EQ(Layout::size(spatial->layout(net).learned), 154);
  EXPECT_EQ(spatial->paper_parameters(net), 11 * 17);
  const Draw places = spatial->draw(net, 1);
  for (std::size_t i = 0; i < 22; ++i) EXPECT_LT(std::fabs(std::tanh(places.learned[i])), 0.95f);
  for (std::size_t i = 22; i < 33; ++i)
    EXPECT_FLOAT_EQ(places.learned[i], static_cast<float>(-std::log(0.15)));
  EXPECT_FLOAT_EQ(places.scale, 0.3f);
  EXPECT_NE(spatial->draw(net, 2).learned, places.learned);
  EXPECT_EQ(spatial->draw(net, 1).learned, places.learned);
}

TEST(Genome, EveryChannelHasItsOwnGrid) {
  const Network grey{32, 32, 1, {{10, Bias::none}}}, colour{32, 32, 3, {{10, Bias::none}}};
  const auto spatial = genome({{"type", "spatial_gem"}, {"genes", 11}});
  EXPECT_EQ(Layout::size(spatial->layout(colour).learned), 3 * 3 * 11 + 121);
  EXPECT_EQ(spatial->paper_parameters(colour), 11 * (11 + 9 + 3));
  EXPECT_EQ(Layout::size(genome({{"type", "gem"}, {"genes", 9}})->layout(colour).learned), 3072 * 9 + 81);
  EXPECT_EQ(Layout::size(genome({{"type", "direct"}})->layout(colour).learned), 30720);
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
