// The engine's contracts, as a program that has no JSON meets them: what is built from numbers alone, and
// what each public entry answers to what is wrong.
#include <gtest/gtest.h>
#include <innate/engine/grown.h>
#include <innate/engine/options.h>
#include <innate/engine/pool.h>
#ifdef INCLUDE_NLOHMANN_JSON_HPP_
#error "a header of the engine that needs no JSON includes nlohmann/json.hpp"
#endif

#include <cmath>
#include <limits>

#include "tests/support/messages.h"

namespace innate::engine {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int kHeight = 4, kWidth = 3, kClasses = 3;

using test::error_of;

Dataset stripes(int count) {
  Dataset set{"stripes", count, kHeight, kWidth, 1, kClasses, {}, {}};
  for (int i = 0; i < count; ++i) {
    set.labels.push_back(static_cast<std::uint8_t>(i % kClasses));
    for (int p = 0; p < kHeight * kWidth; ++p)
      set.images.push_back(static_cast<std::uint8_t>(p % kWidth == i % kClasses ? 200 + i % 50 : 7 * i % 30));
  }
  return set;
}

struct Contract : testing::Test {
  /// What is right, to be changed in one place.
  Contract() {
    auto gradient = std::make_shared<Gradient>();
    gradient->learning_rate = 0.05, gradient->images = 6, gradient->most = 9;
    learner = gradient;
    spec.genome = make_genome({{"type", "gem"}, {"genes", 4}, {"output", "frozen"}});
    spec.network = {kHeight, kWidth, 1, {{kClasses, Bias::frozen}}};
    spec.task = task;
    spec.learner = learner;
    spec.testing = {3, 0, {}};
  }
  Replica replica(std::uint64_t seed = 1) const { return {std::make_shared<Spec>(spec), seed}; }
  /// Of a pool, after "replica 0 of a pool: ".
  std::string error_of_pool() {
    const std::string before = "replica 0 of a pool: ", found = error_of([&] { Pool(context, {replica()}); });
    return found.rfind(before, 0) == 0 ? found.substr(before.size()) : found;
  }
  Grown grown() const {
    return {context, spec.genome, spec.network, 1, spec.genome->draw(spec.network, 1), 0.5};
  }

  mutable Context context = Context::cpu(1);
  std::shared_ptr<Classification> task =
      std::make_shared<Classification>(context, DatasetPair{stripes(30), stripes(12)});
  std::shared_ptr<Gradient> learner;
  Spec spec;
};

TEST_F(Contract, ASpecWithoutJsonLearns) {
  Pool pool(context, {replica()});
  const std::vector<TestResult> results = pool.run(1000);
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[3].at, 9);
  EXPECT_LT(results[3].loss, results[0].loss);
}

TEST_F(Contract, GenomesAreMadeOfOptions) {
  const Network colour{5, 5, 3, {{4, Bias::none}}};
  const auto learned = [&](const Options& options) {
    return Layout::size(make_genome(options)->layout(colour).learned);
  };
  EXPECT_EQ(learned({{"type", "direct"}}), 75 * 4);
  EXPECT_EQ(learned({{"type", "gem"}, {"genes", 2}, {"output", "learned"}}), 75 * 2 + 4 + 8);
  EXPECT_EQ(learned({{"type", "random_basis"}, {"vectors", std::int64_t{6}}}), 24);
  const Options centres = {{"of", "raw"}, {"within", 1.0}};
  const Options initial = {{"centres", centres}, {"width", 0.5}, {"interaction", 1}, {"scale", "kaiming"}};
  const auto genome = make_genome({{"type", "spatial_gem"}, {"genes", 2}, {"initial", initial}});
  for (const GenePlace& place : genome->places(colour, genome->draw(colour, 3)))
    EXPECT_NEAR(place.width, 0.5, 1e-6);
  EXPECT_EQ(genome->draw(colour, 3).learned, make_genome(genome->options())->draw(colour, 3).learned);
}

