// Grown: one replica's network outside a cohort gives the cohort's bits, and what it shows is what it
// computes with.
#include "innate/engine/grown.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "innate/engine/cohort.h"
#include "innate/engine/schemas.h"
#include "innate/kernels/random.h"
#include "tests/support/backends.h"

namespace innate::engine {
namespace {

using test::make_context;

struct Kind {
  const char* name;
  Json genome;
  Bias bias;
  bool small = true;
};

std::vector<Kind> kinds() {
  return {{"small_direct", {{"type", "direct"}}, Bias::learned},
          {"small_gem", {{"type", "gem"}, {"genes", 3}}, Bias::frozen},
          {"small_gem_learned_output", {{"type", "gem"}, {"genes", 3}, {"output", "learned"}}, Bias::learned},
          {"small_spatial_gem", {{"type", "spatial_gem"}, {"genes", 5}}, Bias::none},
          {"small_spatial_gem_authors",
           {{"type", "spatial_gem"}, {"genes", 4}, {"initial", "authors"}},
           Bias::frozen},
          {"small_random_basis", {{"type", "random_basis"}, {"vectors", 6}}, Bias::learned},
          {"small_intrinsic_dimension", {{"type", "intrinsic_dimension"}, {"dimension", 7}}, Bias::learned},
          {"small_intrinsic_dimension_frozen_bias",
           {{"type", "intrinsic_dimension"}, {"dimension", 5}},
           Bias::frozen}};
}

constexpr int kHeight = 6, kWidth = 5, kPixels = kHeight * kWidth, kClasses = 3;

Dataset images(int count, std::uint64_t seed) {
  Dataset set{"noise", count, kHeight, kWidth, 1, kClasses, {}, {}};
  for (int i = 0; i < count; ++i) {
    set.labels.push_back(static_cast<std::uint8_t>(i % kClasses));
    for (int p = 0; p < kPixels; ++p) {
      const double u =
          random::uniform({seed, random::Purpose::weights}, static_cast<std::uint64_t>(i * kPixels + p));
      set.images.push_back(static_cast<std::uint8_t>(p / 10 == i % kClasses ? 255 * u
                                                     : u > 0.6              ? 90 * u
                                                                            : 0));
    }
  }
  return set;
}

class GrownOfEachKind : public testing::TestWithParam<test::On<Kind>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }

  std::shared_ptr<const Genome> genome() const {
    return genome_from_json(resolve(genome_schema(), GetParam().it.genome, "genome"));
  }
  Network network() const { return {kHeight, kWidth, 1, {{kClasses, GetParam().it.bias}}}; }
};

TEST_P(GrownOfEachKind, IsTestedAsItsCohortWas) {
  auto context = make_context(GetParam().backend);
  const Classification task(context, {images(60, 1), images(47, 2)});
  Gradient learning;
  learning.batch = 8;
  learning.steps = 12;
  std::vector<Replica> replicas;
  for (int r = 0; r < 2; ++r) replicas.push_back({genome(), static_cast<std::uint64_t>(3 + r), 0.02});
  Cohort cohort(context, task, network(), replicas, learning, {5, 0, {}});
  std::vector<TestResult> last;
  while (!cohort.finished()) {
    cohort.train(7);
    for (std::size_t r = 0; r < 2; ++r)
      EXPECT_EQ(cohort.learned(static_cast<int>(r)), cohort.save().replicas[r].learned);
    if (cohort.test_is_due()) last = cohort.test();
  }
  ASSERT_EQ(last.size(), 2u);
  for (const TestResult& expected : last) {
    const Replica& replica = replicas[static_cast<std::size_t>(expected.replica)];
    const Grown grown(context, replica.genome, network(), replica.seed, cohort.learned(expected.replica),
                      task.train.density());
    const Grown::Answers answers = grown.test(task.test);
    EXPECT_EQ(answers.images, 47);
    EXPECT_EQ(answers.accuracy(), expected.accuracy);
    EXPECT_EQ(answers.loss, expected.loss);
    if (std::shared_ptr<const Genome> compact = replica.genome->compact()) {
      const Grown again(context, compact, network(), replica.seed, cohort.learned(expected.replica),
                        task.train.density());
      EXPECT_EQ(again.test(task.test).loss, expected.loss);
      EXPECT_EQ(again.weights().w, grown.weights().w);
    }
  }
}

