// Tapes: what is recorded, and the gradient of a network of two layers that share an interaction.
#include "innate/engine/tape.h"

#include <functional>

#include "engine/pool/compiled.h"
#include "innate/engine/grown.h"
#include "innate/engine/program.h"
#include "innate/kernels/dropout.h"
#include "tests/reference/apply.h"
#include "tests/reference/classifier.h"
#include "tests/support/genomes.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

using namespace engine;
using program::Instruction;
using program::Kind;

constexpr int kHeight = 6, kWidth = 5, kInputs = kHeight * kWidth, kHidden = 7, kOutputs = 3, kGenes = 4;

/// W1 = s X O H^T and W2 = s H O Y^T: one interaction, and one set of hidden identities, in both layers.
class Shared : public Genome {
 public:
  Options options() const override { return {{"type", "shared"}}; }
  std::int64_t extent() const override { return kGenes; }

  Layout layout(const Network&) const override {
    Layout layout;
    layout.learned = {{"expression", kInputs, kGenes}, {"interaction", kGenes, kGenes},
                      {"hidden", kHidden, kGenes},     {"output_identity", kOutputs, kGenes},
                      {"first bias", 1, kHidden},      {"second bias", 1, kOutputs}};
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    Draw draw;
    draw.learned = normals(seed, Layout::size(layout(network).learned), 0.6);
    draw.scales = {0.75f};
    return draw;
  }

  std::vector<Weights> grow(Tape&, const Network&, const Inherited& inherited) const override {
    std::vector<Weights> both(2);
    for (Weights& w : both)
      w.form = Weights::Form::factored, w.o = inherited("interaction"), w.scale = inherited.scale(0);
    both[0].x = inherited("expression"), both[0].y = both[1].x = inherited("hidden");
    both[1].y = inherited("output_identity");
    both[0].bias = inherited("first bias"), both[1].bias = inherited("second bias");
    both[0].inputs = kInputs, both[0].outputs = both[1].inputs = kHidden, both[1].outputs = kOutputs;
    return both;
  }
};

const Network kTwoLayers{kHeight, kWidth, 1, {{kHidden, Bias::learned}, {kOutputs, Bias::learned}}};

Dataset noise(int count, std::uint64_t seed) {
  return {"noise", count, kHeight, kWidth, 1, kOutputs, pixels(seed, int64_t{count} * kInputs, 0.5), [count] {
            std::vector<std::uint8_t> labels;
            for (int i = 0; i < count; ++i) labels.push_back(static_cast<std::uint8_t>(i * 7 % 5 % kOutputs));
            return labels;
          }()};
}

// ---- The reference

template <class Real>
struct Genes {
  using M = reference::Matrix<Real>;
  explicit Genes(const std::vector<Real>& all) : at_(all.data()) {
    for (auto* m : {&x, &o, &h, &y}) take(m->data);
    take(first_bias), take(second_bias);
  }
  M x{kInputs, kGenes}, o{kGenes, kGenes}, h{kHidden, kGenes}, y{kOutputs, kGenes};
  std::vector<Real> first_bias = std::vector<Real>(kHidden), second_bias = std::vector<Real>(kOutputs);

 private:
  void take(std::vector<Real>& to) {
    std::copy_n(at_, to.size(), to.begin());
    at_ += to.size();
  }
  const Real* at_;
};