TEST_F(Contract, OptionsThatAreWrongAreNamed) {
  const auto error = [](const Options& options) { return error_of([&] { make_genome(options); }); };
  EXPECT_EQ(error({}).rfind("genome", 0), 0u) << error({});
  EXPECT_EQ(error({{"type", "gen"}}).rfind("genome.type", 0), 0u) << error({{"type", "gen"}});
  EXPECT_EQ(error({{"type", 3}}).rfind("genome.type", 0), 0u);
  EXPECT_EQ(error({{"type", "gem"}, {"genes", 0}}).rfind("genome.genes", 0), 0u);
  EXPECT_EQ(error({{"type", "gem"}, {"genes", 3}, {"gene", 3}}).rfind("genome.gene", 0), 0u);
  EXPECT_EQ(
      error({{"type", "gem"}, {"genes", 3}, {"initial", Options{{"scale", kNan}}}}).rfind("genome.i", 0), 0u);
  EXPECT_EQ(error({{"type", "gem"}, {"genes", 3}, {"genes", 4}}), "genes: this option is given twice");
}

TEST_F(Contract, DatasetsSayWhatTheyLack) {
  const auto error = [&](const auto& change) {
    Dataset set = stripes(5);
    change(set);
    const std::string found = error_of([&] { DeviceImages(context, set); });
    EXPECT_EQ(error_of([&] { Classification(context, {set, stripes(5)}); }), found);
    EXPECT_EQ(error_of([&] { Classification(context, {stripes(5), set}); }), found);
    return found;
  };
  EXPECT_EQ(error([](Dataset& set) { set.count = 0; }),
            "the set 'stripes' has 0 images; at least 1 is needed");
  EXPECT_EQ(error([](Dataset& set) { set.width = -3; }),
            "the set 'stripes' has images of 4 x -3 x 1; all three must be at least 1");
  EXPECT_EQ(error([](Dataset& set) { set.height = set.width = 65536; }).substr(0, 66),
            "the set 'stripes' has images of 65536 x 65536 x 1, 4294967296.0000");
  EXPECT_EQ(error([](Dataset& set) { set.images.pop_back(); }),
            "the set 'stripes' has 59 numbers in its images; 5 images of 4 x 3 x 1 have 60");
  EXPECT_EQ(error([](Dataset& set) { set.labels.pop_back(); }),
            "the set 'stripes' has 4 labels for 5 images");
  EXPECT_EQ(error([](Dataset& set) { set.classes = 257; }),
            "the set 'stripes' has 257 classes; 1 to 256 are possible");
  EXPECT_EQ(error([](Dataset& set) { set.labels[4] = 3; }),
            "the set 'stripes': the label of image 4 is 3; those of 3 classes are 0 to 2");
  EXPECT_EQ(error_of([&] { DeviceImages(context, stripes(5), 0); }).substr(0, 55),
            "pixels of the set 'stripes' are multiplied with 0.00000");
}

TEST_F(Contract, TestImagesFitTheTrainingImages) {
  Dataset other = stripes(6);
  std::swap(other.height, other.width);
  EXPECT_EQ(error_of([&] {
              Classification(context, {stripes(5), other});
            }),
            "the set 'stripes' has test images of 3 x 4 x 1; the training images of 'stripes' are 4 x 3 x 1");
  other = stripes(6);
  other.classes = 9, other.labels[2] = 8;
  EXPECT_EQ(error_of([&] {
              Classification(context, {stripes(5), other});
            }),
            "the set 'stripes' has test images labelled 8; the labels of 'stripes' are 0 to 2");
}

TEST_F(Contract, ASpecsPartsAreThereAndFit) {
  const Spec right = spec;
  const auto error = [&](const auto& change) {
    spec = right;
    change(spec);
    const std::string found = error_of_pool();
    EXPECT_NE(error_of([&] { needs(context, replica()); }).find(found), std::string::npos);
    return found;
  };
  EXPECT_EQ(error([](Spec& s) { s.genome = nullptr; }), "a spec has no genome");
  EXPECT_EQ(error([](Spec& s) { s.task = nullptr; }), "a spec has no task");
  EXPECT_EQ(error([](Spec& s) { s.learner = nullptr; }), "a spec has no learner");
  EXPECT_EQ(error([](Spec& s) { s.network.layers.clear(); }),
            "a network has no layers; give it at least one");
  EXPECT_EQ(error([](Spec& s) { s.network.channels = 0; }),
            "a network has grids of 4 x 3 x 0 input neurons; all three must be at least 1");
  EXPECT_EQ(error([](Spec& s) { s.network.layers[0].units = 0; }),
            "layer 0 of a network has 0 units; at least 1 is needed");
  EXPECT_EQ(error([](Spec& s) { s.network.layers[0].bias = static_cast<Bias>(7); }),
            "layer 0 of a network has the bias 7; use one of enum Bias");
  EXPECT_EQ(error([](Spec& s) { std::swap(s.network.height, s.network.width); }),
            "a network has grids of 3 x 4 x 1 input neurons; the images of its task are 4 x 3 x 1");
  for (const int units : {2, 257})
    EXPECT_EQ(error([&](Spec& s) { s.network.layers[0].units = units; }),
              "a network has " + std::to_string(units) + " outputs; a task of 3 classes needs 3 to 256");
  EXPECT_EQ(error([](Spec& s) { s.testing.every = 0; }),
            "a spec is tested every 0 steps; at least 1 is needed");
  EXPECT_EQ(error([](Spec& s) { s.testing.images = 13; }).substr(0, 60),
            "a test draws 13 images; 1 to the 12 of the test set are poss");
  EXPECT_EQ(error([](Spec& s) { s.testing.stop.patience = -1; }),
            "the patience of a stopping rule is -1; it must be at least 0 (never)");
  EXPECT_EQ(error([](Spec& s) { s.testing.stop.improvement = kNan; }),
            "the improvement of a stopping rule is nan; it must be a finite number of at least 0");
}