/// y = A W + b for random A, beside what the development computes.
TEST_P(GrownOfEachKind, WeightsAreThoseOfForward) {
  auto context = make_context(GetParam().backend);
  const auto genome = this->genome();
  const Layout layout = genome->layout(network());
  Draw draw = genome->draw(network(), 5);
  for (std::size_t i = 0; i < draw.learned.size(); ++i) draw.learned[i] += 0.01f * static_cast<float>(i % 7);
  const Grown grown(context, genome, network(), 5, draw.learned, 1.0);

  constexpr int rows = 4;
  std::vector<float> a(rows * kPixels);
  for (std::size_t i = 0; i < a.size(); ++i)
    a[i] = static_cast<float>(random::uniform({9, random::Purpose::weights}, i) - 0.5);
  Buffer<float> learned(context, draw.learned), frozen(context, draw.frozen), inputs(context, a),
      outputs(context, rows * kClasses), scale(context, std::vector<float>{draw.scale});
  const Buffer<std::uint64_t> seed(context, std::vector<std::uint64_t>{5});
  Arrays arrays;
  arrays.replicas = 1;
  arrays.genes.most = genome->genes();
  arrays.scale = scale.data();
  arrays.seeds = seed.data();
  float* at = learned.data();
  for (const Tensor& t : layout.learned) arrays.learned.push_back({at, 0, nullptr}), at += t.size();
  at = frozen.data();
  for (const Tensor& t : layout.frozen) arrays.frozen.push_back({at, 0, nullptr}), at += t.size();
  const auto development = genome->development(context, {network(), 1, {genome->genes()}, 0, {rows}, 1.0});
  development->develop(arrays);
  Inputs from;
  from.values = {inputs.data(), 0, nullptr};
  development->forward(arrays, rows, from, {outputs.data(), 0, nullptr}, false);

  const auto [w, bias] = grown.weights();
  const std::vector<float> y = outputs.download();
  ASSERT_EQ(w.size(), static_cast<std::size_t>(kPixels * kClasses));
  double size = 0;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t k = 0; k < kClasses; ++k) {
      double sum = bias[k], terms = std::abs(bias[k]);
      for (std::size_t p = 0; p < kPixels; ++p) {
        const double term = double{a[r * kPixels + p]} * w[p * kClasses + k];
        sum += term, terms += std::abs(term);
      }
      EXPECT_NEAR(y[r * kClasses + k], sum, 1e-5 * terms) << r << ", " << k;
      size += std::abs(sum);
    }
  EXPECT_GT(size, 0.01);
  EXPECT_EQ(GetParam().it.bias == Bias::none, bias == std::vector<float>(kClasses, 0.0f));
}

TEST_P(GrownOfEachKind, WeightsAreMadeOfProfilesAndFactors) {
  auto context = make_context(GetParam().backend);
  const auto genome = this->genome();
  const Draw draw = genome->draw(network(), 6);
  const Grown grown(context, genome, network(), 6, draw.learned, 1.0);
  const std::vector<float> w = grown.weights().w, x = grown.profiles();
  const auto genes = static_cast<std::size_t>(genome->genes());
  if (Layout::index(grown.layout().learned, "interaction") < 0) {
    EXPECT_TRUE(x.empty());
    if (GetParam().it.genome.at("type") == "direct") {
      EXPECT_EQ(w, std::vector<float>(draw.learned.begin(), draw.learned.begin() + kPixels * kClasses));
    }
    return;
  }
  ASSERT_EQ(x.size(), kPixels * genes);
  const auto tensor = [&](const std::string& name) {
    for (auto [tensors, numbers] : {std::pair(&grown.layout().learned, &grown.learned()),
                                    std::pair(&grown.layout().frozen, &grown.frozen())}) {
      const float* at = numbers->data();
      for (const Tensor& t : *tensors) {
        if (t.name == name) return at;
        at += t.size();
      }
    }
    return static_cast<const float*>(nullptr);
  };
  const float *o = tensor("interaction"), *y = tensor("output_identity");
  for (std::size_t p = 0; p < kPixels; ++p)
    for (std::size_t k = 0; k < kClasses; ++k) {
      double sum = 0, terms = 0;
      for (std::size_t g = 0; g < genes; ++g)
        for (std::size_t h = 0; h < genes; ++h) {
          const double term = double{grown.scale()} * x[p * genes + g] * o[g * genes + h] * y[k * genes + h];
          sum += term, terms += std::abs(term);
        }
      EXPECT_NEAR(w[p * kClasses + k], sum, 1e-6 * terms);
    }
}

