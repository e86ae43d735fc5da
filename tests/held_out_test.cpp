// Held-out images: training images that no step sees, by which a test may select.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "innate/engine/grown.h"
#include "tests/support/backends.h"
#include "tests/support/compare.h"
#include "tests/support/genomes.h"

namespace innate::engine {
namespace {

TEST(HoldOut, TakesTheSameImagesAndKeepsTheOrderOfTheOthers) {
  DatasetPair pair = bar_pair(3, 90, 33), again = pair;
  const Dataset all = pair.train;
  hold_out(&pair, 20), hold_out(&again, 20);
  EXPECT_EQ(pair.held.images, again.held.images);
  EXPECT_EQ(pair.train.count, 70);
  EXPECT_EQ(pair.held.count, 20);
  pair.train.check(), pair.held.check();
  const auto image = [](const Dataset& set, int i) {
    const auto from = set.images.begin() + std::ptrdiff_t{i} * set.pixels();
    return std::vector<std::uint8_t>(from, from + set.pixels());
  };
  int left = 0, held = 0;  // each image is the next of one of the two
  for (int i = 0; i < all.count; ++i) {
    const bool next = left < 70 && image(pair.train, left) == image(all, i);
    Dataset& part = next ? pair.train : pair.held;
    int& at = next ? left : held;
    EXPECT_EQ(image(part, at), image(all, i)) << i;
    EXPECT_EQ(part.labels[static_cast<std::size_t>(at++)], all.labels[static_cast<std::size_t>(i)]) << i;
  }
  EXPECT_EQ(left, 70);
  std::set<std::uint8_t> classes(pair.held.labels.begin(), pair.held.labels.end());
  EXPECT_EQ(classes.size(), 3u);  // drawn, not cut off at an end
}

TEST(HoldOut, RefusesToLeaveNothing) {
  DatasetPair pair = bar_pair(1, 9, 3);
  for (const int images : {0, -1, 9, 10})
    EXPECT_EQ(test::error_of([&] { hold_out(&pair, images); }),
              std::to_string(images) +
                  " images are to be held out of 9 training images; at least 1 can be, and at least 1 must "
                  "be left");
  EXPECT_EQ(pair.train.count, 9);
}

class HeldOut : public testing::TestWithParam<test::On<test::NoCase>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, HeldOut, testing::ValuesIn(test::each_backend()), test::OnName());

TEST_P(HeldOut, EachTestSaysTheirAccuracyAndTrainingIsAsWithoutThem) {
  auto context = test::make_context(GetParam().backend);
  DatasetPair pair = bar_pair(1, 80, 33);
  hold_out(&pair, 24);
  const auto task = std::make_shared<Classification>(context, pair);
  ASSERT_TRUE(task->held.has_value());
  EXPECT_EQ(task->samples(), 56);
  Course course;
  course.steps = 10, course.testing.every = 5, course.rate = 0.02;
  const auto genome = genome_of({{"type", "gem"}, {"genes", 3}});
  auto spec = spec_of(genome, bar_network(Bias::learned), task, course);
  Pool plain(context, {{spec, 4}});
  while (!plain.finished()) plain.run(1);
  spec->testing.held_out = 24;
  Pool pool(context, {{spec, 4}});
  std::vector<TestResult> results;
  while (!pool.finished())
    for (const TestResult& r : pool.run(1)) results.push_back(r);
  EXPECT_EQ(pool.learned(0), plain.learned(0));
  ASSERT_EQ(results.size(), 3u);
  for (const TestResult& r : results) {
    ASSERT_EQ(r.measures.size(), 1u);
    EXPECT_EQ(r.measures[0].name, "held_out_accuracy");
  }
  const Grown grown(context, genome, spec->network, 4, pool.learned(0), task->train.density());
  EXPECT_EQ(results.back().measures[0].value, grown.test(*task->held).accuracy());
  spec->testing.held_out = 25;
  EXPECT_EQ(
      test::error_of([&] {
        Pool(context, {{spec, 4}});
      }),
      "replica 0 of a pool: a test selects by 25 images that were held out of the training set; the task "
      "has 24 of them (hold_out)");
}

}  // namespace
}  // namespace innate::engine