TEST_F(Contract, LearnersSayWhatTheyLack) {
  const Gradient right = *learner;
  const auto error = [&](const auto& change) {
    *learner = right;
    change(*learner);
    return error_of_pool();
  };
  EXPECT_EQ(error([](Gradient& g) { g.most = 0; }), "a learner takes 0 steps; at least 1 is needed");
  for (const int images : {0, 31})
    EXPECT_EQ(error([&](Gradient& g) { g.images = images; }),
              "a learner sees " + std::to_string(images) +
                  " samples a step; at least 1, and at most the 30 of the training set are possible");
  for (const auto& [rate, text] : {std::pair(kNan, "nan"), {-0.5, "-0.5"}, {1e-60, "1e-60"}, {1e60, "1e+60"}})
    EXPECT_EQ(error([rate = rate](Gradient& g) { g.learning_rate = rate; }),
              std::string("a learner's rate is ") + text + "; it must be above 0 and finite, as a float");
  EXPECT_EQ(error([](Gradient& g) { g.adam.beta1 = 1; }),
            "adam: beta1 is 1.000000, must be at least 0 and below 1");
  EXPECT_EQ(error([](Gradient& g) { g.adam.epsilon = 0; }),
            "adam: epsilon is 0.000000, must be above 0 and finite, as a float");
  EXPECT_EQ(error([](Gradient& g) { g.kind = Gradient::Kind::sgd, g.sgd.momentum = -1; }),
            "sgd: momentum is -1.000000, must be at least 0 and below 1");
  EXPECT_EQ(error([](Gradient& g) { g.kind = static_cast<Gradient::Kind>(5); }),
            "there is no kind 5 of gradient descent; use one of enum Gradient::Kind");
}

TEST_F(Contract, PoolsRefuseArgumentsOutOfTheirRange) {
  EXPECT_EQ(error_of([&] { Pool(context, {replica()}, static_cast<Executor>(9)); }),
            "there is no executor 9; use one of enum Executor");
  const Needs own = needs(context, replica());
  EXPECT_EQ(error_of([&] { Pool(context, {replica()}, Executor::automatic, 100); }),
            "replica 0 needs " + std::to_string(own.state + own.worker) + " bytes (" +
                std::to_string(own.state) + " of its own, " + std::to_string(own.worker) +
                " of a worker), and a pool may take 100; allow more, or make its genome smaller");
  Pool pool(context, {replica(), replica(2)});
  EXPECT_EQ(error_of([&] { pool.run(kNan); }),
            "a pool is to run for nan seconds; it must be a number of at least 0");
  EXPECT_EQ(error_of([&] { pool.run(-0.25); }),
            "a pool is to run for -0.250000 seconds; it must be a number of at least 0");
  EXPECT_EQ(error_of([&] { pool.advance(-1); }), "a pool is to advance by -1 steps; it must be at least 0");
  for (const int r : {-1, 2}) {
    const std::string expected = "there is no replica " + std::to_string(r) + " in a pool of 2";
    EXPECT_EQ(error_of([&] { pool.status(r); }), expected);
    EXPECT_EQ(error_of([&] { pool.steps(r); }), expected);
    EXPECT_EQ(error_of([&] { pool.learned(r); }), expected);
    EXPECT_EQ(error_of([&] { pool.numbers(r); }), expected);
  }
  EXPECT_EQ(pool.advance(0).size(), 2u) << "the tests that are due";
  EXPECT_EQ(pool.run(std::numeric_limits<double>::infinity()).size(), 6u);
  EXPECT_TRUE(pool.finished());
}