TEST_P(GrownOfEachKind, AnotherLengthIsRefused) {
  auto context = make_context(GetParam().backend);
  const auto genome = this->genome();
  std::vector<float> learned = genome->draw(network(), 6).learned;
  learned.pop_back();
  EXPECT_THROW(Grown(context, genome, network(), 6, learned, 1.0), Error);
}

INSTANTIATE_TEST_SUITE_P(Kinds, GrownOfEachKind, testing::ValuesIn(test::on_backends(kinds())),
                         test::OnName());

TEST(GenePlaces, AreThoseOfTheGaussians) {
  const Network network{7, 9, 1, {{3, Bias::none}}};
  const std::shared_ptr<const Genome> genome =
      genome_from_json(resolve(genome_schema(), Json{{"type", "spatial_gem"}, {"genes", 2}}, "genome"));
  std::vector<float> learned = genome->draw(network, 1).learned;
  const std::vector<float> places = {std::atanh(-0.5f), 0.0f, std::atanh(0.25f), 3.0f,
                                     -std::log(0.2f),   -1.0f};
  std::copy(places.begin(), places.end(), learned.begin());
  const std::vector<GenePlace> found = genome->places(network, learned);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].gene, 0);
  EXPECT_EQ(found[1].gene, 1);
  EXPECT_NEAR(found[0].row, -0.5, 1e-6);
  EXPECT_NEAR(found[0].column, 0.25, 1e-6);
  EXPECT_NEAR(found[0].width, 0.2, 1e-6);
  EXPECT_NEAR(found[1].row, 0, 1e-6);
  EXPECT_NEAR(found[1].column, std::tanh(3.0), 1e-6);
  EXPECT_NEAR(found[1].width, std::exp(1.0), 1e-5);

  const Network colour{7, 9, 3, {{3, Bias::none}}};
  std::vector<float> numbers(static_cast<std::size_t>(Layout::size(genome->layout(colour).learned)));
  numbers[2 * 6 + 1] = 0.5f;  // channel 2: my of gene 1
  const std::vector<GenePlace> in_colour = genome->places(colour, numbers);
  ASSERT_EQ(in_colour.size(), 6u);
  EXPECT_EQ(in_colour[5].channel, 2);
  EXPECT_EQ(in_colour[5].gene, 1);
  EXPECT_NEAR(in_colour[5].row, std::tanh(0.5), 1e-6);
  EXPECT_EQ(in_colour[3].row, 0);

  // The profile falls to 1/e of its peak at the width: a gene in the middle of the grid, half as wide.
  std::vector<float> middle = learned;
  for (const std::size_t i : {0u, 2u}) middle[i] = 0;
  middle[4] = -std::log(0.5f);
  Context context = Context::cpu(1);
  const std::vector<float> x = Grown(context, genome, network, 1, middle, 1.0).profiles();
  EXPECT_NEAR(x[(3 * 9 + 4) * 2], 1, 1e-6);
  EXPECT_NEAR(x[(3 * 9 + 6) * 2], std::exp(-1.0), 1e-6);  // column 6 of 9 is at 0.5

  EXPECT_TRUE(genome_from_json(resolve(genome_schema(), Json{{"type", "direct"}}, "genome"))
                  ->places(network, {})
                  .empty());
}

}  // namespace
}  // namespace innate::engine
