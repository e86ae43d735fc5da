// Programs give, step by step, the bits of the rooms' public entries called one after the other.
#include "engine/pool/compiled.h"
#include "innate/kernels/apply.h"
#include "innate/kernels/basis.h"
#include "innate/kernels/batch.h"
#include "innate/kernels/classifier.h"
#include "innate/kernels/dense.h"
#include "innate/kernels/expression.h"
#include "innate/kernels/optimizer.h"
#include "kernels/program/machine.h"
#include "tests/support/genomes.h"
#include "tests/support/messages.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

using namespace engine;
using Optimizer = Gradient::Kind;

struct Case {
  const char* name;
  Json genome;  // without its extent
  Bias bias;
  int rows, height, width, outputs;
  std::vector<int> extents;  // one a replica
  Optimizer optimizer = Optimizer::adam;
  int channels = 1;
  std::vector<double> densities = {0.2, 0.9};  // shares of pixels that are not 0: lists, and images
  bool small = true;
  Precision precision = Precision::exact;

  bool is(const char* type) const { return genome.at("type") == type; }
  bool has_basis() const { return is("random_basis") || is("intrinsic_dimension"); }
};

/// Odd sizes, more rows than a warp marks at once, more pixels than a block has threads, more columns than a
/// thread takes; every order of apply (genes: rows < outputs; weights: more genes than outputs and many rows)
/// and of basis.
std::vector<Case> kCases() {
  const Json direct = {{"type", "direct"}}, gem = {{"type", "gem"}}, places = {{"type", "spatial_gem"}},
             random = {{"type", "random_basis"}}, intrinsic = {{"type", "intrinsic_dimension"}},
             gem_all = {{"type", "gem"}, {"output", "learned"}},
             places_all = {{"type", "spatial_gem"}, {"output", "learned"}};
  const auto adam = Optimizer::adam, sgd = Optimizer::sgd;
  return {
      {"small_direct", direct, Bias::learned, 7, 5, 3, 4, {1, 1}},
      {"small_direct_many_rows", direct, Bias::none, 70, 6, 5, 3, {1}},
      {"small_direct_colour", direct, Bias::frozen, 5, 4, 3, 3, {1}, sgd, 3},
      {"small_gem", gem, Bias::none, 13, 7, 5, 3, {1, 3, 6}},
      {"small_gem_learns_all", gem_all, Bias::learned, 5, 4, 9, 7, {2, 5}},
      {"small_gem_sgd", gem, Bias::frozen, 6, 5, 5, 3, {4, 2}, sgd},
      {"small_gem_weights_first", gem_all, Bias::none, 66, 4, 4, 2, {9}},
      {"small_gem_colour", gem, Bias::learned, 5, 4, 3, 3, {4, 1}, adam, 3},
      {"small_gem_whole_fours", gem_all, Bias::learned, 8, 4, 4, 8, {8, 4, 16}},
      {"small_gem_large_products", gem_all, Bias::learned, 80, 3, 3, 84, {84, 83}},
      {"small_gem_tf32",
       gem_all,
       Bias::learned,
       80,
       3,
       3,
       84,
       {84, 30},
       adam,
       1,
       {0.2},
       true,
       Precision::tf32},
      {"small_gem_bf16", gem_all, Bias::learned, 35, 3, 3, 66, {67}, sgd, 1, {0.9}, true, Precision::bf16},
      {"small_spatial_gem", places, Bias::frozen, 11, 7, 5, 3, {5, 2}},
      {"small_spatial_gem_learns_all", places_all, Bias::learned, 34, 3, 11, 2, {4}},
      {"small_spatial_gem_wide", places, Bias::none, 3, 23, 29, 2, {3}},
      {"small_spatial_gem_colour", places, Bias::learned, 9, 5, 4, 3, {6, 2}, adam, 3},
      {"small_spatial_gem_two_channels", places_all, Bias::frozen, 6, 3, 7, 4, {3}, sgd, 2},
      {"small_random_basis", random, Bias::learned, 13, 7, 5, 3, {6, 70, 1}},
      {"small_random_basis_weights_first", random, Bias::frozen, 66, 4, 4, 2, {9, 67}},
      {"small_random_basis_sgd", random, Bias::none, 6, 5, 5, 3, {4}, sgd},
      {"small_intrinsic_dimension", intrinsic, Bias::learned, 11, 5, 4, 3, {5, 12, 1}},
      {"small_intrinsic_dimension_sgd", intrinsic, Bias::frozen, 6, 3, 3, 4, {17, 2}, sgd},
      {"small_intrinsic_dimension_no_bias", intrinsic, Bias::none, 4, 3, 2, 2, {100}},
      {"mnist_random_basis", random, Bias::learned, 64, 28, 28, 10, {78, 15, 200}, adam, 1, {0.19}, false},
      {"mnist_intrinsic_dimension",
       intrinsic,
       Bias::learned,
       64,
       28,
       28,
       10,
       {30, 100},
       adam,
       1,
       {0.19},
       false},
      {"mnist_direct", direct, Bias::learned, 64, 28, 28, 10, {1, 1}, adam, 1, {0.19}, false},
      {"mnist_gem", gem, Bias::frozen, 64, 28, 28, 10, {17, 9, 1}, adam, 1, {0.19}, false},
      {"mnist_spatial_gem", places, Bias::none, 64, 28, 28, 10, {40, 26, 5}, adam, 1, {0.19}, false},
      {"dense_spatial_gem", places, Bias::none, 64, 32, 32, 10, {26, 7}, adam, 1, {1.0}, false},
  };
}