/// The loss of a batch that is the whole set, and its gradient, by the rooms' references.
template <class Real>
struct Reference {
  Reference(const std::vector<Real>& learned, const Dataset& set, Real s) {
    using namespace reference;
    const Genes<Real> g(learned);
    const Matrix<Real> a = reference::dense::values<Real>(set.count, kInputs, set.images, 1.0f / 255.0f);
    const Matrix<Real> hidden = reference::apply::forward(a, g.x, g.o, g.h, s, g.first_bias);
    const auto judged = reference::classifier::cross_entropy(
        reference::apply::forward(hidden, g.h, g.o, g.y, s, g.second_bias), set.labels);
    loss = judged.loss;
    const Matrix<Real>& dz = judged.dlogits;
    const Matrix<Real> dh = reference::apply::d_inputs(g.h, g.o, g.y, s, dz);
    const auto sum = [](Matrix<Real> p, const Matrix<Real>& q) {
      for (std::size_t i = 0; i < p.data.size(); ++i) p.data[i] += q.data[i];
      return p;
    };
    parts = {
        {"expression", reference::apply::d_x(a, g.o, g.h, s, dh).data},
        {"interaction",
         sum(reference::apply::d_o(hidden, g.h, g.y, s, dz), reference::apply::d_o(a, g.x, g.h, s, dh)).data},
        {"hidden",
         sum(reference::apply::d_x(hidden, g.o, g.y, s, dz), reference::apply::d_y(a, g.x, g.o, s, dh)).data},
        {"output_identity", reference::apply::d_y(hidden, g.h, g.o, s, dz).data},
        {"first bias", reference::dense::d_bias(dh)},
        {"second bias", reference::dense::d_bias(dz)}};
  }
  Real loss;
  std::vector<std::pair<std::string, std::vector<Real>>> parts;

  Exact results() const {
    Exact all;
    for (const auto& [name, numbers] : parts) all.push_back({name, {reference::result(numbers)}});
    return all;
  }
};

TEST(SharedInteraction, TheReferenceHasTheRightGradient) {
  const Dataset set = noise(13, 3);
  std::vector<double> at = widen(Shared().draw(kTwoLayers, 5).learned);
  const Reference<double> here(at, set, 0.75);
  std::size_t e = 0;
  for (const auto& [name, gradient] : here.parts)
    for (const double g : gradient) {
      const double h = 1e-5, kept = at[e];
      at[e] = kept + h;
      const double above = Reference<double>(at, set, 0.75).loss;
      at[e] = kept - h;
      const double below = Reference<double>(at, set, 0.75).loss;
      at[e++] = kept;
      EXPECT_NEAR(g, (above - below) / (2 * h), 1e-8 * (1 + std::fabs(g))) << name;
    }
  EXPECT_EQ(e, at.size());
}

// ---- What a program of the engine gives

