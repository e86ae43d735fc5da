// What tests measure beside answers: modularity, distances of classes; and when tests come.
#include "engine/measure/measure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "engine/measure/modularity.h"
#include "innate/engine/grown.h"
#include "innate/engine/pool.h"
#include "tests/support/backends.h"
#include "tests/support/compare.h"
#include "tests/support/genomes.h"

namespace innate::engine {
namespace {

using test::error_of;
using test::make_context;

// ---- Modularity

/// `count` cliques of `size` nodes, one behind the other.
Graph cliques(int count, int size) {
  Graph graph{count * size, {}};
  for (int c = 0; c < count; ++c)
    for (int a = 0; a < size; ++a)
      for (int b = 0; b < a; ++b) graph.edges.push_back({c * size + a, c * size + b});
  return graph;
}

TEST(Modularity, IsThatOfTheFormula) {
  // Edges 0-1 of weight 3, 1-2 of weight 1, and a loop of weight 0.5 at 2: 2m is 9.
  const Graph graph{3, {{0, 1, 3}, {1, 2, 1}, {2, 2, 0.5}}};
  EXPECT_DOUBLE_EQ(modularity(graph, {0, 0, 2}), 6 / 9.0 - 49 / 81.0 + 1 / 9.0 - 4 / 81.0);
  EXPECT_DOUBLE_EQ(modularity(graph, {1, 1, 1}), 0);
}

TEST(Modularity, OfCliquesIsKnown) {
  // Two cliques of k nodes joined by an edge: m is k(k-1) + 1, and each has half of all ends.
  for (const int k : {3, 5, 11}) {
    Graph graph = cliques(2, k);
    graph.edges.push_back({0, k});
    const double m = k * (k - 1) + 1;
    EXPECT_NEAR(best_modularity(graph, 1), (m - 1) / m - 0.5, 1e-12) << k;
  }
  // A ring of 8 cliques of 5, joined by single edges: 88 edges, of which 80 lie inside.
  Graph ring = cliques(8, 5);
  for (int c = 0; c < 8; ++c) ring.edges.push_back({c * 5, (c + 1) % 8 * 5 + 1});
  EXPECT_NEAR(best_modularity(ring, 1), 80 / 88.0 - 1 / 8.0, 1e-12);
  EXPECT_NEAR(best_modularity(cliques(1, 7), 1), 0, 1e-12);
}

TEST(Modularity, OfTheKarateClubIsTheBestKnown) {
  // Zachary 1977, by the members' numbers from 1; the best division known has 0.4198.
  constexpr int kTies[][2] = {
      {2, 1},   {3, 1},   {3, 2},   {4, 1},   {4, 2},   {4, 3},   {5, 1},   {6, 1},   {7, 1},   {7, 5},
      {7, 6},   {8, 1},   {8, 2},   {8, 3},   {8, 4},   {9, 1},   {9, 3},   {10, 3},  {11, 1},  {11, 5},
      {11, 6},  {12, 1},  {13, 1},  {13, 4},  {14, 1},  {14, 2},  {14, 3},  {14, 4},  {17, 6},  {17, 7},
      {18, 1},  {18, 2},  {20, 1},  {20, 2},  {22, 1},  {22, 2},  {26, 24}, {26, 25}, {28, 3},  {28, 24},
      {28, 25}, {29, 3},  {30, 24}, {30, 27}, {31, 2},  {31, 9},  {32, 1},  {32, 25}, {32, 26}, {32, 29},
      {33, 3},  {33, 9},  {33, 15}, {33, 16}, {33, 19}, {33, 21}, {33, 23}, {33, 24}, {33, 30}, {33, 31},
      {33, 32}, {34, 9},  {34, 10}, {34, 14}, {34, 15}, {34, 16}, {34, 19}, {34, 20}, {34, 21}, {34, 23},
      {34, 24}, {34, 27}, {34, 28}, {34, 29}, {34, 30}, {34, 31}, {34, 32}, {34, 33}};
  Graph club{34, {}};
  for (const auto& [a, b] : kTies) club.edges.push_back({a - 1, b - 1});
  ASSERT_EQ(club.edges.size(), 78u);
  for (const std::uint64_t seed : {1, 2, 3}) {
    const double q = best_modularity(club, seed);
    EXPECT_NEAR(q, 0.4198, 5e-5) << seed;
    EXPECT_EQ(q, best_modularity(club, seed));
  }
  EXPECT_LE(best_modularity(club, 1, 1), best_modularity(club, 1)) << "more starts are no worse";
}

TEST(Modularity, KnowsWeights) {
  // A square whose sides weigh 9, 1, 9, 1: two pairs, each with half of the 40 ends.
  const Graph square{4, {{0, 1, 9}, {1, 2, 1}, {2, 3, 9}, {3, 0, 1}}};
  EXPECT_NEAR(best_modularity(square, 5), 36 / 40.0 - 0.5, 1e-12);
  EXPECT_EQ(best_modularity({5, {}}, 5), 0) << "no edge";
  EXPECT_EQ(best_modularity({2, {{0, 1, 0}}}, 5), 0) << "no weight";
}

TEST(Modularity, RefusesWhatIsNoGraph) {
  EXPECT_EQ(error_of([] {
              best_modularity({2, {{0, 2}}}, 1);
            }),
            "an edge of a graph of 2 nodes leads from 0 to 2");
  EXPECT_NE(error_of([] { best_modularity({2, {{0, 1, -1}}}, 1); }), "");
  EXPECT_NE(error_of([] { best_modularity({2, {{0, 1, NAN}}}, 1); }), "");
  EXPECT_NE(error_of([] { modularity({2, {{0, 1}}}, {0}); }), "");
  EXPECT_NE(error_of([] { modularity({2, {{0, 1}}}, {0, 2}); }), "");
}

// ---- Distances of classes

TEST(ClassDistances, AreMeansOverImagesAndPairs) {
  // Class 0 at (0, 0) and (0, 2): mean (0, 1); class 7 at (3, 5), class 2 at (0, 7) twice.
  const std::vector<float> points = {0, 0, 3, 5, 0, 7, 0, 2, 0, 7};
  const ClassDistances d = class_distances(points, 2, {0, 7, 2, 0, 2});
  EXPECT_DOUBLE_EQ(d.within, (1 + 1 + 0 + 0 + 0) / 5.0);
  EXPECT_DOUBLE_EQ(d.between, (5 + 6 + std::sqrt(13.0)) / 3);
  EXPECT_EQ(class_distances({1, 2}, 1, {3, 3}).between, 0) << "one class";
  EXPECT_NE(error_of([] { class_distances({1, 2, 3}, 2, {0, 1}); }), "");
}

// ---- Tests of a pool that measure

class MeasuredOfEachKind : public testing::TestWithParam<test::On<Kind>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
  const Kind& kind() const { return GetParam().it; }

