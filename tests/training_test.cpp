// The fused loop (innate/kernels/training.h) gives the bits of the rooms run one after the other.
#include "innate/kernels/training.h"

#include "innate/kernels/apply.h"
#include "innate/kernels/basis.h"
#include "innate/kernels/batch.h"
#include "innate/kernels/classifier.h"
#include "innate/kernels/dense.h"
#include "innate/kernels/expression.h"
#include "kernels/training/call.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

using training::Encoding;
using Optimizer = training::Learning::Optimizer;

struct Case {
  const char* name;
  Encoding encoding;
  int rows, height, width, outputs;
  std::vector<int64_t> genes;  // one a replica
  bool learns_output = false, learns_bias = false, frozen_bias = false;
  Optimizer optimizer = Optimizer::adam;
  double density = 0.3;
  bool small = true;
  int channels = 1;

  bool has_basis() const {
    return encoding == Encoding::random_basis || encoding == Encoding::intrinsic_dimension;
  }
};

/// Odd sizes, more rows than a warp marks at once, more pixels than a block has threads, more columns than a
/// thread takes; every order of apply (genes: rows < outputs; weights: more genes than outputs and many
/// rows).
std::vector<Case> kCases() {
  return {
      {"small_direct", Encoding::direct, 7, 5, 3, 4, {1, 1}, false, true},
      {"small_direct_many_rows", Encoding::direct, 70, 6, 5, 3, {1}},
      {"small_gem", Encoding::gem, 13, 7, 5, 3, {1, 3, 6}},
      {"small_gem_learns_all", Encoding::gem, 5, 4, 9, 7, {2, 5}, true, true},
      {"small_gem_sgd", Encoding::gem, 6, 5, 5, 3, {4, 2}, false, false, true, Optimizer::sgd},
      {"small_gem_weights_first", Encoding::gem, 66, 4, 4, 2, {9}, true},
      {"small_spatial_gem", Encoding::spatial_gem, 11, 7, 5, 3, {5, 2}, false, false, true},
      {"small_spatial_gem_learns_all", Encoding::spatial_gem, 34, 3, 11, 2, {4}, true, true},
      {"small_spatial_gem_wide", Encoding::spatial_gem, 3, 23, 29, 2, {3}},
      {"small_spatial_gem_colour",
       Encoding::spatial_gem,
       9,
       5,
       4,
       3,
       {6, 2},
       false,
       true,
       false,
       Optimizer::adam,
       0.9,
       true,
       3},
      {"small_spatial_gem_two_channels",
       Encoding::spatial_gem,
       6,
       3,
       7,
       4,
       {3},
       true,
       false,
       true,
       Optimizer::sgd,
       0.5,
       true,
       2},
      {"small_gem_colour",
       Encoding::gem,
       5,
       4,
       3,
       3,
       {4, 1},
       false,
       false,
       false,
       Optimizer::adam,
       0.9,
       true,
       3},
      {"small_direct_colour",
       Encoding::direct,
       5,
       4,
       3,
       3,
       {1},
       false,
       true,
       false,
       Optimizer::adam,
       0.9,
       true,
       3},
      {"small_random_basis", Encoding::random_basis, 13, 7, 5, 3, {6, 70, 1}, false, true},
      {"small_random_basis_weights_first", Encoding::random_basis, 66, 4, 4, 2, {9, 67}, false, false, true},
      {"small_random_basis_sgd",
       Encoding::random_basis,
       6,
       5,
       5,
       3,
       {4},
       false,
       false,
       false,
       Optimizer::sgd},
      {"small_intrinsic_dimension", Encoding::intrinsic_dimension, 11, 5, 4, 3, {5, 12, 1}, false, true},
      {"small_intrinsic_dimension_sgd",
       Encoding::intrinsic_dimension,
       6,
       3,
       3,
       4,
       {17, 2},
       false,
       false,
       true,
       Optimizer::sgd},
      {"mnist_random_basis",
       Encoding::random_basis,
       64,
       28,
       28,
       10,
       {78, 15, 200},
       false,
       true,
       false,
       Optimizer::adam,
       0.19,
       false},
      {"mnist_intrinsic_dimension",
       Encoding::intrinsic_dimension,
       64,
       28,
       28,
       10,
       {30, 100},
       false,
       true,
       false,
       Optimizer::adam,
       0.19,
       false},
      {"mnist_direct",
       Encoding::direct,
       64,
       28,
       28,
       10,
       {1, 1},
       false,
       true,
       false,
       Optimizer::adam,
       0.19,
       false},
      {"mnist_gem",
       Encoding::gem,
       64,
       28,
       28,
       10,
       {17, 9, 1},
       false,
       false,
       true,
       Optimizer::adam,
       0.19,
       false},
      {"mnist_spatial_gem",
       Encoding::spatial_gem,
       64,
       28,
       28,
       10,
       {40, 26, 5},
       false,
       false,
       false,
       Optimizer::adam,
       0.19,
       false},
      {"dense_spatial_gem",
       Encoding::spatial_gem,
       64,
       32,
       32,
       10,
       {26, 7},
       false,
       false,
       false,
       Optimizer::adam,
       1.0,
       false},
  };
}