TEST_F(Contract, AStateThatCannotBeIsRefusedAndChangesNothing) {
  Pool pool(context, {replica(), replica(2)});
  pool.advance(4);
  const PoolState right = pool.save();
  const auto error = [&](const auto& change) {
    PoolState state = right;
    state.replicas[0].steps = 3;
    change(state.replicas[1]);
    const std::string found = error_of([&] { pool.load(state); });
    EXPECT_EQ(pool.steps(0), 4) << "a part of a wrong state was loaded";
    return found;
  };
  using State = ReplicaState;
  EXPECT_EQ(error([](State& s) { s.arrays.pop_back(); }),
            "the saved state of replica 1 has nothing where 'second_moment' belongs");
  EXPECT_EQ(error([](State& s) { s.arrays[1].name = "velocity"; }),
            "the saved state of replica 1 has velocity where 'first_moment' belongs");
  EXPECT_EQ(error([](State& s) { s.arrays[2].numbers.push_back(0); }),
            "the saved state of replica 1 has 65 numbers of 'second_moment', the pool's has 64");
  EXPECT_EQ(error([](State& s) { s.status = static_cast<Status>(4); }),
            "the saved state of replica 1 has the status 4; use one of enum Status");
  EXPECT_EQ(error([](State& s) { s.arrays.clear(); }),
            "the saved state of replica 1 is at step 4 without what was learned; it can be at step 0");
  EXPECT_EQ(error([](State& s) { s.steps = 10; }),
            "the saved state of replica 1 is at step 10; its learner takes 9");
  EXPECT_EQ(error([](State& s) { s.steps = 7; }),
            "the saved state of replica 1 is at step 7, and its test at step 6 was not taken");
  EXPECT_EQ(error([](State& s) { s.last_test = 5; }),
            "the saved state of replica 1 has had 2 tests, the last at step 5 of 4");
  EXPECT_EQ(error([](State& s) { s = {}, s.status = Status::done; }),
            "the saved state of replica 1 is done and holds no array of what was learned");
  pool.load(right);
  EXPECT_EQ(pool.steps(1), 4);
}

TEST_F(Contract, ADrawThatDoesNotFitIsRefused) {
  const Draw right = spec.genome->draw(spec.network, 3);
  const auto error = [&](const auto& change) {
    Draw draw = right;
    change(draw);
    Replica one = replica();
    one.draw = std::make_shared<Draw>(draw);
    return error_of([&] { Pool(context, {one}); });
  };
  EXPECT_EQ(error([](Draw& d) { d.learned.pop_back(); }),
            "replica 0 of a pool: there are 63 learned numbers; the genome has 64 for this network");
  EXPECT_EQ(error([](Draw& d) { d.frozen.push_back(1); }),
            "replica 0 of a pool: there are 16 frozen numbers; the genome has 15 for this network");
  EXPECT_EQ(error([](Draw& d) { d.frozen[2] = INFINITY; }),
            "replica 0 of a pool: frozen number 2 of its draw is inf");
  EXPECT_EQ(error([](Draw& d) { d.scales = {NAN}; }).find("nan") != std::string::npos, true);
}

TEST_F(Contract, GrownRefusesWhatDoesNotFit) {
  const Draw draw = spec.genome->draw(spec.network, 1);
  const auto make = [&](std::shared_ptr<const Genome> genome, Network network, double density) {
    return error_of([&] { Grown(context, genome, network, 1, draw.learned, density); });
  };
  Network other = spec.network;
  other.layers.clear();
  EXPECT_EQ(make(nullptr, spec.network, 0.5), "there is no genome to grow a network from");
  EXPECT_EQ(make(spec.genome, other, 0.5), "a network has no layers; give it at least one");
  other = spec.network, other.width = 5;
  EXPECT_EQ(make(spec.genome, other, 0.5),
            "there are 64 learned numbers; the genome has 96 for this network");
  EXPECT_EQ(make(spec.genome, spec.network, kNan),
            "the share of pixels that are not 0 is nan; it must be 0 to 1");
  const auto expect_both = [&](const Dataset& set, const std::string& expected) {
    const DeviceImages images(context, set);
    EXPECT_EQ(error_of([&] { grown().test(images); }), expected);
    EXPECT_EQ(error_of([&] { grown().logits(images); }), expected);
    EXPECT_EQ(error_of([&] { grown().gradient(images); }), expected);
  };
  Dataset set = stripes(4);
  std::swap(set.height, set.width);
  expect_both(set, "images are 3 x 4 x 1; the network has grids of 4 x 3 x 1");
  set = stripes(4), set.classes = 5, set.labels[1] = 4;
  expect_both(set, "an image is labelled 4; the network has 3 outputs, for labels from 0 to 2");
}

