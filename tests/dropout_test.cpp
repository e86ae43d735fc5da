// Dropout (innate/kernels/dropout.h).
#include "innate/kernels/dropout.h"

#include <map>

#include "innate/engine/grown.h"
#include "tests/cases/activation_cases.h"
#include "tests/support/genomes.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

struct Problem {
  double rate = 0.5;
  std::uint32_t stream = 0;
  bool add = false;
  std::vector<std::uint64_t> seeds;
  std::vector<std::int64_t> steps;
  Sets<float> in, out;  // out: what is there before

  std::size_t replicas() const { return in.size(); }
};

Problem problem(const cases::Activation& c, double rate, bool add) {
  Problem p{rate, 3, add, {}, {}, {}, {}};
  for (std::size_t r = 0; r < c.elements.size(); ++r) {
    p.seeds.push_back(77 + r), p.steps.push_back(static_cast<std::int64_t>(5 * r));
    p.in.push_back(integers(20 * r + 1, c.elements[r], 8));
    p.out.push_back(integers(20 * r + 2, c.elements[r], 8));
    p.in.back()[0] = 3.0f;
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  return {p.rate, p.stream, p.add, {p.seeds[r]}, {p.steps[r]}, {p.in[r]}, {p.out[r]}};
}

Results run(Context& context, const Problem& p) {
  const TestExtents sizes(context, sizes_of(p.in), all_equal(sizes_of(p.in)));
  const Arrays<float> in(context, p.in, all_equal(sizes_of(p.in)));
  const auto out = p.add ? Arrays<float>(context, p.out) : Arrays<float>::blank(context, sizes_of(p.in));
  const Buffer<std::uint64_t> seeds(context, p.seeds);
  const Buffer<std::int64_t> steps(context, p.steps);
  const dropout::Shape shape{static_cast<int>(p.replicas()), sizes.view(), p.rate, p.stream, p.add};
  dropout::apply(context, shape, seeds.data(), steps.data(), in.in(), out.view());
  return {{"out", out.download()}};
}

/// Written down a second time: SplitMix64's finaliser over (seed, purpose 10 and stream), step and i / 4.
bool kept(std::uint64_t seed, std::uint32_t stream, std::int64_t step, std::size_t i, double rate) {
  const auto mixed = [](std::uint64_t z) {
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  };
  const std::uint64_t own = mixed(seed ^ mixed((std::uint64_t{10} << 32) + stream));
  const std::uint64_t four = mixed(mixed(own + static_cast<std::uint64_t>(step)) + i / 4);
  return static_cast<double>(four >> (16 * (i % 4)) & 0xffff) >= rate * 65536;
}

Exact reference_of(const Problem& p) {
  Exact exact = {{"out", {}}};
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    std::vector<double> out;
    for (std::size_t i = 0; i < p.in[r].size(); ++i)
      out.push_back((kept(p.seeds[r], p.stream, p.steps[r], i, p.rate) ? p.in[r][i] / (1 - p.rate) : 0.0) +
                    (p.add ? p.out[r][i] : 0.0));
    exact[0].second.push_back(out);
  }
  return exact;
}

class Dropout : public testing::TestWithParam<On<cases::Activation>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
  Problem made(double rate, bool add) const { return problem(GetParam().it, rate, add); }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Dropout, testing::ValuesIn(on_backends(cases::activation())), OnName());

TEST_P(Dropout, IsExactInWholeNumbers) {
  TestContext context(backend());
  for (const double rate : {0.0, 0.5, 0.75})  // 1 / (1 - rate) is a whole number
    for (const bool add : {false, true})
      expect_exact(run(context, made(rate, add)), reference_of(made(rate, add)));
}

TEST_P(Dropout, GivesAReplicaTheSameBitsInAnyCompany) {
  const Problem p = made(0.3, true);
  expect_same_bits(backend(), p, p.replicas(), run, alone);
}

TEST_P(Dropout, KeepsNansToTheirReplica) {
  const Problem p = made(0.0, false);
  if (p.replicas() < 2) GTEST_SKIP() << "there are no neighbours";
  expect_neighbours_unharmed(backend(), p, p.replicas(), 1, run, [](Problem& q, std::size_t r) {
    for (float& x : q.in[r]) x = std::nanf("");
  });
}