/// The state of the replicas and what they see, in host memory.
struct Problem {
  explicit Problem(const Case& c) : of(c) {
    const int64_t in = c.height * c.width * c.channels, samples = 2 * c.rows + 3;
    shape.encoding = c.encoding;
    shape.replicas = static_cast<int>(c.genes.size());
    shape.rows = c.rows, shape.height = c.height, shape.width = c.width, shape.channels = c.channels,
    shape.outputs = c.outputs;
    shape.samples = static_cast<int>(samples);
    shape.density = c.density;
    shape.output_is_learned = c.learns_output, shape.bias_is_learned = c.learns_bias;
    for (int64_t i = 0; i < samples * in; ++i)
      images.push_back(random::uniform({5, random::Purpose::weights}, static_cast<uint64_t>(i)) < c.density
                           ? static_cast<uint8_t>(1 + random::mix(static_cast<uint64_t>(i)) % 255)
                           : uint8_t{0});
    for (int64_t i = 0; i < samples; ++i) labels.push_back(static_cast<uint8_t>(i % c.outputs));
    for (std::size_t r = 0; r < c.genes.size(); ++r) add_replica(r);
  }

  void add_replica(std::size_t r) {
    const uint64_t key = 100 * r;
    const int64_t g = of.genes[r], size = training::parameters(shape, g);
    learned.push_back(normals(key + 1, size, 0.3));
    first.push_back(normals(key + 2, size, 0.01));
    second.push_back(normals(key + 3, size, 0.1));
    for (float& v : second.back()) v = v * v;
    y.push_back(normals(key + 4, of.outputs * g));
    bias.push_back(normals(key + 5, of.outputs));
    scale.push_back(0.5f + 0.25f * static_cast<float>(r));
    rate.push_back(0.01f / static_cast<float>(1 + r));
    seeds.push_back(7 + r);
    basis.emplace_back(1);
    if (of.has_basis()) {
      basis.back().resize(static_cast<std::size_t>(lines(g) * columns(g)));
      Context cpu = Context::cpu(1);
      innate::basis::fill(cpu, 1, {lines(g), nullptr, nullptr}, {columns(g), nullptr, nullptr}, &seeds.back(),
                          {basis.back().data(), 0, nullptr});
    }
  }

  /// Extents of R.
  int64_t lines(int64_t g) const { return of.encoding == Encoding::random_basis ? shape.inputs() : g; }
  int64_t columns(int64_t g) const {
    return of.encoding == Encoding::random_basis
               ? g
               : shape.inputs() * of.outputs + (of.learns_bias ? of.outputs : 0);
  }

  Problem alone(std::size_t r) const {
    Problem one = *this;
    one.basis = {basis[r]};
    one.of.genes = {of.genes[r]};
    one.shape.replicas = 1;
    one.learned = {learned[r]}, one.first = {first[r]}, one.second = {second[r]}, one.y = {y[r]};
    one.bias = {bias[r]}, one.scale = {scale[r]}, one.rate = {rate[r]}, one.seeds = {seeds[r]};
    return one;
  }

  Case of;
  training::Shape shape;  // without genes
  std::vector<uint8_t> images, labels;
  Sets<float> learned, first, second, y, bias, basis;
  std::vector<float> scale, rate;
  std::vector<uint64_t> seeds;
  bool listed = false, stored = true;
  int64_t begin = 3, steps = 5;  // crosses the end of an epoch
};