  Course course() const {
    Course course;
    course.rate = 0.02, course.batch = 8, course.steps = 40;
    course.testing.log = 4;
    course.testing.measures = {Measure::class_distance};
    if (network_of(kind()).all_dense()) course.testing.measures.push_back(Measure::modularity);
    return course;
  }
};

void expect_same(const std::vector<Measured>& a, const std::vector<Measured>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    EXPECT_EQ(a[i].value, b[i].value) << a[i].name;
  }
}

/// Trained at a stretch beside another, alone and stopped after every step, and grown again at the end.
TEST_P(MeasuredOfEachKind, DependOnTheReplicaAlone) {
  auto context = make_context(GetParam().backend);
  const auto task = std::make_shared<Classification>(context, bar_pair(kind().channels, 60, 47));
  const auto spec = spec_of(genome_of(kind().genome), network_of(kind()), task, course());
  Pool both(context, {{spec, 3}, {spec, 4}});
  std::vector<TestResult> results;
  for (TestResult& r : both.advance(40))
    if (r.replica == 1) results.push_back(std::move(r));
  ASSERT_EQ(results.size(), 5u);
  std::vector<std::int64_t> at;
  for (const TestResult& r : results) at.push_back(r.at);
  EXPECT_EQ(at, (std::vector<std::int64_t>{0, 1, 3, 12, 40}));

  PoolState state = Pool(context, {{spec, 4}}).save();
  for (std::size_t next = 0; next < results.size();) {
    Pool alone(context, {{spec, 4}});
    alone.load(state);
    for (const TestResult& r : alone.advance(1)) {
      ASSERT_LT(next, results.size());
      EXPECT_EQ(r.at, results[next].at);
      expect_same(r.measures, results[next++].measures);
    }
    state = alone.save();
  }
  const std::size_t spaces = kind().hidden.size() + 1;
  EXPECT_EQ(results.back().measures.size(), (network_of(kind()).all_dense() ? 1 : 0) + 2 * spaces);
  expect_same(results.back().measures, measured(context, *spec, 4, both.numbers(1)));
  for (const Measured& m : results.back().measures) EXPECT_GE(m.value, 0) << m.name;
}

