// How a rate changes with the steps: the formulas, how they are read, and the steps that a pool takes.
#include <gtest/gtest.h>

#include "innate/engine/grown.h"
#include "kernels/optimizer/call.h"
#include "tests/support/backends.h"
#include "tests/support/compare.h"
#include "tests/support/genomes.h"

namespace innate::engine {
namespace {

using optimizer::Schedule;
using optimizer::share_of_rate;
using test::error_of;

Json learning(const Json& schedule, const Json& length = {{"steps", 100}}) {
  Json json = {{"type", "gradient"},
               {"optimizer", {{"type", "sgd"}, {"rate", 0.5}, {"schedule", schedule}}},
               {"batch", 10}};
  json.update(length);
  return json;
}

Schedule read(const Json& schedule, const Json& length = {{"steps", 100}}) {
  const auto learner = learner_from_json(learning(schedule, length), 60);
  return dynamic_cast<const Gradient&>(*learner).schedule;
}

TEST(Schedules, CosineIsHalfAPeriod) {
  const Schedule s{Schedule::Kind::cosine, 200, 0.1, 1.0};
  EXPECT_EQ(share_of_rate(s, 0), 1.0);
  for (const std::int64_t t : {1, 7, 50, 100, 133, 199})
    EXPECT_NEAR(share_of_rate(s, t), 0.1 + 0.9 * 0.5 * (1 + std::cos(3.14159265358979324 * t / 200.0)), 1e-12)
        << t;
  EXPECT_NEAR(share_of_rate(s, 200), 0.1, 1e-12);
  EXPECT_EQ(share_of_rate(s, 300), share_of_rate(s, 200)) << "and stays there";
  EXPECT_NEAR(share_of_rate({Schedule::Kind::cosine, 1, 0.0, 1.0}, 1), 0.0, 1e-12);
}

TEST(Schedules, StepsMultiply) {
  const Schedule s{Schedule::Kind::step, 10, 0.0, 0.5};
  for (const std::int64_t t : {0, 9}) EXPECT_EQ(share_of_rate(s, t), 1.0) << t;
  for (const std::int64_t t : {10, 19}) EXPECT_EQ(share_of_rate(s, t), 0.5) << t;
  EXPECT_EQ(share_of_rate(s, 35), 0.125);
  EXPECT_EQ(share_of_rate({}, 12345), 1.0);
}

TEST(Schedules, AreReadFromJson) {
  EXPECT_EQ(read("constant").kind, Schedule::Kind::constant);
  const Schedule cosine = read("cosine", {{"epochs", 3}});
  EXPECT_EQ(cosine.kind, Schedule::Kind::cosine);
  EXPECT_EQ(cosine.steps, 18) << "all steps, of 60 images in batches of 10";
  EXPECT_EQ(cosine.to, 0.02);
  EXPECT_EQ(read({{"type", "cosine"}, {"to", 0.5}}).to, 0.5);
  const Schedule step = read({{"type", "step"}, {"every", 2}, {"by", 0.1}});
  EXPECT_EQ(step.kind, Schedule::Kind::step);
  EXPECT_EQ(step.steps, 12) << "two epochs";
  EXPECT_EQ(step.by, 0.1);
  EXPECT_EQ(read({{"type", "step"}, {"every", 7}, {"by", 0.1}, {"unit", "steps"}}).steps, 7);
  EXPECT_EQ(error_of([] {
              read({{"type", "step"}, {"every", 7}, {"by", 1.5}});
            }),
            "learning.optimizer.schedule.by: is 1.5; at most 1 is possible");
  EXPECT_NE(error_of([] { read("cosin"); }).find("learning.optimizer.schedule"), std::string::npos);
}

/// What a step takes off every number is the step's rate times the gradient there.
TEST(Schedules, DecideTheStepsOfAPool) {
  Context context = Context::cpu(1);
  const auto genome = genome_of({{"type", "direct"}});
  const Network network = bar_network(Bias::learned);
  const auto task = std::make_shared<Classification>(context, bar_pair(1, 60));
  const auto check = [&](const Schedule& schedule, double first, double second) {
    Gradient learner;
    learner.kind = Gradient::Kind::sgd, learner.sgd.momentum = 0;
    learner.learning_rate = 0.5, learner.images = 60, learner.most = 2, learner.schedule = schedule;
    auto spec = spec_of(genome, network, task);
    spec->learner = std::make_shared<Gradient>(learner);
    Pool pool(context, {{spec, 3}});
    for (const double share : {first, second}) {
      const std::vector<float> before = pool.learned(0);
      const std::vector<float> gradient =
          Grown(context, genome, network, 3, before, task->train.density()).gradient(task->train);
      pool.advance(1);
      const std::vector<float> after = pool.learned(0);
      std::vector<double> error, step;
      for (std::size_t i = 0; i < before.size(); ++i) {
        step.push_back(0.5 * share * gradient[i]);
        error.push_back(double{before[i]} - double{after[i]} - step[i]);
      }
      EXPECT_LT(test::norm(error), 1e-5 * test::norm(step)) << share;
    }
  };
  check({}, 1.0, 1.0);
  check({Schedule::Kind::cosine, 2, 0.2, 1.0}, 1.0, 0.6);
  check({Schedule::Kind::step, 1, 0.0, 0.25}, 1.0, 0.25);
}

}  // namespace
}  // namespace innate::engine