/// The same in a context's memory.
struct Memory {
  Memory(Context& c, const Problem& p)
      : context(c),
        problem(p),
        images(c, p.images),
        labels(c, p.labels),
        learned(c, p.learned),
        first(c, p.first),
        second(c, p.second),
        y(c, p.y),
        bias(c, p.bias),
        basis(c, p.basis),
        loss(c, std::vector<float>(p.learned.size(), 0.25f)),
        scale(c, p.scale),
        rate(c, p.rate),
        seeds(c, p.seeds),
        genes(c, p.of.genes) {
    std::vector<int64_t> starts;
    std::vector<uint32_t> list;
    batch::list_pixels(p.images.data(), p.shape.samples, p.shape.inputs(), &starts, &list);
    start = Buffer<int64_t>(c, starts);
    entries = Buffer<uint32_t>(c, list);
    shape = p.shape;
    shape.basis_is_stored = p.stored && p.of.has_basis();
    shape.genes = {*std::max_element(p.of.genes.begin(), p.of.genes.end()), p.of.genes.data(), genes.data()};
  }

  PixelLists lists() const {
    return problem.listed ? PixelLists{start.data(), entries.data()} : PixelLists{};
  }
  Ragged<const float> frozen_bias() const {
    return problem.of.frozen_bias ? bias.in() : Ragged<const float>{};
  }
  Ragged<const float> stored_basis() const {
    return shape.basis_is_stored ? basis.in() : Ragged<const float>{};
  }
  Results results() const {
    Sets<float> losses;
    for (const float sum : loss.download()) losses.push_back({sum});
    return {{"learned", learned.download()},
            {"first moment", first.download()},
            {"second moment", second.download()},
            {"loss", losses}};
  }

  Context& context;
  const Problem& problem;
  training::Shape shape;
  Buffer<uint8_t> images, labels;
  Buffer<int64_t> start;
  Buffer<uint32_t> entries;
  Arrays<float> learned, first, second, y, bias, basis;
  Buffer<float> loss, scale, rate;
  Buffer<uint64_t> seeds;
  Buffer<int64_t> genes;
};

Results fused(Context& context, const Problem& p, int64_t part = 1000) {
  Memory m(context, p);
  const training::Data data{m.images.data(), m.lists(), m.labels.data(), 1.0f / 255.0f};
  const training::Genomes genomes{m.learned.view(), m.first.view(),   m.second.view(), m.y.in(),
                                  m.frozen_bias(),  m.stored_basis(), m.scale.data()};
  training::Learning learning;
  learning.optimizer = p.of.optimizer;
  learning.sgd.momentum = 0.9;
  learning.rate = m.rate.data();
  learning.seeds = m.seeds.data();
  Buffer<unsigned char> workspace(context, training::workspace_bytes(context, m.shape));
  for (int64_t done = 0; done < p.steps; done += part)
    training::run(context, m.shape, data, genomes, learning, p.begin + done, std::min(part, p.steps - done),
                  {m.loss.data(), 1, nullptr}, workspace.data(), workspace.size());
  return m.results();
}

/// The same steps, entry after entry, for a problem of one replica.
class Composed {
 public:
  Composed(Context& context, const Problem& problem)
      : m_(context, problem),
        s_(m_.shape),
        g_(problem.of.genes[0]),
        learned_(m_.learned.view()),
        gradient_(context, {std::vector<float>(problem.learned[0].size())}),
        rows_(context, static_cast<std::size_t>(s_.rows)),
        labels_(context, static_cast<std::size_t>(s_.rows)),
        logits_(context, static_cast<std::size_t>(s_.rows * s_.outputs)),
        u_(context, static_cast<std::size_t>(s_.height * s_.channels * g_)),
        v_(context, static_cast<std::size_t>(s_.width * s_.channels * g_)),
        x_(context, static_cast<std::size_t>(s_.inputs() * g_)),
        du_(context, u_.size()),
        dv_(context, v_.size()),
        dx_(context, x_.size()),
        theta_(context, static_cast<std::size_t>((s_.inputs() + 1) * s_.outputs)),
        dtheta_(context, theta_.size()),
        workspace_(context,
                   std::max({apply::workspace_bytes(context, apply_shape(), true),
                             basis::workspace_bytes(context, basis_shape(), s_.basis_is_stored, true),
                             dense::workspace_bytes(context, dense_shape())})) {}

  Results run() {
    for (int64_t t = 0; t < m_.problem.steps; ++t) step(m_.problem.begin + t);
    return m_.results();
  }

 private:
  enum Part { encoded, interaction, output, bias };

  bool is(Encoding encoding) const { return s_.encoding == encoding; }