/// The last layer's activations are the logits, and a hidden layer's are what the next one sees.
TEST_P(MeasuredOfEachKind, ActivationsAreWhatTheNextLayerSees) {
  auto context = make_context(GetParam().backend);
  const Network network = network_of(kind());
  const auto genome = genome_of(kind().genome);
  const DeviceImages set(context, bars(507, kind().channels, 3));
  const Grown grown(context, genome, network, 6, genome->draw(network, 6).learned, 0.4);
  const int last = network.depth() - 1;
  EXPECT_EQ(grown.activations(set, last), grown.logits(set));
  const std::vector<float> all = grown.logits(set), some = grown.activations(set, last, 502);
  ASSERT_EQ(some.size(), static_cast<std::size_t>(502 * network.outputs()));
  for (std::size_t i = 0; i < static_cast<std::size_t>(500 * network.outputs()); ++i)  // a whole call's
    ASSERT_EQ(some[i], all[i]) << i;
  for (int l = 1; l <= last; ++l) {
    const auto inputs = static_cast<std::size_t>(network.inputs_of(l));
    const Grid units = network.pooled_grid(l);
    const auto outputs = static_cast<std::size_t>(units.height * units.width * units.channels);
    const std::vector<float> x = grown.activations(set, l - 1, 9), y = grown.activations(set, l, 9);
    const GrownWeights weights = grown.weights(l);
    ASSERT_EQ(x.size(), 9 * inputs);
    ASSERT_EQ(y.size(), 9 * outputs);
    if (l != last) continue;  // without an activation
    for (std::size_t i = 0; i < 9; ++i)
      for (std::size_t k = 0; k < outputs; ++k) {
        double sum = double{weights.bias[k]}, terms = std::fabs(sum);
        for (std::size_t j = 0; j < inputs; ++j) {
          const double term = double{x[i * inputs + j]} * double{weights.w[j * outputs + k]};
          sum += term, terms += std::fabs(term);
        }
        EXPECT_NEAR(double{y[i * outputs + k]}, sum, 1e-5 * terms);
      }
  }
  EXPECT_EQ(error_of([&] { grown.activations(set, 0, 508); }),
            "activations are asked for of 508 images; the set has 507");
  EXPECT_NE(error_of([&] { grown.activations(set, last + 1); }), "");
}

INSTANTIATE_TEST_SUITE_P(Kinds, MeasuredOfEachKind, testing::ValuesIn(test::on_backends(kinds())),
                         test::OnName());

TEST(Measures, AreNamedByLayerWhereThereAreSeveral) {
  Context context = Context::cpu(1);
  const auto task = std::make_shared<Classification>(context, bar_pair());
  const auto names = [&](const std::vector<Layer>& hidden) {
    Network network = bar_network(Bias::none);
    network.layers.insert(network.layers.begin(), hidden.begin(), hidden.end());
    Course course;
    course.steps = 1;
    course.testing.measures = {Measure::class_distance, Measure::modularity};
    Pool pool(context, {{spec_of(genome_of({{"type", "direct"}}), network, task, course), 1}});
    const std::vector<TestResult> results = pool.advance(1);
    std::string all;
    for (const Measured& m : results.front().measures) all += m.name + " ";
    return all;
  };
  EXPECT_EQ(names({}), "within_logits between_logits modularity ");
  EXPECT_EQ(names({hidden(4)}), "within_logits between_logits within_hidden between_hidden modularity ");
  EXPECT_EQ(names({hidden(4), hidden(3)}),
            "within_logits between_logits within_hidden_1 between_hidden_1 within_hidden_0 between_hidden_0 "
            "modularity ");
}

