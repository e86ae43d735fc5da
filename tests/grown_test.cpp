// Grown: one replica's network outside a pool gives the pool's bits, and what it shows is what it computes
// with.
#include "innate/engine/grown.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "innate/kernels/basis.h"
#include "tests/support/answers.h"
#include "tests/support/backends.h"
#include "tests/support/compare.h"
#include "tests/support/genomes.h"

namespace innate::engine {
namespace {

using test::make_context;

constexpr int kPixels = kBarHeight * kBarWidth;

class GrownOfEachKind : public testing::TestWithParam<test::On<Kind>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }

  const Kind& kind() const { return GetParam().it; }
  std::shared_ptr<const Genome> genome() const { return genome_of(kind().genome); }
  Network network() const { return network_of(kind()); }
};

TEST_P(GrownOfEachKind, IsTestedAsItsPoolWas) {
  auto context = make_context(GetParam().backend);
  const auto task = std::make_shared<Classification>(context, bar_pair(kind().channels, 60, 47));
  Course course;
  course.rate = 0.02, course.batch = 8, course.steps = 12, course.testing.every = 5;
  const auto spec = spec_of(genome(), network(), task, course);
  const std::vector<Replica> replicas = {{spec, 3}, {spec, 4, false}};
  Pool pool(context, replicas);
  std::vector<TestResult> last(2);
  while (!pool.finished()) {
    for (const TestResult& r : pool.advance(7)) last[static_cast<std::size_t>(r.replica)] = r;
    for (std::size_t r = 0; r < 2; ++r)
      EXPECT_EQ(pool.learned(static_cast<int>(r)), pool.save().replicas[r].learned());
  }
  for (const TestResult& expected : last) {
    const Replica& replica = replicas[static_cast<std::size_t>(expected.replica)];
    EXPECT_EQ(expected.at, 12);
    const Grown grown(context, spec->genome, network(), replica.seed, pool.learned(expected.replica),
                      task->train.density());
    const Grown::Answers answers = grown.test(task->test);
    EXPECT_EQ(answers.images, 47);
    EXPECT_EQ(answers.accuracy(), expected.accuracy);
    EXPECT_EQ(answers.loss, expected.loss);
  }
}

/// The loss of one image under each label, beside that of the network in float64.
TEST_P(GrownOfEachKind, WeightsAreThoseOfTests) {
  auto context = make_context(GetParam().backend);
  const Network net = network();
  Draw draw = genome()->draw(net, 5);
  for (std::size_t i = 0; i < draw.learned.size(); ++i) draw.learned[i] += 0.1f * static_cast<float>(i % 7);
  const Grown grown(context, genome(), net, 5, draw.learned, 1.0);
  std::vector<GrownWeights> layers;
  for (int l = 0; l < net.depth(); ++l) {
    layers.push_back(grown.weights(l));
    ASSERT_EQ(layers.back().w.size(), static_cast<std::size_t>(net.weight_rows(l) * net.weight_columns(l)));
    ASSERT_EQ(layers.back().bias.size(), static_cast<std::size_t>(net.outputs_of(l)));
  }
  const std::vector<float>& bias = layers.back().bias;
  double least = INFINITY, most = 0;
  for (int image = 0; image < 4; ++image) {
    Dataset one = bars(1, kind().channels, static_cast<std::uint64_t>(image + 1));
    double sum = 0;
    const std::vector<double> z = answers(net, layers, one.images.data());
    const double greatest = *std::max_element(z.begin(), z.end());
    for (const double each : z) sum += std::exp(each - greatest);
    for (std::size_t label = 0; label < kBarClasses; ++label) {
      one.labels = {static_cast<std::uint8_t>(label)};
      const DeviceImages set(context, one);
      const double loss = greatest + std::log(sum) - z[label], found = grown.test(set).loss;
      const double size = std::fabs(loss) + std::fabs(z[label]) + std::fabs(greatest) + 1;
      EXPECT_NEAR(found, loss, (net.depth() > 1 ? 1e-5 : 2e-6) * size) << image << " as " << label;
      least = std::min(least, loss), most = std::max(most, loss);
    }
  }
  EXPECT_GT(most - least, 0.1) << "the case proves nothing";
  EXPECT_EQ(kind().bias == Bias::none, bias == std::vector<float>(kBarClasses, 0.0f));
}