  /// Where a part of the learned block begins.
  int64_t begin(Part part) const {
    const bool one_part = is(Encoding::direct) || is(Encoding::random_basis);
    const int64_t x = is(Encoding::direct)         ? s_.inputs() * s_.outputs
                      : is(Encoding::random_basis) ? g_ * s_.outputs
                                                   : (is(Encoding::gem) ? s_.inputs() : 3 * s_.channels) * g_;
    const int64_t o = one_part ? 0 : g_ * g_, y = s_.output_is_learned ? s_.outputs * g_ : 0;
    return part == encoded ? 0 : x + (part > interaction ? o : 0) + (part > output ? y : 0);
  }
  Ragged<float> learned(Part part) const { return {learned_.data + begin(part), 0, nullptr}; }
  Ragged<float> gradient(Part part) const { return {gradient_.view().data + begin(part), 0, nullptr}; }
  static Ragged<float> of(const Buffer<float>& buffer) { return {buffer.data(), 0, nullptr}; }

  apply::Shape apply_shape() const {
    return {1, s_.rows, static_cast<int>(s_.inputs()), s_.outputs, {g_, nullptr, nullptr}, s_.density};
  }
  basis::ProductShape basis_shape() const {
    return {1, s_.rows, static_cast<int>(s_.inputs()), s_.outputs, {g_, nullptr, nullptr}, s_.density};
  }
  basis::CombinationShape combination() const { return {1, {g_, nullptr, nullptr}, m_.problem.columns(g_)}; }
  basis::Numbers numbers() const {
    if (s_.basis_is_stored) return {m_.stored_basis(), nullptr};
    return {{}, m_.seeds.data()};
  }
  dense::Shape dense_shape() const { return {1, s_.rows, static_cast<int>(s_.inputs()), s_.outputs}; }
  expression::Shape grid() const { return {1, s_.height, s_.width, s_.channels, {g_, nullptr, nullptr}}; }

  void step(int64_t number) {
    Context& c = m_.context;
    batch::choose(c, {1, s_.rows, static_cast<int>(s_.inputs()), s_.samples}, m_.labels.data(),
                  m_.seeds.data(), number, {rows_.data(), 0, nullptr}, {labels_.data(), 0, nullptr});
    if (is(Encoding::intrinsic_dimension))
      basis::combine(c, combination(), numbers(), learned_, m_.scale.data(), of(theta_));
    if (is(Encoding::spatial_gem)) {
      expression::profiles(c, grid(), learned(encoded), of(u_), of(v_));
      expression::expand(c, grid(), of(u_), of(v_), of(x_));
    }
    forward_and_back(c);
    if (is(Encoding::intrinsic_dimension))
      basis::combine_backward(c, combination(), numbers(), m_.scale.data(), of(dtheta_), gradient_.view());
    if (is(Encoding::spatial_gem)) {
      expression::expand_backward(c, grid(), of(u_), of(v_), of(dx_), of(du_), of(dv_));
      expression::profiles_backward(c, grid(), learned(encoded), of(u_), of(v_), of(du_), of(dv_),
                                    gradient(encoded));
    }
    const optimizer::Shape sizes{1, {static_cast<int64_t>(m_.problem.learned[0].size()), nullptr, nullptr}};
    if (m_.problem.of.optimizer == Optimizer::adam)
      optimizer::adam(c, sizes, {}, m_.rate.data(), number + 1, gradient_.in(), m_.first.view(),
                      m_.second.view(), learned_);
    else
      optimizer::sgd(c, sizes, {0.9}, m_.rate.data(), gradient_.in(), m_.first.view(), learned_);
  }