TEST(Measures, ModularityIsOfDenseLayers) {
  Context context = Context::cpu(1);
  const auto task = std::make_shared<Classification>(context, bar_pair());
  Network network = bar_network(Bias::none);
  const std::vector<Layer> maps = two_maps();
  network.layers.insert(network.layers.begin(), maps.begin(), maps.end());
  Course course;
  course.testing.measures = {Measure::class_distance, Measure::modularity};
  const auto spec = spec_of(genome_of({{"type", "direct"}}), network, task, course);
  EXPECT_EQ(error_of([&] {
              Pool(context, {{spec, 1}});
            }),
            "replica 0 of a pool: test.measures: modularity is measured of networks of dense layers, and "
            "this one has others");
}

TEST(Measures, AreNotTakenOfWhatDiverged) {
  Context context = Context::cpu(1);
  const auto task = std::make_shared<Classification>(context, bar_pair());
  Course course;
  course.rate = 1e38, course.optimizer = Gradient::Kind::sgd;
  course.testing.measures = {Measure::modularity, Measure::class_distance};
  Pool pool(context, {{spec_of(genome_of({{"type", "direct"}}), bar_network(Bias::none), task, course), 1}});
  const std::vector<TestResult> results = pool.advance(course.steps);
  ASSERT_EQ(pool.status(0), Status::diverged);
  EXPECT_EQ(results.front().measures.size(), 3u);
  EXPECT_TRUE(results.back().measures.empty());
}

// ---- When tests come

std::vector<std::int64_t> all_tests(const Testing& testing, std::int64_t steps) {
  std::vector<std::int64_t> all;
  for (std::int64_t last = -1; last < steps; all.push_back(last)) last = testing.next(last, steps);
  EXPECT_LE(static_cast<std::int64_t>(all.size()), testing.count(steps));
  return all;
}

TEST(Testing, ComesInEqualRatiosOrAtEqualDistances) {
  using Steps = std::vector<std::int64_t>;
  Testing log;
  log.log = 5;
  EXPECT_EQ(all_tests(log, 10000), (Steps{0, 1, 10, 100, 1000, 10000}));
  EXPECT_EQ(all_tests(log, 3), (Steps{0, 1, 2, 3}));
  EXPECT_EQ(all_tests(log, 1), (Steps{0, 1}));
  log.log = 2;
  EXPECT_EQ(all_tests(log, 777), (Steps{0, 1, 777}));
  Testing every;
  every.every = 4;
  EXPECT_EQ(all_tests(every, 10), (Steps{0, 4, 8, 10}));
  EXPECT_EQ(all_tests(every, 8), (Steps{0, 4, 8}));
  EXPECT_EQ(every.count(8), 3);
}

TEST(Testing, IsReadAsItIsWritten) {
  const Testing testing = testing_from_json(
      Json::parse(R"({"at": {"log": 9}, "measures": ["class_distance", "modularity"], "images": 7})"));
  EXPECT_EQ(testing.log, 9);
  EXPECT_EQ(testing.measures, (std::vector<Measure>{Measure::class_distance, Measure::modularity}));
  EXPECT_EQ(testing_from_json(Json::object()).every, 1000);
  EXPECT_EQ(testing_from_json(Json::object()).log, 0);
  EXPECT_EQ(resolve(test_schema(), Json::object(), "test").dump(),
            R"({"every":1000,"images":"all","stop":{"type":"never"}})")
      << "as older experiments are written";
  const auto message = [](const char* json) {
    return error_of([json] { testing_from_json(Json::parse(json)); });
  };
  EXPECT_EQ(message(R"({"every": 5, "at": {"log": 9}})"),
            "test: exactly one of every | at is needed; found every and at");
  EXPECT_EQ(message(R"({"at": {"log": 1}})"), "test.at.log: found 1; allowed: an integer from 2 to 10000");
  EXPECT_EQ(message(R"({"measures": ["modularity", "modularity"]})"),
            "test.measures[1]: \"modularity\" is listed twice");
  EXPECT_NE(message(R"({"measures": ["modularty"]})").find("test.measures[0]"), std::string::npos);
}

}  // namespace
}  // namespace innate::engine