/// Four standard deviations of a binomial.
void expect_share(double share, double found, double count) {
  EXPECT_NEAR(found, share, 4 * std::sqrt(share * (1 - share) / count));
}

TEST(DropoutChances, AreOfTheRateAndOfEachOtherIndependent) {
  Context context = Context::cpu(1);
  constexpr std::size_t kCount = 40000;
  const auto drawn = [&](std::uint64_t seed, std::uint32_t stream, std::int64_t step, double rate) {
    const Problem p{rate, stream, false, {seed}, {step}, {std::vector<float>(kCount, 1.0f)}, {}};
    return run(context, p)[0].second[0];
  };
  for (const double rate : {0.1, 0.5, 0.9}) {
    const std::vector<float> some = drawn(1, 0, 0, rate);
    double kept = 0, both = 0, far = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      kept += some[i] > 0;
      both += some[i] > 0 && some[(i + 1) % kCount] > 0;
      far += some[i] > 0 && some[(i + 64) % kCount] > 0;
      EXPECT_NEAR(some[i] * (1 - rate), some[i] > 0 ? 1 : 0, 1e-4);
    }
    const double share = 1 - rate;
    expect_share(share, kept / kCount, kCount);
    expect_share(share * share, both / kCount, kCount);
    expect_share(share * share, far / kCount, kCount);
  }
  const std::vector<float> first = drawn(1, 0, 0, 0.5);
  for (const std::vector<float>& other : {drawn(2, 0, 0, 0.5), drawn(1, 1, 0, 0.5), drawn(1, 0, 1, 0.5)}) {
    double both = 0;
    for (std::size_t i = 0; i < kCount; ++i) both += first[i] > 0 && other[i] > 0;
    expect_share(0.25, both / kCount, kCount);
  }
}

class DropoutErrors : public testing::TestWithParam<On<NoCase>> {
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, DropoutErrors, testing::ValuesIn(each_backend()), OnName());

TEST_P(DropoutErrors, MayBeInPlace) {
  TestContext context(GetParam().backend);
  const Problem p = problem({"", true, {37}}, 0.5, false);
  const Arrays<float> y(context, p.in);
  const Buffer<std::uint64_t> seeds(context, p.seeds);
  const Buffer<std::int64_t> steps(context, p.steps);
  dropout::apply(context, {1, {37, nullptr, nullptr}, p.rate, p.stream}, seeds.data(), steps.data(), y.in(),
                 y.view());
  EXPECT_EQ(y.download(), run(context, p)[0].second);
}

TEST_P(DropoutErrors, SayWhatIsWrongAndWriteNothing) {
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Problem p = problem({"", true, {5, 9}}, 0.5, false);
  const TestExtents sizes(context, {5, 9}, false);
  const Arrays<float> in(context, p.in);
  const auto out = Arrays<float>::blank(context, {5, 9});
  const Buffer<std::uint64_t> seeds(context, p.seeds);
  const Buffer<std::int64_t> steps(context, p.steps);
  const dropout::Shape shape{2, sizes.view()};
  const auto refuse = [&](auto change, const std::string& message) {
    dropout::Shape s = shape;
    change(s);
    EXPECT_EQ(error_of([&] { dropout::apply(context, s, seeds.data(), steps.data(), in.in(), out.view()); }),
              "dropout/apply: " + message);
  };
  refuse([](auto& s) { s.replicas = 0; }, "replicas is 0, must be at least 1");
  refuse([](auto& s) { s.elements.most = -1; }, "elements is -1, must be at least 1");
  refuse([](auto& s) { s.rate = 1; }, "rate is 1.000000, must be 0 to 1 - 2^-16");
  refuse([](auto& s) { s.rate = -0.1; }, "rate is -0.100000, must be 0 to 1 - 2^-16");
  refuse([](auto& s) { s.rate = std::nan(""); }, "rate is nan, must be 0 to 1 - 2^-16");
  const auto call = [&](const std::uint64_t* own, const std::int64_t* at, Ragged<const float> from,
                        Ragged<float> to) {
    return error_of([&] { dropout::apply(context, shape, own, at, from, to); });
  };
  EXPECT_EQ(call(nullptr, steps.data(), in.in(), out.view()), "dropout/apply: seeds is null");
  EXPECT_EQ(call(seeds.data(), nullptr, in.in(), out.view()), "dropout/apply: steps is null");
  EXPECT_EQ(call(seeds.data(), steps.data(), {}, out.view()), "dropout/apply: in is null");
  EXPECT_EQ(call(seeds.data(), steps.data(), in.in(), {}), "dropout/apply: out is null");
  out.expect_blank("out");
}