  void forward_and_back(Context& c) {
    Inputs inputs;
    inputs.rows = {rows_.data(), 0, nullptr};
    inputs.images = m_.images.data();
    inputs.lists = m_.lists();
    inputs.scale = 1.0f / 255.0f;
    const bool combines = is(Encoding::intrinsic_dimension), spatial = is(Encoding::spatial_gem);
    const auto behind = [&](const Buffer<float>& theta) {
      return Ragged<float>{theta.data() + s_.inputs() * s_.outputs, 0, nullptr};
    };
    const Ragged<float> learned_bias = combines ? behind(theta_) : learned(bias);
    const Ragged<const float> b = s_.bias_is_learned ? Ragged<const float>(learned_bias) : m_.frozen_bias();
    const Ragged<float> db = !s_.bias_is_learned ? Ragged<float>{}
                             : combines          ? behind(dtheta_)
                                                 : gradient(bias);
    const Ragged<float> w = combines ? of(theta_) : learned(encoded),
                        dw = combines ? of(dtheta_) : gradient(encoded);
    const apply::Factors factors{spatial ? of(x_) : learned(encoded), learned(interaction),
                                 s_.output_is_learned ? Ragged<const float>(learned(output)) : m_.y.in(),
                                 m_.scale.data(), b};
    if (is(Encoding::direct) || combines)
      dense::forward(c, dense_shape(), inputs, w, b, of(logits_));
    else if (is(Encoding::random_basis))
      basis::forward(c, basis_shape(), inputs, numbers(), w, m_.scale.data(), b, of(logits_), true,
                     workspace_.data(), workspace_.size());
    else
      apply::forward(c, apply_shape(), inputs, factors, of(logits_), true, workspace_.data(),
                     workspace_.size());
    classifier::cross_entropy(c, {1, s_.rows, s_.outputs}, of(logits_), {labels_.data(), 0, nullptr},
                              {of(logits_), of(m_.loss), {}, true});
    if (is(Encoding::direct) || combines)
      dense::backward(c, dense_shape(), inputs, w, of(logits_), {dw, db, {}}, workspace_.data(),
                      workspace_.size());
    else if (is(Encoding::random_basis))
      basis::backward(c, basis_shape(), inputs, numbers(), m_.scale.data(), of(logits_), dw, db,
                      workspace_.data(), workspace_.size());
    else
      apply::backward(c, apply_shape(), inputs, factors, of(logits_),
                      {spatial ? of(dx_) : gradient(encoded),
                       gradient(interaction),
                       s_.output_is_learned ? gradient(output) : Ragged<float>{},
                       db,
                       {}},
                      workspace_.data(), workspace_.size());
  }

  Memory m_;
  training::Shape s_;
  int64_t g_;
  Ragged<float> learned_;
  Arrays<float> gradient_;
  Buffer<uint32_t> rows_;
  Buffer<uint8_t> labels_;
  Buffer<float> logits_, u_, v_, x_, du_, dv_, dx_, theta_, dtheta_;
  Buffer<unsigned char> workspace_;
};

class Training : public testing::TestWithParam<On<Case>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, Training, testing::ValuesIn(on_backends(kCases())), OnName());

TEST_P(Training, FusedGivesTheBitsOfTheRooms) {
  Problem p(GetParam().it);
  for (const bool listed : {false, true}) {
    p.listed = listed;
    TestContext context(GetParam().backend, 1);
    const Results all = fused(context, p);
    for (std::size_t r = 0; r < p.learned.size(); ++r) {
      const Problem one = p.alone(r);
      expect_bits_equal(only(all, r), Composed(context, one).run(),
                        "replica " + std::to_string(r) + (listed ? ", lists" : ", images"));
    }
    if (GetParam().backend == Backend::cuda) {
      TestContext cpu(Backend::cpu, 1);
      expect_bits_equal(all, fused(cpu, p), "device and CPU");
    }
  }
}

TEST_P(Training, BasisStoredOrMade) {
  Problem p(GetParam().it);
  if (!p.of.has_basis()) return;  // nothing to store
  TestContext context(GetParam().backend, 1);
  const Results stored = fused(context, p);
  p.stored = false;
  const Results made = fused(context, p);
  expect_bits_equal(made, stored, "made and stored");
  for (std::size_t r = 0; r < p.learned.size(); ++r)
    expect_bits_equal(only(made, r), Composed(context, p.alone(r)).run(),
                      "made, replica " + std::to_string(r));
}

TEST_P(Training, LearnsSomething) {
  const Problem p(GetParam().it);
  TestContext context(GetParam().backend, 1);
  for (const auto& [name, sets] : fused(context, p))
    for (std::size_t r = 0; r < sets.size(); ++r) {
      EXPECT_TRUE(std::isfinite(norm(sets[r]))) << name;
      EXPECT_GT(norm(sets[r]), 0) << name;
      if (name == "learned") {
        EXPECT_NE(sets[r], p.learned[r]);
      }
    }
}

TEST_P(Training, OneStepAtATimeOrSeveral) {
  const Problem p(GetParam().it);
  TestContext context(GetParam().backend, 1);
  expect_bits_equal(fused(context, p, 2), fused(context, p), "in parts");
}

TEST_P(Training, AloneAmongManyOnAnyThreads) {
  const Problem p(GetParam().it);
  expect_same_bits(
      GetParam().backend, p, p.learned.size(),
      [](Context& context, const Problem& problem) { return fused(context, problem); },
      [](const Problem& problem, std::size_t r) { return problem.alone(r); });
}