TEST_P(GrownOfEachKind, WeightsAreMadeOfProfilesAndFactors) {
  auto context = make_context(GetParam().backend);
  const auto genome = this->genome();
  const Draw draw = genome->draw(network(), 6);
  if (network().depth() > 1) GTEST_SKIP() << "hidden_layers_test.cpp has its gradients";
  const Grown grown(context, genome, network(), 6, draw.learned, 1.0);
  const std::vector<float> w = grown.weights().w, x = grown.profiles();
  const auto genes = static_cast<std::size_t>(genome->extent());
  const auto inputs = static_cast<std::size_t>(network().inputs());
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
  if (o == nullptr) {
    EXPECT_TRUE(x.empty());
    if (kind().genome.at("type") != "direct") GTEST_SKIP() << "its weights are not made of factors";
    EXPECT_EQ(w, std::vector<float>(draw.learned.begin(), draw.learned.begin() + kPixels * kBarClasses));
    return;
  }
  ASSERT_EQ(x.size(), inputs * genes);
  for (std::size_t p = 0; p < inputs; ++p)
    for (std::size_t k = 0; k < kBarClasses; ++k) {
      double sum = 0, terms = 0;
      for (std::size_t g = 0; g < genes; ++g)
        for (std::size_t h = 0; h < genes; ++h) {
          const double term =
              double{grown.scales()[0]} * x[p * genes + g] * o[g * genes + h] * y[k * genes + h];
          sum += term, terms += std::abs(term);
        }
      EXPECT_NEAR(w[p * kBarClasses + k], sum, 1e-6 * terms);
    }
}

/// R P, or c R, with R as the room makes it.
TEST_P(GrownOfEachKind, WeightsAreMadeOfRandomNumbers) {
  auto context = make_context(GetParam().backend);
  const auto genome = this->genome();
  Draw draw = genome->draw(network(), 6);
  const Layout layout = genome->layout(network());
  if (layout.basis.empty()) GTEST_SKIP() << "this genome has no fixed random numbers";
  if (network().depth() > 1) GTEST_SKIP() << "hidden_layers_test.cpp has its gradients";
  for (std::size_t i = 0; i < draw.learned.size(); ++i)
    draw.learned[i] += 0.3f * static_cast<float>(i % 5) - 0.5f;
  const Tensor& basis = layout.basis[0];
  std::vector<float> r(static_cast<std::size_t>(basis.size()));
  Context cpu = Context::cpu(1);
  const std::uint64_t seed = 6;
  basis::fill(cpu, 1, {basis.rows, nullptr, nullptr}, {basis.columns, nullptr, nullptr}, &seed,
              {r.data(), 0, nullptr});
  const GrownWeights grown = Grown(context, genome, network(), seed, draw.learned, 1.0).weights();
  const bool vectors = kind().genome.at("type") == "random_basis";
  const auto columns = static_cast<std::size_t>(basis.columns),
             extent = static_cast<std::size_t>(genome->extent());
  for (std::size_t p = 0; p < static_cast<std::size_t>(network().inputs()); ++p)
    for (std::size_t k = 0; k < kBarClasses; ++k) {
      double sum = 0, terms = 0;
      for (std::size_t v = 0; v < extent; ++v) {
        const double term = vectors ? double{r[p * columns + v]} * draw.learned[v * kBarClasses + k]
                                    : double{r[v * columns + p * kBarClasses + k]} * draw.learned[v];
        sum += draw.scales[0] * term, terms += std::abs(draw.scales[0] * term);
      }
      EXPECT_NEAR(grown.w[p * kBarClasses + k], sum, 1e-6 * terms);
    }
}

TEST_P(GrownOfEachKind, AnotherLengthIsRefused) {
  auto context = make_context(GetParam().backend);
  const auto genome = this->genome();
  std::vector<float> learned = genome->draw(network(), 6).learned;
  learned.pop_back();
  EXPECT_EQ(test::error_of([&] { Grown(context, genome, network(), 6, learned, 1.0); }),
            "there are " + std::to_string(learned.size()) + " learned numbers; the genome has " +
                std::to_string(learned.size() + 1) + " for this network");
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
  const std::vector<GenePlace> found = genome->places(network, {learned, {}, {}});
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
  const std::vector<GenePlace> in_colour = genome->places(colour, {numbers, {}, {}});
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
