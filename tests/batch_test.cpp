// Batch (innate/kernels/batch.h).
#include "innate/kernels/batch.h"

#include "tests/cases/batch_cases.h"
#include "tests/reference/batch.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

struct Problem {
  batch::Shape shape;
  std::vector<uint8_t> images, labels;
  std::vector<uint64_t> seeds;
  int64_t step = 0;
};

/// Images that all differ where they are large enough to.
Problem problem(const cases::Batch& c, int64_t step) {
  Problem p;
  p.shape = {c.replicas, c.rows, c.pixels, c.samples};
  p.step = step;
  for (int i = 0; i < c.samples; ++i) {
    for (int j = 0; j < c.pixels; ++j)
      p.images.push_back(static_cast<uint8_t>(
          j < 3 ? i >> (8 * j) : random::mix(static_cast<uint64_t>(i) * 1000 + static_cast<uint64_t>(j))));
    p.labels.push_back(static_cast<uint8_t>(random::mix(static_cast<uint64_t>(i))));
  }
  for (int r = 0; r < c.replicas; ++r) p.seeds.push_back(random::mix(77 + static_cast<uint64_t>(r)));
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  Problem one = p;
  one.shape.replicas = 1;
  one.seeds = {p.seeds[r]};
  return one;
}

Results run(Context& context, const Problem& p) {
  const Buffer<uint8_t> images(context, p.images), labels(context, p.labels);
  const Buffer<uint64_t> seeds(context, p.seeds);
  const std::size_t replicas = static_cast<std::size_t>(p.shape.replicas);
  const auto out_images =
      Arrays<uint8_t>::blank(context, std::vector<int64_t>(replicas, p.shape.rows * p.shape.pixels), true);
  const auto out_labels = Arrays<uint8_t>::blank(context, std::vector<int64_t>(replicas, p.shape.rows));
  batch::gather(context, p.shape, images.data(), labels.data(), seeds.data(), p.step, out_images.view(),
                out_labels.view());
  EXPECT_EQ(images.download(), p.images);
  return {{"images", as_floats(out_images.download())}, {"labels", as_floats(out_labels.download())}};
}

Results reference_of(const Problem& p) {
  Results out = {{"images", {}}, {"labels", {}}};
  for (const uint64_t seed : p.seeds) {
    out[0].second.emplace_back();
    out[1].second.emplace_back();
    for (const uint32_t sample : reference::batch::samples(seed, p.step, static_cast<uint32_t>(p.shape.rows),
                                                           static_cast<uint32_t>(p.shape.samples))) {
      const auto image = p.images.begin() + static_cast<std::ptrdiff_t>(sample) * p.shape.pixels;
      out[0].second.back().insert(out[0].second.back().end(), image, image + p.shape.pixels);
      out[1].second.back().push_back(p.labels[sample]);
    }
  }
  return out;
}

class Batch : public testing::TestWithParam<On<cases::Batch>> {
 protected:
  const cases::Batch& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Batch, testing::ValuesIn(on_backends(cases::batch())), OnName());

TEST_P(Batch, GathersWhatTheReferenceGathers) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  for (const int64_t step : shape().steps) {
    const Problem p = problem(shape(), step);
    expect_bits_equal(run(context, p), reference_of(p), "step " + std::to_string(step));
  }
}

TEST_P(Batch, GivesAReplicaTheSameBitsInAnyCompany) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape(), shape().steps.back());
  expect_same_bits(backend(), p, p.seeds.size(), run, alone);
  expect_one_result(backend(), p, run);
}

TEST_P(Batch, ShowsEverySampleAtMostOnceAnEpoch) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  if (shape().samples > 1000) GTEST_SKIP() << "a larger set than this test looks through";
  const int64_t batches = shape().samples / shape().rows;
  Problem p = problem(shape(), 0);
  // the label says which sample it is, as far as 256 can be told apart; the first pixels say the rest
  std::vector<int> seen(static_cast<std::size_t>(shape().samples));
  for (int64_t step = 3 * batches; step < 4 * batches; ++step) {  // the fourth epoch
    p.step = step;
    const Results results = run(context, p);
    for (int b = 0; b < shape().rows; ++b) {
      int sample = 0;
      for (int j = 0; j < std::min(3, shape().pixels); ++j)
        sample += static_cast<int>(results[0].second[0][static_cast<std::size_t>(b * shape().pixels + j)])
                  << (8 * j);
      ASSERT_LT(sample, shape().samples);
      ++seen[static_cast<std::size_t>(sample)];
      EXPECT_EQ(results[1].second[0][static_cast<std::size_t>(b)],
                static_cast<float>(p.labels[static_cast<std::size_t>(sample)]));
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), batches * shape().rows);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 0), shape().samples - batches * shape().rows);
}

class BatchErrors : public testing::TestWithParam<On<NoCase>> {};
INSTANTIATE_TEST_SUITE_P(, BatchErrors, testing::ValuesIn(each_backend()), OnName());

TEST_P(BatchErrors, SayWhatIsWrongAndWriteNothing) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Problem p = problem({"", true, 2, 3, 5, 7, {}}, 0);
  const Buffer<uint8_t> images(context, p.images), labels(context, p.labels);
  const Buffer<uint64_t> seeds(context, p.seeds);
  const auto out_images = Arrays<uint8_t>::blank(context, {15, 15}),
             out_labels = Arrays<uint8_t>::blank(context, {3, 3});
  const auto say = [&](batch::Shape shape, int64_t step, int gone = -1) {
    using Out = Ragged<uint8_t>;
    return error_of([&] {
      batch::gather(context, shape, gone == 0 ? nullptr : images.data(), gone == 1 ? nullptr : labels.data(),
                    gone == 2 ? nullptr : seeds.data(), step, gone == 3 ? Out{} : out_images.view(),
                    gone == 4 ? Out{} : out_labels.view());
    });
  };
  EXPECT_EQ(say({0, 3, 5, 7}, 0), "batch/gather: replicas is 0, must be at least 1");
  EXPECT_EQ(say({2, 0, 5, 7}, 0), "batch/gather: rows is 0, must be at least 1");
  EXPECT_EQ(say({2, 3, -5, 7}, 0), "batch/gather: pixels is -5, must be at least 1");
  EXPECT_EQ(say({2, 8, 5, 7}, 0), "batch/gather: 7 samples do not fill a batch of 8");
  EXPECT_EQ(say({2, 3, 5, 0}, 0), "batch/gather: 0 samples do not fill a batch of 3");
  EXPECT_EQ(say({2, 3, 5, 7}, -1), "batch/gather: step is -1, must be at least 0");
  for (int gone = 0; gone < 5; ++gone)
    EXPECT_EQ(
        say({2, 3, 5, 7}, 0, gone),
        "batch/gather: " + nth({"images", "labels", "seeds", "out_images", "out_labels"}, gone) + " is null");
  out_images.expect_blank("images");
  out_labels.expect_blank("labels");
}

TEST(BatchDensity, IsTheShareOfPixelsThatAreNotZero) {
  const std::vector<uint8_t> some = {0, 1, 255, 0, 0, 7, 0, 0};
  EXPECT_EQ(batch::density(some.data(), some.size()), 3.0 / 8);
  EXPECT_EQ(batch::density(some.data(), 1), 0.0);
  EXPECT_EQ(batch::density(some.data() + 1, 2), 1.0);
  EXPECT_EQ(error_of([&] { batch::density(some.data(), 0); }), "batch/density: there are no pixels");
}

}  // namespace
}  // namespace innate::test