/// Bytes of shared memory that a block needs to hold everything of one replica, on 28 x 28 pixels and with 64
/// images a step: the arrays, and what lies before them (Loop::Shared of training.cuh).
std::size_t shared_bytes(Encoding encoding, int64_t genes) {
  training::Call call{};
  call.shape.encoding = encoding;
  call.shape.replicas = 1, call.shape.rows = 64, call.shape.height = call.shape.width = 28;
  call.shape.outputs = 10, call.shape.samples = 60000, call.shape.density = 0.19;
  call.shape.genes = {genes, nullptr, nullptr};
  constexpr int64_t kPlenty = int64_t{1} << 28;
  call.fast = kPlenty;
  training::Places places{nullptr, kPlenty, nullptr, 0};
  training::lay_out(call, 0, genes, &places);
  const std::size_t first = sizeof(training::Calls) + sizeof(training::Arrays) + 8 * classifier::kPartials;
  return (first + 15) / 16 * 16 + 4 * static_cast<std::size_t>(kPlenty - places.fast_left);
}

/// What ptxas cannot tell, as all of it is dynamic. A change here changes how many replicas a multiprocessor
/// holds, and for which sizes moments or X have to lie in L2.
TEST(TrainingMemory, SharedBytesOfABlock) {
  constexpr std::size_t kBlock = 232448;  // 227 KiB, compute capability 9.0
  EXPECT_EQ(shared_bytes(Encoding::direct, 1), 132320u);
  EXPECT_EQ(shared_bytes(Encoding::gem, 1), 19872u);
  EXPECT_EQ(shared_bytes(Encoding::gem, 9), 124192u);
  EXPECT_EQ(shared_bytes(Encoding::gem, 17), 230560u);
  EXPECT_EQ(shared_bytes(Encoding::spatial_gem, 11), 87008u);
  EXPECT_EQ(shared_bytes(Encoding::spatial_gem, 26), 202528u);
  EXPECT_LE(shared_bytes(Encoding::gem, 17), kBlock);
  EXPECT_GT(shared_bytes(Encoding::gem, 18), kBlock);
  EXPECT_LE(shared_bytes(Encoding::spatial_gem, 29), kBlock);
  EXPECT_GT(shared_bytes(Encoding::spatial_gem, 30), kBlock);
}

class TrainingErrors : public testing::TestWithParam<On<NoCase>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, TrainingErrors, testing::ValuesIn(each_backend()), OnName());

TEST_P(TrainingErrors, NameWhatIsWrong) {
  TestContext context(GetParam().backend, 1);
  const Problem p(kCases()[0]);
  Memory m(context, p);
  const auto message = [&](auto change, std::size_t workspace_size) -> std::string {
    training::Shape shape = m.shape;
    training::Data data{m.images.data(), {}, m.labels.data(), 1.0f};
    training::Genomes genomes{m.learned.view(), m.first.view(), m.second.view(), m.y.in(), {}, {}, nullptr};
    training::Learning learning;
    learning.rate = m.rate.data(), learning.seeds = m.seeds.data();
    change(shape, data, genomes);
    Buffer<unsigned char> workspace(context, workspace_size);
    try {
      training::run(context, shape, data, genomes, learning, 0, 1, {m.loss.data(), 1, nullptr},
                    workspace.data(), workspace.size());
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  const std::size_t enough = training::workspace_bytes(context, m.shape);
  EXPECT_EQ(message([](auto& s, auto&, auto&) { s.rows = 1000; }, enough),
            "training/run: 17 samples do not fill a batch of 1000");
  EXPECT_EQ(message([](auto& s, auto&, auto&) { s.outputs = 300; }, enough),
            "training/run: outputs is 300, must be 1 to 256");
  EXPECT_EQ(message([](auto&, auto& d, auto&) { d.labels = nullptr; }, enough),
            "training/run: labels is null");
  EXPECT_EQ(message([](auto&, auto&, auto& g) { g.second_moment = {}; }, enough),
            "training/run: second_moment is null");
  EXPECT_EQ(
      message([](auto& s, auto&, auto& g) { s.encoding = Encoding::gem, g.output_identity = {}; }, enough),
      "training/run: output_identity is null");
  EXPECT_NE(message([](auto&, auto& d, auto&) { d.images = nullptr; }, enough).find("needs inputs.images"),
            std::string::npos);
  if (enough > 0) {
    EXPECT_NE(message([](auto&, auto&, auto&) {}, enough / 2).find("workspace has"), std::string::npos);
  }
}

}  // namespace
}  // namespace innate::test