DatasetPair images(const Case& c, double density) {
  Dataset set{"noise", 2 * c.rows + 3, c.height, c.width, c.channels, c.outputs, {}, {}};
  for (int64_t i = 0; i < int64_t{set.count} * set.pixels(); ++i) {
    const auto at = static_cast<uint64_t>(i);
    set.images.push_back(random::uniform({5, random::Purpose::weights}, at) < density
                             ? static_cast<uint8_t>(1 + random::mix(at) % 255)
                             : uint8_t{0});
  }
  for (int i = 0; i < set.count; ++i) set.labels.push_back(static_cast<uint8_t>(i % c.outputs));
  return {set, set};
}

constexpr int64_t kBegin = 3, kSteps = 5;  // crosses the end of an epoch

/// Replicas in the middle of their training, with numbers that no training would give.
struct Problem {
  Problem(Context& context, const Case& c, double density, bool stored = true)
      : of(c), task(std::make_shared<Classification>(context, images(c, density))) {
    for (std::size_t r = 0; r < c.extents.size(); ++r) add_replica(r, stored);
  }

  void add_replica(std::size_t r, bool stored) {
    Course course;
    course.rate = 0.01 / static_cast<double>(1 + r), course.steps = 1000000, course.batch = of.rows;
    course.testing = {1000000, 0, {}}, course.optimizer = of.optimizer;
    Json json = of.genome;
    if (of.is("gem") || of.is("spatial_gem")) json["genes"] = of.extents[r];
    if (of.is("random_basis")) json["vectors"] = of.extents[r];
    if (of.is("intrinsic_dimension")) json["dimension"] = of.extents[r];
    const Network network{of.height, of.width, of.channels, {{of.outputs, of.bias}}};
    const auto spec = spec_of(genome_of(json), network, task, course);
    spec->precision = of.precision;
    replicas.push_back({spec, 7 + r, stored});
    const int64_t size = Layout::size(spec->genome->layout(network).learned);
    ReplicaState state;
    state.steps = kBegin, state.tests = 1, state.last_test = 0, state.loss_sum = 0.25f;
    state.arrays = {{"learned", normals(100 * r + 1, size, 0.3)},
                    {spec->learner->kept()[0], normals(100 * r + 2, size, 0.01)}};
    if (of.optimizer == Optimizer::adam) {
      state.arrays.push_back({spec->learner->kept()[1], normals(100 * r + 3, size, 0.1)});
      for (float& v : state.arrays[2].numbers) v *= v;
    }
    begin.replicas.push_back(std::move(state));
  }