// ---- In a network

constexpr int kImages = 9, kUnits = 6;
constexpr double kRate = 0.5;
constexpr std::uint64_t kSeed = 5;

/// The loss of step 0, whose batch is the whole set: a hidden layer of tanh, dropout, and the layer that
/// answers.
double loss_of_step_0(const engine::Layout& layout, const std::vector<double>& learned,
                      const engine::Dataset& set) {
  std::map<std::string, const double*> of;
  const double* next = learned.data();
  for (const engine::Tensor& t : layout.learned) of[t.name] = next, next += t.size();
  const auto pixels = static_cast<std::size_t>(set.pixels());
  const random::EpochOrder order(kSeed, 0, kImages);
  double loss = 0;
  for (std::size_t r = 0; r < kImages; ++r) {
    const std::size_t image = order(static_cast<std::uint32_t>(r));
    std::vector<double> logits(of.at("bias_1"), of.at("bias_1") + engine::kBarClasses);
    for (std::size_t u = 0; u < kUnits; ++u) {
      double sum = of.at("bias")[u];
      for (std::size_t e = 0; e < pixels; ++e)
        sum += set.images[image * pixels + e] / 255.0 * of.at("weights")[e * kUnits + u];
      if (!kept(kSeed, 0, 0, r * kUnits + u, kRate)) continue;
      for (std::size_t k = 0; k < logits.size(); ++k)
        logits[k] += std::tanh(sum) / (1 - kRate) * of.at("weights_1")[u * logits.size() + k];
    }
    double all = 0;
    for (const double z : logits) all += std::exp(z);
    loss += (std::log(all) - logits[set.labels[image]]) / kImages;
  }
  return loss;
}

class DropoutInANetwork : public testing::TestWithParam<On<NoCase>> {
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, DropoutInANetwork, testing::ValuesIn(each_backend()), OnName());

/// SGD without momentum leaves a step's gradient in its velocity.
TEST_P(DropoutInANetwork, IsInStepsAndTheirGradientsAndNotInTests) {
  using namespace engine;
  TestContext test(GetParam().backend);
  Context& context = test;
  const Dataset set = bars(kImages, 1, 1);
  Network network = bar_network(Bias::learned, 1);
  network.layers.insert(network.layers.begin(), hidden(kUnits, Bias::learned, activation::Function::tanh));
  network.layers[0].dropout = kRate;
  Course course;
  course.optimizer = Gradient::Kind::sgd, course.momentum = 0, course.batch = kImages;
  course.steps = 10, course.testing.every = 5;
  const auto task = std::make_shared<Classification>(context, DatasetPair{set, set});
  const auto genome = genome_of(Json{{"type", "direct"}});
  Pool pool(context, {{spec_of(genome, network, task, course), kSeed}});
  const double tested = pool.advance(0).at(0).loss;
  const Grown grown(context, genome, network, kSeed, pool.numbers(0), task->train.density());
  EXPECT_EQ(grown.test(task->test).loss, tested);
  std::vector<double> at(grown.learned().begin(), grown.learned().end());
  pool.advance(1);
  const ReplicaState state = pool.save().replicas[0];
  const std::vector<float>& velocity = state.arrays[1].numbers;
  const Layout layout = genome->layout(network);
  const double loss = loss_of_step_0(layout, at, set);
  EXPECT_NEAR(state.loss_sum, loss, 1e-5);
  EXPECT_GT(std::fabs(loss - tested), 1e-3);
  ASSERT_EQ(velocity.size(), at.size());
  for (std::size_t e = 0; e < at.size(); ++e) {
    const double h = 1e-5, here = at[e];
    at[e] = here + h;
    const double above = loss_of_step_0(layout, at, set);
    at[e] = here - h;
    const double below = loss_of_step_0(layout, at, set);
    at[e] = here;
    EXPECT_NEAR(velocity[e], (above - below) / (2 * h), 2e-6) << e;
  }
}

}  // namespace
}  // namespace innate::test