struct SharedOn : testing::TestWithParam<On<NoCase>> {
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(Tape, SharedOn, testing::ValuesIn(each_backend()), OnName());

/// A step of SGD without momentum leaves the gradient in the velocity.
ReplicaState one_step(Context& context, const Dataset& set, std::uint64_t seed, Executor executor) {
  Course course;
  course.optimizer = Gradient::Kind::sgd, course.momentum = 0, course.rate = 0.5;
  course.batch = set.count, course.steps = 10, course.testing.every = 10;
  const auto task = std::make_shared<Classification>(context, DatasetPair{set, set});
  Pool pool(context, {{spec_of(std::make_shared<Shared>(), kTwoLayers, task, course), seed}}, executor);
  pool.advance(1);
  return pool.save().replicas[0];
}

Results by_name(const std::vector<float>& learned) {
  Results results;
  auto at = learned.begin();
  for (const Tensor& t : Shared().layout(kTwoLayers).learned) {
    results.push_back({t.name, {std::vector<float>(at, at + t.size())}});
    at += t.size();
  }
  return results;
}

TEST_P(SharedOn, GradientIsTheReferences) {
  TestContext context(GetParam().backend);
  for (const int images : {13, 66}) {  // few rows take one order of contraction, many another
    const Dataset set = noise(images, static_cast<std::uint64_t>(images));
    const std::vector<float> before = Shared().draw(kTwoLayers, 5).learned;
    const ReplicaState after = one_step(context, set, 5, Executor::automatic);
    ASSERT_EQ(after.arrays[1].name, "velocity");
    const Results gradient = by_name(after.arrays[1].numbers);
    const Reference<reference::Measure> exact(reference::as<reference::Measure>(before), set, 0.75);
    const Reference<reference::Naive> naive(reference::as<reference::Naive>(before), set, 0.75f);
    expect_error_ratio(gradient, exact.results(), naive.results(), std::to_string(images) + " images: ");
    EXPECT_NEAR(after.loss_sum, exact.loss, 1e-6 * exact.loss);
    for (std::size_t i = 0; i < before.size(); ++i)
      EXPECT_EQ(after.learned()[i], std::fma(-0.5f, after.arrays[1].numbers[i], before[i])) << i;
  }
}

TEST_P(SharedOn, EveryExecutorGivesTheSameBits) {
  TestContext context(GetParam().backend, 2);
  const Dataset set = noise(66, 1);
  const ReplicaState expected = one_step(context, set, 5, Executor::automatic);
  for (const Executor executor : {Executor::fused, Executor::launches, Executor::graph})
    EXPECT_EQ(one_step(context, set, 5, executor).arrays[1].numbers, expected.arrays[1].numbers)
        << name(executor);
}

TEST_P(SharedOn, LearnsAndIsTestedAsItWas) {
  TestContext context(GetParam().backend);
#if defined(INNATE_SIMT)
  constexpr int kSteps = 10;
  constexpr double kShare = 1.0;
#else
  constexpr int kSteps = 200;
  constexpr double kShare = 0.7;
#endif
  const Dataset set = noise(13, 3);  // so few that they can be learned by heart
  Course course;
  course.rate = 0.02, course.steps = course.testing.every = kSteps;
  const auto task = std::make_shared<Classification>(context, DatasetPair{set, set});
  const auto genome = std::make_shared<Shared>();
  Pool pool(context, {{spec_of(genome, kTwoLayers, task, course), 8}});
  const auto results = pool.advance(kSteps);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_LT(results[1].loss, kShare * results[0].loss);
  const Grown grown(context, genome, kTwoLayers, 8, pool.learned(0), task->train.density());
  EXPECT_EQ(grown.test(task->test).loss, results[1].loss);
  EXPECT_EQ(grown.test(task->test).accuracy(), results[1].accuracy);
}

// ---- Identities and pools

struct MapsOn : testing::TestWithParam<On<NoCase>> {
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(Tape, MapsOn, testing::ValuesIn(each_backend()), OnName());

/// Identities of 19 genes on a grid, and two pools of them: their ways back meet in X.
TEST_P(MapsOn, GiveTheBitsOfTheRooms) {
  TestContext test(GetParam().backend);
  Context& context = test;
  constexpr int kNeurons = 5 * 7 * 3, kPooled = 2 * 3 * 3, kGenes = 19;
  const Grid grid{5, 7, 3};
  const pooling::Window twos{pooling::Function::average, 2, 2}, whole{pooling::Function::max, 5, 7};
  const std::vector<float> places = normals(1, 6 * kGenes), da = normals(2, kPooled * kGenes),
                           db = normals(3, 3 * kGenes);

  Tape tape(context.backend());
  const Variable p = tape.state("places", 6, kGenes, 4, true), d_a = tape.state("da", kPooled, kGenes),
                 d_b = tape.state("db", 3, kGenes);
  tape.section("step", true);
  const Variable x = tape.identities(p, grid, 3, expression::Profile::bump, true),
                 a = tape.pool(x, grid, twos), b = tape.pool(x, grid, whole);
  EXPECT_EQ(x.rows, kNeurons);
  EXPECT_EQ(a.rows, kPooled);
  EXPECT_EQ(b.rows, 3);
  tape.begin_backward(a, d_a), tape.begin_backward(b, d_b);
  tape.backward();
  const Variable gradient = tape.gradient(p, {p});
  for (const Variable& v : {x, a, b, gradient}) tape.keep(v);
  Program program(context, tape);
  const auto upload = [&](const char* name, const std::vector<float>& numbers) {
    context.upload(program.data<float>(name), numbers.data(), numbers.size() * sizeof(float));
  };
  upload("places", places), upload("da", da), upload("db", db);
  program.run("step", 2);
  const auto download = [&](const Variable& v) {
    std::vector<float> numbers(static_cast<std::size_t>(v.size()));
    context.download(numbers.data(), program.data(v), numbers.size() * sizeof(float));
    return Sets<float>{numbers};
  };

  const Extents genes{kGenes, nullptr, nullptr};
  const expression::IdentityShape shape{1, 5, 7, 3, 3, genes, expression::Profile::bump, true};
  const pooling::Shape average{1, 5, 7, 3, genes, twos}, largest{1, 5, 7, 3, genes, whole};
  const Arrays<float> in_places(context, {places}), in_da(context, {da}), in_db(context, {db});
  const auto out_x = Arrays<float>::blank(context, {kNeurons * kGenes}),
             dx = Arrays<float>::blank(context, {kNeurons * kGenes}),
             out_a = Arrays<float>::blank(context, {kPooled * kGenes}),
             out_b = Arrays<float>::blank(context, {3 * kGenes}),
             dplaces = Arrays<float>::blank(context, {6 * kGenes});
  expression::identities(context, shape, in_places.in(), out_x.view());
  pooling::forward(context, average, out_x.in(), out_a.view());
  pooling::forward(context, largest, out_x.in(), out_b.view());
  pooling::backward(context, largest, out_x.in(), in_db.in(), dx.view());
  pooling::backward(context, average, {}, in_da.in(), dx.view(), true);
  expression::identities_backward(context, shape, in_places.in(), dx.in(), dplaces.view());
  expect_bits_equal(download(x), out_x.download(), "X");
  expect_bits_equal(download(a), out_a.download(), "averages");
  expect_bits_equal(download(b), out_b.download(), "the largest");
  expect_bits_equal(download(gradient), dplaces.download(), "the gradient of places");
}

/// The way back drops what the way there dropped. (Behind an activation: DropoutInANetwork.)
TEST_P(MapsOn, DropoutIsTheRoomsBothWays) {
  TestContext test(GetParam().backend);
  Context& context = test;
  constexpr int kRows = 9, kUnits = 13;
  const std::vector<float> x = normals(1, kRows * kUnits), dy = normals(2, kRows * kUnits);
  const std::uint64_t seed = 77;
  const std::int64_t step = 5;
  Tape tape(context.backend());
  const Variable values = tape.state("values", kRows, kUnits, 4, true), d = tape.state("dy", kRows, kUnits),
                 own = tape.state("seed", 1, 1, 8), clock = tape.state("clock", 1, 1, 8);
  tape.section("step", true);
  const Variable y = tape.dropout(values, 0.25, 2, own, clock);
  tape.begin_backward(y, d);
  tape.backward();
  const Variable gradient = tape.gradient(values, {values});
  tape.keep(y), tape.keep(gradient);
  Program program(context, tape);
  context.upload(program.data<float>("values"), x.data(), x.size() * sizeof(float));
  context.upload(program.data<float>("dy"), dy.data(), dy.size() * sizeof(float));
  context.upload(program.data<std::uint64_t>("seed"), &seed, sizeof seed);
  context.upload(program.data<std::int64_t>("clock"), &step, sizeof step);
  program.run("step", 1);

  const Buffer<std::uint64_t> seeds(context, std::vector<std::uint64_t>{seed});
  const Buffer<std::int64_t> steps(context, std::vector<std::int64_t>{step});
  const dropout::Shape shape{1, {kRows * kUnits, nullptr, nullptr}, 0.25, 2};
  for (const auto& [found, in] : {std::pair(y, x), {gradient, dy}}) {
    const Arrays<float> from(context, {in});
    const auto to = Arrays<float>::blank(context, {kRows * kUnits});
    dropout::apply(context, shape, seeds.data(), steps.data(), from.in(), to.view());
    std::vector<float> numbers(in.size());
    context.download(numbers.data(), program.data(found), numbers.size() * sizeof(float));
    expect_bits_equal({numbers}, to.download(), "dropout");
  }
}

TEST(Maps, OfOtherShapesAreRefused) {
  Tape tape(Backend::cpu);
  const Variable places = tape.state("places", 4, 5), values = tape.state("values", 12, 5);
  tape.section("step", false);
  const auto identities = [&](const Grid& grid, int axes) {
    return error_of([&] { tape.identities(places, grid, axes, expression::Profile::ridge, true); });
  };
  EXPECT_EQ(identities({3, 4, 1}, 2), "no error");
  EXPECT_EQ(identities({3, 4, 1}, 3), "identities: places is 4 x 5, must be 6 x 5");
  EXPECT_EQ(identities({3, 4, 2}, 2),
            "identities: there are 2 axes and 2 channels; axes must be 3, or 2 where there is one channel");
  EXPECT_EQ(identities({0, 4, 1}, 2), "identities: the grid is 0 x 4 x 1; all three must be at least 1");
  const auto pool = [&](const Grid& grid, const pooling::Window& window) {
    return error_of([&] { tape.pool(values, grid, window); });
  };
  EXPECT_EQ(pool({3, 4, 1}, {pooling::Function::max, 3, 4}), "no error");
  EXPECT_EQ(pool({3, 4, 2}, {}), "pool: values is 12 x 5, must be 24 x 5");
  EXPECT_EQ(pool({3, 4, 1}, {pooling::Function::max, 2, 5}),
            "pool: a window of 2 x 5 does not fit on a map of 3 x 4");
  EXPECT_EQ(pool({3, 4, 1}, {pooling::Function::max, 0, 1}),
            "pool: a window of 0 x 1 does not fit on a map of 3 x 4");
}

// ---- What is recorded

/// The parts of a section's body that write a gradient of these arrays, in order.
struct Contribution {
  int array;
  std::int64_t byte;
  bool add;
};
std::vector<Contribution> contributions(const program::Code& p, const std::string& to) {
  std::vector<Contribution> found;
  for (const Instruction& i : p.sections.at(0).body) {
    const auto note = [&](const float* at, bool add) {
      if (at && program::is_symbol(at) &&
          p.arrays[static_cast<std::size_t>(program::array_of(at))].name == to)
        found.push_back({program::array_of(at), program::byte_of(at), add});
    };
    if (i.kind == Kind::product) note(i.product_call.c, i.product_call.add);
    if (i.kind == Kind::sum_rows) note(i.sum_rows_call.sums, i.sum_rows_call.add);
    if (i.kind == Kind::profiles_backward)
      note(i.profiles_backward_call.dplaces, i.profiles_backward_call.add);
    if (i.kind == Kind::combine_backward) note(i.combine_backward_call.dc, i.combine_backward_call.add);
  }
  return found;
}

struct Recorded : testing::Test {
  std::shared_ptr<Spec> spec(std::shared_ptr<const Genome> genome, const Network& network, int batch = 13) {
    Course course;
    course.batch = batch;
    return spec_of(std::move(genome), network, task, course);
  }
  Context context = Context::cpu(1);
  std::shared_ptr<const Classification> task =
      std::make_shared<Classification>(context, DatasetPair{noise(66, 1), noise(66, 2)});
};

TEST_F(Recorded, TheFirstContributionSetsAndLaterOnesAdd) {
  for (const Backend backend : {Backend::cpu, Backend::cuda})
    for (const int batch : {13, 66}) {
      const Compiled c = compile(*spec(std::make_shared<Shared>(), kTwoLayers, batch), true, backend, 0);
      std::map<std::int64_t, std::vector<bool>> adds;  // by the part's place
      for (const Contribution& one : contributions(c.code, "gradient of learned"))
        adds[one.byte].push_back(one.add);
      std::int64_t at = 0;
      const Layout layout = Shared().layout(kTwoLayers);
      for (const Tensor& t : layout.learned) {
        const bool shared = t.name == "interaction" || t.name == "hidden";
        EXPECT_EQ(adds[at], (shared ? std::vector<bool>{false, true} : std::vector<bool>{false})) << t.name;
        at += 4 * t.size();
      }
      EXPECT_EQ(adds.size(), layout.learned.size());
    }
}

/// The way back of the last layer comes first: its part of the interaction's gradient is what is set.
TEST_F(Recorded, ContributionsComeInTheOrderOfTheTape) {
  const Compiled c = compile(*spec(std::make_shared<Shared>(), kTwoLayers), true, Backend::cpu, 0);
  const std::int64_t interaction = 4 * kInputs * kGenes,
                     first_bias = interaction + 4 * kGenes * (kGenes + kHidden + kOutputs),
                     second_bias = first_bias + 4 * kHidden;
  std::vector<std::int64_t> order;
  for (const Contribution& one : contributions(c.code, "gradient of learned"))
    if (one.byte == interaction || one.byte >= first_bias) order.push_back(one.byte);
  EXPECT_EQ(order, (std::vector<std::int64_t>{interaction, second_bias, interaction, first_bias}));
}

TEST_F(Recorded, WhereNothingIsSharedNothingIsAdded) {
  for (const engine::Kind& kind : kinds()) {
    if (!kind.hidden.empty()) continue;  // layers share hidden identities
    Context cpu = Context::cpu(1);
    const auto seen = std::make_shared<Classification>(cpu, bar_pair(kind.channels));
    const auto spec = spec_of(genome_of(kind.genome), network_of(kind), seen);
    const Compiled c = compile(*spec, true, Backend::cpu, 0);
    const auto all = contributions(c.code, "gradient of learned");
    EXPECT_EQ(all.size(), spec->genome->layout(spec->network).learned.size()) << kind.name;
    for (const Contribution& one : all) EXPECT_FALSE(one.add) << kind.name;
  }
}

TEST_F(Recorded, SectionsAreThoseOfTrainingAndOfTests) {
  const auto names = [](const Compiled& c) {
    std::vector<std::string> all;
    for (const program::Section& s : c.code.sections) all.push_back(s.name);
    return all;
  };
  auto it = spec(std::make_shared<Shared>(), kTwoLayers);
  EXPECT_EQ(names(compile(*it, true, Backend::cpu, 0)), (std::vector<std::string>{"train", "test"}));
  const auto many = std::make_shared<Classification>(context, DatasetPair{noise(66, 1), noise(1004, 2)});
  it->task = many;
  const Compiled c = compile(*it, true, Backend::cpu, 0);
  EXPECT_EQ(names(c), (std::vector<std::string>{"train", "test", "rest"}));
  EXPECT_EQ(test_calls(*it), 2);
  EXPECT_EQ(test_images(*it), 1004);
  EXPECT_EQ(c.section("rest"), 2);
  EXPECT_EQ(c.section("rust"), -1);
  it->testing.images = 600;  // drawn at once, so that none comes twice
  EXPECT_EQ(names(compile(*it, true, Backend::cpu, 0)), (std::vector<std::string>{"train", "test"}));
  EXPECT_EQ(test_calls(*it), 1);
}

/// The instructions of an S-GEM step, as the tape reads.
TEST_F(Recorded, AStepReadsAsItIsWritten) {
  const Network network{kHeight, kWidth, 1, {{kOutputs, Bias::none}}};
  const auto places = genome_of({{"type", "spatial_gem"}, {"genes", 5}});
  const Compiled c = compile(*spec(places, network), true, Backend::cpu, 0);
  std::vector<std::string> kinds;
  for (const Instruction& i : c.code.sections[0].body)
    if (kinds.empty() || kinds.back() != name(i.kind)) kinds.push_back(name(i.kind));
  EXPECT_EQ(kinds,
            (std::vector<std::string>{"constants", "choose", "profiles", "expand", "product", "cross_entropy",
                                      "product", "expand_backward", "profiles_backward", "adam", "tick"}));
  EXPECT_TRUE(c.code.sections[0].prologue.empty());
  EXPECT_TRUE(std::any_of(c.code.sections[1].prologue.begin(), c.code.sections[1].prologue.end(),
                          [](const Instruction& i) { return i.kind == Kind::expand; }))
      << "a test grows its weights once";
}

/// A combination is grown with the way back and the update of the step before, so that R is read once.
TEST_F(Recorded, ACombinationIsSweptOnceAStep) {
  const Network network{kHeight, kWidth, 1, {{kOutputs, Bias::none}}};
  const auto intrinsic = genome_of({{"type", "intrinsic_dimension"}, {"dimension", 20}});
  for (const auto& [backend, width] : {std::pair(Backend::cpu, 8), std::pair(Backend::cuda, 96)}) {
    const Compiled c = compile(*spec(intrinsic, network), true, backend, 0);
    const program::Section& train = c.code.sections[0];
    ASSERT_EQ(train.prologue.size(), 1u);
    EXPECT_EQ(train.prologue[0].kind, Kind::combine);
    const std::size_t end = train.body.size();
    EXPECT_EQ(train.body[end - 1].kind, Kind::tick);
    EXPECT_EQ(train.body[end - 2].kind, Kind::combine);
    EXPECT_EQ(train.body[end - 3].kind, Kind::adam);
    EXPECT_EQ(train.body[end - 4].kind, Kind::combine_backward);
    EXPECT_EQ(train.body[end - 4].strips, 3);
    EXPECT_EQ(train.body[end - 4].extent, 20);
    EXPECT_EQ(train.body[end - 4].width, width);
  }
}

TEST_F(Recorded, AGenomeThatLeavesNumbersUnusedIsRefused) {
  struct Idle : Shared {
    Layout layout(const Network& network) const override {
      Layout layout = Shared::layout(network);
      layout.learned.push_back({"idle", 1, 5});
      return layout;
    }
  };
  EXPECT_EQ(error_of([&] { compile(*spec(std::make_shared<Idle>(), kTwoLayers), true, Backend::cpu, 0); }),
            "array 6 of learned is to be learned, but no weight depends on it");
}

/// Contributions are told apart by where they begin: one of these sets 7 rows, the other adds to all 30.
TEST_F(Recorded, PartsThatOverlapAreRefused) {
  struct Overlapping : Shared {
    std::vector<Weights> grow(Tape& tape, const Network& network, const Inherited& inherited) const override {
      std::vector<Weights> both = Shared::grow(tape, network, inherited);
      both[1].x = inherited("expression").part(0, kHidden, kGenes);
      return both;
    }
  };
  EXPECT_NE(
      error_of([&] { compile(*spec(std::make_shared<Overlapping>(), kTwoLayers), true, Backend::cpu, 0); }),
      "no error");
}

/// The gradient of theta's end, which no layer uses, is read and was never written.
TEST_F(Recorded, ACombinationOfWhichAPartIsUnusedIsRefused) {
  struct Partial : Genome {
    Options options() const override { return {}; }
    Layout layout(const Network&) const override {
      return {{{"coefficients", 1, 5}}, {}, {{"basis", 5, kInputs * kOutputs + 4}}};
    }
    Draw draw(const Network&, std::uint64_t) const override {
      return {std::vector<float>(5, 1.0f), {}, {1.0f}};
    }
    std::vector<Weights> grow(Tape& tape, const Network&, const Inherited& inherited) const override {
      const Variable theta = tape.combine(inherited("basis"), inherited.seed(0), inherited("coefficients"),
                                          kInputs * kOutputs + 4, inherited.scale(0));
      Weights w;
      w.w = theta.part(0, kInputs, kOutputs), w.inputs = kInputs, w.outputs = kOutputs;
      return {w};
    }
  };
  const Network one{kHeight, kWidth, 1, {{kOutputs, Bias::none}}};
  EXPECT_NE(error_of([&] { compile(*spec(std::make_shared<Partial>(), one), true, Backend::cpu, 0); }),
            "no error");
}

TEST_F(Recorded, ALayerOfAnotherWidthIsRefused) {
  task = std::make_shared<Classification>(context, bar_pair());
  EXPECT_EQ(error_of([&] { compile(*spec(std::make_shared<Shared>(), kTwoLayers), true, Backend::cpu, 0); }),
            "a layer of 30 inputs sees 35 numbers");
}

TEST_F(Recorded, AGenomeThatGrowsOtherLayersIsRefused) {
  const Network one{kTwoLayers.height, kTwoLayers.width, 1, {kTwoLayers.last()}};
  EXPECT_EQ(error_of([&] { compile(*spec(std::make_shared<Shared>(), one), true, Backend::cpu, 0); }),
            "the genome grows 2 layers, the network has 1");
}

}  // namespace
}  // namespace innate::test