  Problem alone(std::size_t r) const {
    Problem one = *this;
    one.replicas = {replicas[r]}, one.begin.replicas = {begin.replicas[r]};
    return one;
  }

  Case of;
  std::shared_ptr<const Classification> task;
  std::vector<Replica> replicas;
  PoolState begin;
};

Results results_of(const PoolState& state) {
  Results results;
  for (const ReplicaState::Array& array : state.replicas[0].arrays) results.push_back({array.name, {}});
  results.push_back({"loss", {}});
  for (const ReplicaState& r : state.replicas) {
    for (std::size_t a = 0; a < r.arrays.size(); ++a) results[a].second.push_back(r.arrays[a].numbers);
    results.back().second.push_back({r.loss_sum});
  }
  return results;
}

/// After kSteps steps, so many at a time.
Results program(Context& context, const Problem& p, int64_t part = kSteps,
                Executor executor = Executor::automatic) {
  Pool pool(context, p.replicas, executor);
  pool.load(p.begin);
  for (int64_t done = 0; done < kSteps; done += part) pool.advance(std::min(part, kSteps - done));
  return results_of(pool.save());
}

/// The same steps, entry after entry, for one replica.
class Composed {
 public:
  Composed(Context& context, const Problem& problem)
      : context_(context),
        problem_(problem),
        replica_(problem.replicas[0]),
        spec_(*replica_.spec),
        layout_(spec_.genome->layout(spec_.network)),
        draw_(spec_.genome->draw(spec_.network, replica_.seed)),
        extent_(spec_.genome->extent()),
        inputs_(spec_.network.inputs()),
        outputs_(spec_.network.outputs()) {
    for (const ReplicaState::Array& array : problem.begin.replicas[0].arrays)
      state_.emplace_back(context, Sets<float>{array.numbers});
    frozen_ = Buffer<float>(context, draw_.frozen.empty() ? std::vector<float>{0} : draw_.frozen);
    scale_ = Buffer<float>(context, draw_.scales);
    rate_ = Buffer<float>(context, std::vector<float>{static_cast<float>(spec_.learner->rate())});
    loss_ = Buffer<float>(context, std::vector<float>{problem.begin.replicas[0].loss_sum});
    seed_ = Buffer<uint64_t>(context, std::vector<uint64_t>{replica_.seed});
    gradient_ = floats(Layout::size(layout_.learned));
    rows_ = Buffer<uint32_t>::of_size(context, static_cast<std::size_t>(rows()));
    labels_ = Buffer<uint8_t>::of_size(context, static_cast<std::size_t>(rows()));
    logits_ = floats(int64_t{rows()} * outputs_);
    make_what_grows();
  }

  void step(int64_t number) {
    batch::choose(context_, {1, rows(), inputs_, problem_.task->samples()}, problem_.task->train.labels(),
                  seed_.data(), number, {rows_.data(), 0, nullptr}, {labels_.data(), 0, nullptr});
    if (is("intrinsic_dimension"))
      basis::combine(context_, combination(), numbers(), learned("coefficients"), scale_.data(), of(theta_));
    if (is("spatial_gem")) {
      expression::profiles(context_, grid(), learned("places"), of(u_), of(v_));
      expression::expand(context_, grid(), of(u_), of(v_), of(x_));
    }
    forward_and_back();
    if (is("intrinsic_dimension"))
      basis::combine_backward(context_, combination(), numbers(), scale_.data(), of(dtheta_),
                              gradient("coefficients"));
    if (is("spatial_gem")) {
      expression::expand_backward(context_, grid(), of(u_), of(v_), of(dx_), of(du_), of(dv_));
      expression::profiles_backward(context_, grid(), learned("places"), of(u_), of(v_), of(du_), of(dv_),
                                    gradient("places"));
    }
    update(number);
  }

  Results results() const {
    Results all;
    for (std::size_t a = 0; a < state_.size(); ++a)
      all.push_back({problem_.begin.replicas[0].arrays[a].name, state_[a].download()});
    all.push_back({"loss", {loss_.download()}});
    return all;
  }