TEST_F(Contract, NetworksAndPlacesKnowTheirSizes) {
  EXPECT_EQ(spec.network.inputs_of(0), 12);
  for (const int layer : {-1, 1})
    EXPECT_EQ(error_of([&] { spec.network.inputs_of(layer); }),
              "there is no layer " + std::to_string(layer) + " in a network of 1");
  EXPECT_EQ(error_of([] { Network{}.outputs(); }),
            "a network has grids of 0 x 0 x 1 input neurons; all three must be at least 1");
  EXPECT_EQ(error_of([&] {
              spec.genome->draw({2, 2, 1, {}}, 1);
            }),
            "a network has no layers; give it at least one");
  const auto spatial = make_genome({{"type", "spatial_gem"}, {"genes", 2}});
  EXPECT_EQ(error_of([&] {
              spatial->places(spec.network, {{1, 2, 3, 4, 5}, {}, {}});
            }),
            "there are 5 learned numbers; the places of 2 genes in 1 channels are 6");
}

TEST_F(Contract, TapesRefuseWhatHasAnotherShape) {
  Tape tape(Backend::cpu);
  const Variable one = tape.state("one", 1, 1), clock = tape.state("clock", 1, 1, 8),
                 many = tape.state("many", 3, 4), learned = tape.state("learned", 1, 12, 4, true);
  EXPECT_EQ(error_of([&] { tape.tick(clock); }),
            "a tape records instructions once a section has begun; call section()");
  tape.section("some", true);
  EXPECT_EQ(error_of([&] { tape.tick({}); }), "tick: clock is empty");
  EXPECT_EQ(error_of([&] { tape.tick(one); }), "one has elements of 4 bytes; 8 are needed here");
  EXPECT_EQ(error_of([&] { tape.clear({99, 0, 1, 1}); }), "a variable is of array 99; this tape has 4");
  EXPECT_EQ(error_of([&] { tape.clear(clock.part(1, 1, 1)); }),
            "a variable is 1 x 1 elements from 1 on of clock, which has 1");
  EXPECT_EQ(error_of([&] { tape.state("less", -1, 2); }).substr(0, 34), "array less has -1 x 2 elements of ");
  EXPECT_EQ(error_of([&] { tape.gradient(learned, {}); }),
            "nothing has written a gradient; it is asked for after backward()");
  EXPECT_EQ(error_of([&] { tape.sgd({}, one, many, learned, learned); }),
            "sgd: gradient or velocity is 3 x 4, must be 1 x 12");
  EXPECT_EQ(error_of([&] { tape.profiles(many, {2, 2, 3}); }), "profiles: places is 3 x 4, must be 9 x 4");
  EXPECT_EQ(error_of([&] { tape.combine({}, {}, learned, 5, {}); }), "combine: seed is empty");
  const Variable rows = tape.scratch("rows", 6, 1), labels = tape.scratch("labels", 6, 1, 1);
  EXPECT_EQ(error_of([&] { tape.choose_in_order(task->test, 6, 7, {}, rows, labels); }),
            "choose: 6 images from number 7 on are to be chosen of 12");
  EXPECT_EQ(error_of([&] { tape.choose(task->test, 6, 3, clock, clock, rows, labels); }),
            "choose: an epoch has 3 batches of 6; with 12 images it can have 1 to 2");
  EXPECT_EQ(error_of([&] { tape.choose(task->test, 5, 1, clock, clock, rows, labels); }),
            "choose: chosen is 6 x 1, must be 5 x 1");
  EXPECT_EQ(error_of([&] { tape.cross_entropy(many, labels, one); }),
            "cross_entropy: labels is 6 x 1, must be 3 x 1");
  Weights w;
  w.w = many, w.inputs = 4, w.outputs = 3;
  Signal a;
  a.values = many, a.rows = 3, a.columns = 4;
  EXPECT_EQ(error_of([&] { tape.layer(a, w); }), "weights: w is 3 x 4, must be 4 x 3");
  a.set = &task->test;
  EXPECT_EQ(error_of([&] { tape.layer(a, w); }),
            "signal: it is either values or images of a set, exactly one of them");
}

}  // namespace
}  // namespace innate::engine