 private:
  Buffer<float> floats(int64_t count) {
    return Buffer<float>::of_size(context_, static_cast<std::size_t>(count));
  }
  static Ragged<float> of(const Buffer<float>& buffer) { return {buffer.data(), 0, nullptr}; }
  bool is(const char* type) const { return problem_.of.is(type); }
  int rows() const { return problem_.of.rows; }

  /// A tensor within an array of all of them; empty where there is none of that name.
  static Ragged<float> within(float* at, const std::vector<Tensor>& tensors, const std::string& name) {
    for (const Tensor& t : tensors) {
      if (t.name == name) return {at, 0, nullptr};
      at += t.size();
    }
    return {};
  }
  Ragged<float> learned(const std::string& name) const {
    return within(state_[0].view().data, layout_.learned, name);
  }
  Ragged<float> gradient(const std::string& name) const {
    return within(gradient_.data(), layout_.learned, name);
  }
  Ragged<float> learned_or_frozen(const std::string& name) const {
    const Ragged<float> own = learned(name);
    return own ? own : within(frozen_.data(), layout_.frozen, name);
  }

  apply::Shape apply_shape() const {
    return {1,
            rows(),
            inputs_,
            outputs_,
            {extent_, nullptr, nullptr},
            problem_.task->train.density(),
            spec_.precision};
  }
  basis::ProductShape basis_shape() const {
    return {1, rows(), inputs_, outputs_, {extent_, nullptr, nullptr}, problem_.task->train.density()};
  }
  dense::Shape dense_shape() const { return {1, rows(), inputs_, outputs_, spec_.precision}; }
  basis::CombinationShape combination() const {
    return {1, {extent_, nullptr, nullptr}, layout_.basis[0].columns};
  }
  expression::Shape grid() const {
    const Network& n = spec_.network;
    return {1, n.height, n.width, n.channels, {extent_, nullptr, nullptr}};
  }
  basis::Numbers numbers() const {
    if (replica_.stores_basis) return {of(basis_), nullptr};
    return {{}, seed_.data()};
  }

  void make_what_grows() {
    std::size_t bytes = dense::workspace_bytes(context_, dense_shape());
    if (is("gem") || is("spatial_gem"))
      bytes = std::max(bytes, apply::workspace_bytes(context_, apply_shape(), true));
    if (is("random_basis"))
      bytes = std::max(bytes, basis::workspace_bytes(context_, basis_shape(), replica_.stores_basis, true));
    workspace_ = Buffer<unsigned char>::of_size(context_, bytes);
    if (is("spatial_gem")) {
      const Network& n = spec_.network;
      for (auto* at : {&u_, &du_}) *at = floats(n.height * n.channels * extent_);
      for (auto* at : {&v_, &dv_}) *at = floats(n.width * n.channels * extent_);
      for (auto* at : {&x_, &dx_}) *at = floats(inputs_ * extent_);
    }
    if (layout_.basis.empty()) return;
    const Tensor& r = layout_.basis[0];
    for (auto* at : {&theta_, &dtheta_}) *at = floats((inputs_ + 1) * outputs_);
    basis_ = floats(r.size());
    basis::fill(context_, 1, {r.rows, nullptr, nullptr}, {r.columns, nullptr, nullptr}, seed_.data(),
                of(basis_));
  }

  void forward_and_back() {
    Inputs inputs;
    inputs.rows = {rows_.data(), 0, nullptr};
    inputs.images = problem_.task->train.images();
    inputs.lists = problem_.task->train.lists();
    inputs.scale = kUnitScale;
    const bool combines = is("intrinsic_dimension"), behind = combines && problem_.of.bias == Bias::learned;
    const Ragged<float> end{theta_.data() + int64_t{inputs_} * outputs_, 0, nullptr},
        gradient_of_end{dtheta_.data() + int64_t{inputs_} * outputs_, 0, nullptr};
    const Ragged<const float> b = behind ? end : learned_or_frozen("bias");
    const Ragged<float> db = behind ? gradient_of_end : gradient("bias");
    const std::string own = is("direct") ? "weights" : "coefficients";
    const Ragged<float> w = combines ? of(theta_) : learned(own), dw = combines ? of(dtheta_) : gradient(own);
    const bool spatial = is("spatial_gem");
    const apply::Factors factors{spatial ? of(x_) : learned("expression"), learned("interaction"),
                                 learned_or_frozen("output_identity"), scale_.data(), b};
    void* space = workspace_.data();
    const std::size_t bytes = workspace_.size();
    if (is("direct") || combines)
      dense::forward(context_, dense_shape(), inputs, w, b, of(logits_));
    else if (is("random_basis"))
      basis::forward(context_, basis_shape(), inputs, numbers(), w, scale_.data(), b, of(logits_), true,
                     space, bytes);
    else
      apply::forward(context_, apply_shape(), inputs, factors, of(logits_), true, space, bytes);
    classifier::cross_entropy(context_, {1, rows(), outputs_}, of(logits_), {labels_.data(), 0, nullptr},
                              {of(logits_), of(loss_), {}, true});
    if (is("direct") || combines)
      dense::backward(context_, dense_shape(), inputs, w, of(logits_), {dw, db, {}}, space, bytes);
    else if (is("random_basis"))
      basis::backward(context_, basis_shape(), inputs, numbers(), scale_.data(), of(logits_), dw, db, space,
                      bytes);
    else
      apply::backward(context_, apply_shape(), inputs, factors, of(logits_),
                      {spatial ? of(dx_) : gradient("expression"),
                       gradient("interaction"),
                       gradient("output_identity"),
                       db,
                       {}},
                      space, bytes);
  }

  void update(int64_t number) {
    const optimizer::Shape sizes{1, {Layout::size(layout_.learned), nullptr, nullptr}};
    if (problem_.of.optimizer == Optimizer::adam)
      optimizer::adam(context_, sizes, {}, rate_.data(), number + 1, of(gradient_), state_[1].view(),
                      state_[2].view(), state_[0].view());
    else
      optimizer::sgd(context_, sizes, {0.9}, rate_.data(), of(gradient_), state_[1].view(), state_[0].view());
  }

  Context& context_;
  const Problem& problem_;
  const Replica& replica_;
  const Spec& spec_;
  Layout layout_;
  Draw draw_;
  int64_t extent_;
  int inputs_, outputs_;
  std::vector<Arrays<float>> state_;  // learned, and what the learner keeps
  Buffer<float> frozen_, scale_, rate_, loss_, gradient_, logits_, basis_;
  Buffer<float> u_, v_, x_, du_, dv_, dx_, theta_, dtheta_;
  Buffer<uint64_t> seed_;
  Buffer<uint32_t> rows_;
  Buffer<uint8_t> labels_;
  Buffer<unsigned char> workspace_;
};

Results composed(Context& context, const Problem& problem) {
  Composed steps(context, problem);
  for (int64_t t = 0; t < kSteps; ++t) steps.step(kBegin + t);
  return steps.results();
}

class Programs : public testing::TestWithParam<On<Case>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, Programs, testing::ValuesIn(on_backends(kCases())), OnName());

TEST_P(Programs, GiveTheBitsOfTheRooms) {
  const Case& c = GetParam().it;
  for (const double density : c.densities) {
    TestContext context(GetParam().backend, 1);
    const Problem p(context, c, density);
    const Results all = program(context, p);
    note(all);
    for (std::size_t r = 0; r < p.replicas.size(); ++r)
      expect_bits_equal(only(all, r), composed(context, p.alone(r)),
                        "replica " + std::to_string(r) + ", " + p.task->train.form());
    if (GetParam().backend == Backend::cpu || c.precision != Precision::exact) continue;
    TestContext cpu(Backend::cpu, 1);
    expect_bits_equal(all, program(cpu, Problem(cpu, c, density)), "device and CPU");
  }
}

TEST_P(Programs, GiveThemAfterEveryStep) {
  TestContext context(GetParam().backend, 1);
  const Problem p(context, GetParam().it, GetParam().it.densities[0]);
  const Problem last = p.alone(p.replicas.size() - 1);
  Pool pool(context.context, last.replicas);
  pool.load(last.begin);
  Composed rooms(context, last);
  for (int64_t t = 0; t < kSteps; ++t) {
    pool.advance(1);
    rooms.step(kBegin + t);
    expect_bits_equal(results_of(pool.save()), rooms.results(), "step " + std::to_string(t));
  }
}

TEST_P(Programs, WithABasisThatIsMade) {
  const Case& c = GetParam().it;
  if (!c.has_basis()) GTEST_SKIP() << "nothing to store";
  TestContext context(GetParam().backend, 1);
  const Problem stored(context, c, c.densities[0]), made(context, c, c.densities[0], false);
  const Results results = program(context, made);
  expect_bits_equal(results, program(context, stored), "made and stored");
  expect_bits_equal(program(context, made, 2), results, "made, in parts");
  for (std::size_t r = 0; r < made.replicas.size(); ++r)
    expect_bits_equal(only(results, r), composed(context, made.alone(r)),
                      "made, replica " + std::to_string(r));
}

TEST_P(Programs, MoveEverythingThatIsLearned) {
  TestContext context(GetParam().backend, 1);
  const Problem p(context, GetParam().it, GetParam().it.densities[0]);
  for (const auto& [name, sets] : program(context, p))
    for (std::size_t r = 0; r < sets.size(); ++r) {
      EXPECT_TRUE(std::isfinite(norm(sets[r]))) << name;
      if (name == "loss") {
        EXPECT_GT(sets[r][0], 0.25f);
        continue;
      }
      const auto& before = p.begin.replicas[r].arrays;
      const auto old =
          std::find_if(before.begin(), before.end(), [&](const auto& a) { return a.name == name; });
      ASSERT_TRUE(old != before.end()) << name;
      std::size_t still = 0;
      for (std::size_t e = 0; e < sets[r].size(); ++e) still += same_bits(sets[r][e], old->numbers[e]);
      // A moment may round to what it was, and a weight of a pixel that is never lit moves by its moments
      // alone.
      EXPECT_LE(still, sets[r].size() / 20) << name << " of replica " << r;
    }
}

TEST_P(Programs, SeveralStepsAtATimeOnAnyExecutor) {
  TestContext context(GetParam().backend, 1);
  const Problem p(context, GetParam().it, GetParam().it.densities[0]);
  const Results whole = program(context, p);
  expect_bits_equal(program(context, p, 2), whole, "in parts");
  for (const Executor executor : {Executor::fused, Executor::launches, Executor::graph})
    expect_bits_equal(program(context, p, 3, executor), whole, name(executor));
}

TEST_P(Programs, AloneAmongManyOnAnyThreads) {
  TestContext context(GetParam().backend, 1);
  const Case& c = GetParam().it;
  const Problem p(context, c, c.densities[0]);
  const Results all = program(context, p);
  for (std::size_t r = 0; r < p.replicas.size(); ++r)
    expect_bits_equal(program(context, p.alone(r)), only(all, r), "replica " + std::to_string(r) + " alone");
  if (GetParam().backend == Backend::cuda) return;
  for (const int threads : {2, 3}) {
    TestContext parallel(Backend::cpu, threads);
    const Problem again(parallel, c, c.densities[0]);
    for (const Executor executor : {Executor::fused, Executor::launches})
      expect_bits_equal(program(parallel, again, kSteps, executor), all,
                        std::to_string(threads) + " threads, " + name(executor));
  }
}

// ---- programs whose large products are a library's

/// Of the first replica; the second has none.
const Case kLibrary{"small_gem",
                    {{"type", "gem"}, {"output", "learned"}},
                    Bias::learned,
                    80,
                    3,
                    3,
                    84,
                    {84, 9},
                    Optimizer::adam,
                    1,
                    {0.2},
                    true,
                    Precision::library};

class LibraryPrograms : public testing::TestWithParam<On<Case>> {};
INSTANTIATE_TEST_SUITE_P(, LibraryPrograms, testing::ValuesIn(on_backends<Case>({kLibrary})), OnName());

TEST_P(LibraryPrograms, GiveLargeProductsOnADeviceToIt) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend, 1);
  const Problem p(context, kLibrary, 0.2);
#if defined(INNATE_SIMT)
  EXPECT_EQ(error_of([&] { Pool(context.context, p.replicas); }),
            "precision: library needs cuBLASLt: the SIMT executor has no libraries");
  program(context, p.alone(1));
#else
  const Results all = program(context, p);
  Case c = kLibrary;
  c.precision = Precision::exact;
  const Problem exact(context, c, 0.2);
  if (GetParam().backend == Backend::cpu) return expect_bits_equal(all, program(context, exact), "exact");
  expect_bits_equal(only(all, 1), program(context, exact.alone(1)), "small ones");
  for (const Executor executor : {Executor::fused, Executor::launches, Executor::graph})
    expect_bits_equal(program(context, p, 3, executor), all, name(executor));
  for (std::size_t r = 0; r < p.replicas.size(); ++r)
    expect_bits_equal(program(context, p.alone(r)), only(all, r), "replica " + std::to_string(r) + " alone");
  const std::vector<std::string> said = Pool(context.context, p.alone(0).replicas).choices();
  EXPECT_NE(said.at(0).find("launches, replayed, large products by cuBLASLt,"), std::string::npos) << said[0];
#endif
}

TEST_P(LibraryPrograms, AreOfNoProgramClass) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext context(GetParam().backend, 1);
  const Problem p(context, kLibrary, 0.2);
  for (std::size_t r = 0; r < 2; ++r) {
    const Compiled c = compile(*p.replicas[r].spec, true, GetParam().backend, 0);
    const bool on_device = GetParam().backend == Backend::cuda, has = on_device && r == 0;
    for (const program::Section& s : c.code.sections) {
      const uint32_t kinds = program::kinds_of(s);
      EXPECT_EQ((kinds & bit(program::Kind::library_product)) != 0, has) << s.name;
      EXPECT_EQ(kinds & bit(program::Kind::tensor_product), 0u) << s.name;
      if (on_device) {
        EXPECT_EQ(program::machine(context.context)->has_class(s), !has) << s.name;
      }
    }
  }
}

#if !defined(INNATE_SIMT)
/// The same without a device.
TEST(LibraryInstructions, FollowFromOneReplicasShape) {
  Context cpu = Context::cpu(1);
  const Problem p(cpu, kLibrary, 0.2);
  for (std::size_t r = 0; r < 2; ++r)
    for (const program::Section& s : compile(*p.replicas[r].spec, true, Backend::cuda, 0).code.sections)
      EXPECT_EQ((program::kinds_of(s) & bit(program::Kind::library_product)) != 0, r == 0) << s.name;
}

/// Or the comparisons would prove less than they say.
TEST(ProgramCases, ReachEveryOrderFromListsAndFromImages) {
  std::set<std::pair<std::string, bool>> reached;
  Context cpu = Context::cpu(1);
  for (const Case& c : kCases()) {
    if (!c.small) continue;
    for (const double density : c.densities) {
      const DeviceImages set(cpu, images(c, density).train);
      const bool listed = set.lists().start != nullptr;
      const int inputs = c.height * c.width * c.channels;
      for (const int64_t n : c.extents) {
        const apply::Shape factored{1, c.rows, inputs, c.outputs, {n, nullptr, nullptr}, set.density()};
        const basis::ProductShape combined{
            1, c.rows, inputs, c.outputs, {n, nullptr, nullptr}, set.density()};
        if (c.is("gem") || c.is("spatial_gem"))
          reached.insert({apply::name(apply::order(factored, n, true)), listed});
        if (c.is("random_basis")) reached.insert({basis::name(basis::order(combined, n, true)), listed});
        if (c.is("direct")) reached.insert({"direct", listed});
      }
    }
  }
  EXPECT_EQ(reached.size(), 2u * (3 + 2 + 1));
}
#endif

}  // namespace
}  // namespace innate::test
