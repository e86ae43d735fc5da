// Networks of several layers: what each genome grows and how its gradient comes back through all of them,
// beside the same by the rooms' references in float64.
#include <gtest/gtest.h>

#include <map>

#include "innate/engine/grown.h"
#include "innate/kernels/basis.h"
#include "tests/reference/activation.h"
#include "tests/reference/apply.h"
#include "tests/reference/basis.h"
#include "tests/reference/classifier.h"
#include "tests/reference/dense.h"
#include "tests/reference/expression.h"
#include "tests/reference/naive.h"
#include "tests/support/backends.h"
#include "tests/support/compare.h"
#include "tests/support/genomes.h"
#include "tests/support/gradients.h"

namespace innate::test {
namespace {

using namespace engine;
using reference::Matrix;

/// A genome's arrays by their names, as numbers of another type.
template <class Real>
struct Arrays {
  std::map<std::string, Matrix<Real>> all;

  Arrays(const std::vector<Tensor>& tensors, const std::vector<Real>& numbers) { add(tensors, numbers); }
  void add(const std::vector<Tensor>& tensors, const std::vector<Real>& numbers) {
    auto at = numbers.begin();
    for (const Tensor& t : tensors) {
      all.insert_or_assign(t.name, Matrix<Real>(t.rows, t.columns, {at, at + t.size()}));
      at += t.size();
    }
  }
  const Matrix<Real>& operator()(const std::string& name) const { return all.at(name); }
  bool has(const std::string& name) const { return all.count(name) > 0; }
};

std::string of(const std::string& name, int layer) {
  return layer == 0 ? name : name + "_" + std::to_string(layer);
}

/// One layer: its weights in the form in which they are applied.
template <class Real>
struct Applied {
  Matrix<Real> x{0, 0}, o{0, 0}, y{0, 0}, w{0, 0};  // factors, or w alone
  Real s = 1;
  std::vector<Real> bias;
  bool factored = false;

  Matrix<Real> forward(const Matrix<Real>& a) const {
    return factored ? reference::apply::forward(a, x, o, y, s, bias) : reference::dense::forward(a, w, bias);
  }
  Matrix<Real> d_inputs(const Matrix<Real>& dy) const {
    return factored ? reference::apply::d_inputs(x, o, y, s, dy) : reference::dense::d_inputs(dy, w);
  }
};

std::uint64_t seed_of(std::uint64_t seed, int layer) {
  return layer == 0 ? seed
                    : random::mix(seed ^ (static_cast<std::uint64_t>(random::Purpose::basis) << 32 |
                                          static_cast<std::uint64_t>(layer)));
}

struct Problem {
  Json genome;
  Network network;
  std::uint64_t seed;
  Dataset set;
  Draw draw;
  Layout layout;
  std::vector<std::vector<float>> basis;  // R of each layer

  const Json& type() const { return genome.at("type"); }
};

Problem problem(const Json& genome, const Network& network, int images, std::uint64_t seed) {
  const auto made = genome_of(genome);
  Problem p{genome,
            network,
            seed,
            bars(images, network.channels, seed),
            made->draw(network, seed),
            made->layout(network),
            {}};
  for (std::size_t i = 0; i < p.draw.learned.size(); ++i)  // nothing is 0 at first
    p.draw.learned[i] += 0.05f * static_cast<float>(i % 7) - 0.15f;
  Context host = Context::cpu(1);
  for (std::size_t l = 0; l < p.layout.basis.size(); ++l) {
    const Tensor& t = p.layout.basis[l];
    p.basis.emplace_back(static_cast<std::size_t>(t.size()));
    const std::uint64_t seed = seed_of(p.seed, static_cast<int>(l));
    basis::fill(host, 1, {t.rows, nullptr, nullptr}, {t.columns, nullptr, nullptr}, &seed,
                {p.basis.back().data(), 0, nullptr});
  }
  return p;
}

template <class Real>
class Reference {
 public:
  Reference(const Problem& p, const std::vector<Real>& learned) : p_(p), arrays_(p.layout.learned, learned) {
    arrays_.add(p.layout.frozen, reference::as<Real>(p.draw.frozen));
    for (int l = 0; l < p.network.depth(); ++l) layers_.push_back(grow(l));
    std::vector<Matrix<Real>> a = {
        reference::dense::values<Real>(p.set.count, p.network.inputs(), p.set.images, 1.0f / 255.0f)};
    for (int l = 0; l < p.network.depth(); ++l) {
      a.push_back(layers_[index(l)].forward(a.back()));
      for (Real& y : a.back().data) y = reference::activation::value(function(l), y);
    }
    const auto judged = reference::classifier::cross_entropy(a.back(), p.set.labels);
    loss = judged.loss;
    Matrix<Real> dy = judged.dlogits;
    for (int l = p.network.depth() - 1; l >= 0; --l) {
      for (std::size_t i = 0; i < dy.data.size(); ++i)
        dy.data[i] *= reference::activation::slope(function(l), a[index(l) + 1].data[i]);
      add_gradients(l, a[index(l)], dy);
      dy = layers_[index(l)].d_inputs(dy);
    }
    through_places();
  }

  Real loss = 0;

  /// One number for each learned one, in the layout's order.
  std::vector<Real> gradient() const {
    std::vector<Real> all;
    for (const Tensor& t : p_.layout.learned) {
      const std::vector<Real>& part = gradients_.at(t.name);
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }

 private:
  static std::size_t index(int l) { return static_cast<std::size_t>(l); }
  std::string function(int l) const { return activation::name(p_.network.layers[index(l)].activation); }
  Real scale(int l) const { return static_cast<Real>(p_.draw.scales[index(l)]); }
  Matrix<Real> basis(int l) const {
    const Tensor& t = p_.layout.basis[index(l)];
    return {t.rows, t.columns, reference::as<Real>(p_.basis[index(l)])};
  }
  std::string interaction(int l) const {
    return p_.genome.value("interaction", "shared") == "own" ? of("interaction", l) : "interaction";
  }
  std::string next(int l) const {
    return l + 1 < p_.network.depth() ? of("expression", l + 1) : "output_identity";
  }
  /// X of a layer's inputs.
  Matrix<Real> identity(const std::string& name) const {
    if (name == "output_identity" || p_.type() == "gem") return arrays_(name);
    const int l = name == "expression" ? 0 : std::stoi(name.substr(11));
    const Grid grid = p_.network.grid_of(l);
    const Matrix<Real>& places = arrays_(of("places", l));
    std::vector<Real> all;
    for (int c = 0; c < grid.channels; ++c) {
      const auto [my, mx, q] = rows_of(places, c);
      reference::expression::put_channel(
          reference::expression::expand(reference::expression::profile(grid.height, my, q),
                                        reference::expression::profile(grid.width, mx, q)),
          grid.channels, c, all);
    }
    return {std::int64_t{grid.height} * grid.width * grid.channels, places.columns, all};
  }
  static std::array<std::vector<Real>, 3> rows_of(const Matrix<Real>& places, int channel) {
    std::array<std::vector<Real>, 3> rows;
    for (std::size_t r = 0; r < 3; ++r) {
      const auto begin =
          places.data.begin() +
          static_cast<std::ptrdiff_t>(
              (3 * static_cast<std::int64_t>(channel) + static_cast<std::int64_t>(r)) * places.columns);
      rows[r].assign(begin, begin + static_cast<std::ptrdiff_t>(places.columns));
    }
    return rows;
  }

  Applied<Real> grow(int l) const {
    Applied<Real> layer;
    const std::int64_t inputs = p_.network.inputs_of(l), outputs = p_.network.outputs_of(l);
    if (arrays_.has(of("bias", l))) layer.bias = arrays_(of("bias", l)).data;
    if (p_.type() == "direct") {
      layer.w = arrays_(of("weights", l));
    } else if (p_.type() == "random_basis") {
      layer.w = reference::basis::weights(basis(l), arrays_(of("coefficients", l)), scale(l));
    } else if (p_.type() == "intrinsic_dimension") {
      const std::vector<Real> theta =
          reference::basis::combine(arrays_("coefficients"), basis(l), scale(l)).data;
      const auto weights = static_cast<std::ptrdiff_t>(inputs * outputs);
      layer.w = Matrix<Real>(inputs, outputs, {theta.begin(), theta.begin() + weights});
      if (p_.network.layers[index(l)].bias == Bias::learned)
        layer.bias = {theta.begin() + weights, theta.end()};
    } else {
      layer.factored = true, layer.s = scale(l);
      layer.x = identity(of("expression", l)), layer.o = arrays_(interaction(l)), layer.y = identity(next(l));
    }
    return layer;
  }

  void add(const std::string& name, const std::vector<Real>& part) {
    std::vector<Real>& sum = gradients_[name];
    sum.resize(part.size());
    for (std::size_t i = 0; i < part.size(); ++i) sum[i] += part[i];
  }

  void add_gradients(int l, const Matrix<Real>& a, const Matrix<Real>& dy) {
    const Applied<Real>& layer = layers_[index(l)];
    std::vector<Real> d_bias = reference::dense::d_bias(dy);
    if (p_.type() == "direct") {
      add(of("weights", l), reference::dense::d_weights(a, dy).data);
    } else if (p_.type() == "random_basis") {
      add(of("coefficients", l), reference::basis::d_p(a, basis(l), dy, scale(l)).data);
    } else if (p_.type() == "intrinsic_dimension") {
      std::vector<Real> theta = reference::dense::d_weights(a, dy).data;
      if (p_.network.layers[index(l)].bias == Bias::learned)
        theta.insert(theta.end(), d_bias.begin(), d_bias.end());
      const auto size = static_cast<std::int64_t>(theta.size());
      add("coefficients",
          reference::basis::d_c(basis(l), Matrix<Real>(1, size, std::move(theta)), scale(l)).data);
    } else {
      add(of("expression", l), reference::apply::d_x(a, layer.o, layer.y, layer.s, dy).data);
      add(interaction(l), reference::apply::d_o(a, layer.x, layer.y, layer.s, dy).data);
      add(next(l), reference::apply::d_y(a, layer.x, layer.o, layer.s, dy).data);
    }
    add(of("bias", l), d_bias);
  }

  /// From each X to the places that it came from.
  void through_places() {
    if (p_.type() != "spatial_gem") return;
    using namespace reference::expression;
    for (int l = 0; l < p_.network.depth(); ++l) {
      const Grid grid = p_.network.grid_of(l);
      const Matrix<Real>& places = arrays_(of("places", l));
      const std::vector<Real>& dx = gradients_.at(of("expression", l));
      std::vector<Real> all;
      for (int c = 0; c < grid.channels; ++c) {
        const auto [my, mx, q] = rows_of(places, c);
        const Matrix<Real> u = profile(grid.height, my, q), v = profile(grid.width, mx, q);
        Matrix<Real> du(u.rows, u.columns), dv(v.rows, v.columns);
        expand_backward(u, v,
                        channel(dx, std::int64_t{grid.height} * grid.width, grid.channels, places.columns, c),
                        du, dv);
        std::vector<Real> dmy(my.size()), dmx(mx.size()), dq(q.size());
        profile_backward(my, q, u, du, dmy, dq);
        profile_backward(mx, q, v, dv, dmx, dq);
        for (const auto* part : {&dmy, &dmx, &dq}) all.insert(all.end(), part->begin(), part->end());
      }
      add(of("places", l), all);
    }
  }

  const Problem& p_;
  Arrays<Real> arrays_;
  std::vector<Applied<Real>> layers_;
  std::map<std::string, std::vector<Real>> gradients_;
};

struct Case {
  const char* name;
  Json genome;
  std::vector<Layer> layers;  // before the one that answers
  bool small = true;
  int channels = 1;
};

std::vector<Case> cases() {
  using activation::Function;
  const Json direct = {{"type", "direct"}}, basis = {{"type", "random_basis"}, {"vectors", 3}},
             combination = {{"type", "intrinsic_dimension"}, {"dimension", 3}};
  const auto gem = [](int genes, const char* output = "learned", const char* interaction = "shared") {
    return Json{{"type", "gem"},
                {"genes", genes},
                {"output", output},
                {"interaction", interaction},
                {"initial", "authors"}};
  };
  const auto spatial = [](int genes, const char* interaction = "shared") {
    return Json{{"type", "spatial_gem"}, {"genes", genes}, {"interaction", interaction}};
  };
  return {
      {"small_direct_one_layer", direct, {}},
      {"small_direct_two", direct, {hidden(17, Bias::learned)}},
      {"small_direct_width_1", direct, {hidden(1, Bias::learned, Function::tanh)}},
      {"small_direct_four",
       direct,
       {hidden(7, Bias::learned, Function::sigmoid), hidden(16), hidden(5, Bias::frozen, Function::tanh)}},
      {"small_gem_two", gem(3), {hidden(17, Bias::learned)}},
      {"small_gem_frozen_output", gem(4, "frozen"), {hidden(33, Bias::frozen, Function::tanh)}},
      {"small_gem_own_four",
       gem(2, "learned", "own"),
       {hidden(11, Bias::none, Function::tanh), hidden(1), hidden(6, Bias::learned, Function::sigmoid)}},
      {"small_gem_four", gem(3), {hidden(15), hidden(8, Bias::none, Function::tanh), hidden(9)}},
      {"small_spatial_one", spatial(4), {}},
      {"small_spatial_two", spatial(4), {hidden(12, Bias::learned)}},
      {"small_spatial_grid",
       spatial(3, "own"),
       {{24, Bias::none, Function::tanh, 2, 12}, {13, Bias::none, Function::tanh}},
       true,
       3},
      {"small_basis_two", basis, {hidden(17, Bias::learned)}},
      {"small_basis_four",
       basis,
       {hidden(5, Bias::none, Function::tanh), hidden(3), hidden(6, Bias::learned, Function::sigmoid)}},
      {"small_combination_two", combination, {hidden(7, Bias::learned)}},
      {"small_combination_three",
       combination,
       {hidden(5, Bias::frozen, Function::tanh), hidden(4, Bias::learned, Function::sigmoid)}},
      {"wide_direct", direct, {hidden(129, Bias::learned), hidden(64)}, false},
      {"wide_spatial", spatial(9), {hidden(784, Bias::none)}, false},
      {"wide_gem", gem(16), {hidden(127, Bias::learned), hidden(65)}, false},
      {"wide_basis", basis, {hidden(131), hidden(64, Bias::learned)}, false}};
}

class HiddenLayers : public testing::TestWithParam<On<Case>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(backend()); }
  Backend backend() const { return GetParam().backend; }
  Problem made(int images, std::uint64_t seed = 5) const {
    const Case& c = GetParam().it;
    Network network = bar_network(Bias::learned, c.channels);
    network.layers.insert(network.layers.begin(), c.layers.begin(), c.layers.end());
    return problem(c.genome, network, images, seed);
  }
};
INSTANTIATE_TEST_SUITE_P(, HiddenLayers, testing::ValuesIn(on_backends(cases())), OnName());

TEST_P(HiddenLayers, TheReferenceHasTheRightGradient) {
  if (backend() != Backend::cpu || !GetParam().it.small) GTEST_SKIP() << "asked once, of small networks";
  expect_right_reference<Reference>(made(7));
}

TEST_P(HiddenLayers, GradientIsTheReferences) {
  TestContext context(backend());
  for (const int images : {13, GetParam().it.small ? 34 : 66}) {
    const auto problem_of = [&](std::uint64_t seed) { return made(images, seed); };
    expect_gradient_of<Reference>(context.context, problem_of, GetParam().it.small ? 8u : 2u,
                                  std::to_string(images) + " images: ");
  }
}

TEST_P(HiddenLayers, EveryExecutorAndStoreGivesTheSameBits) {
  TestContext context(backend(), 2);
  const Problem p = made(37);
  const auto task = std::make_shared<Classification>(context, DatasetPair{p.set, p.set});
  Course course;
  course.batch = 8, course.steps = 6, course.testing.every = 3, course.rate = 0.01;
  const auto spec = spec_of(genome_of(p.genome), p.network, task, course);
  const auto learned = [&](Executor executor, bool stores, std::int64_t at_once) {
    Pool pool(context, {{spec, 5, stores}}, executor);
    for (int s = 0; s < 6; s += static_cast<int>(at_once)) pool.advance(at_once);
    return pool.save().replicas[0].learned();
  };
  const std::vector<float> expected = learned(Executor::automatic, true, 6);
  for (const Executor executor : {Executor::fused, Executor::launches, Executor::graph})
    EXPECT_EQ(learned(executor, true, 6), expected) << name(executor);
  EXPECT_EQ(learned(Executor::automatic, false, 2), expected) << "in parts, R made at every use";
  TestContext cpu(Backend::cpu, 1);
  const auto there = std::make_shared<Classification>(cpu, DatasetPair{p.set, p.set});
  Pool pool(cpu, {{spec_of(genome_of(p.genome), p.network, there, course), 5}});
  pool.advance(6);
  EXPECT_EQ(pool.save().replicas[0].learned(), expected) << "on the CPU";
}

TEST(Grids, AreAsSquareAsTheirNumberAllows) {
  const auto grid = [](int units) {
    const Grid g = Layer{units}.grid();
    EXPECT_EQ(g.channels, 1);
    return std::pair(g.height, g.width);
  };
  EXPECT_EQ(grid(784), std::pair(28, 28));
  EXPECT_EQ(grid(800), std::pair(25, 32));
  EXPECT_EQ(grid(64), std::pair(8, 8));
  EXPECT_EQ(grid(13), std::pair(1, 13));
  EXPECT_EQ(grid(1), std::pair(1, 1));
}

TEST(ParametersOfThePaper, CountAllLayers) {
  const Network mlp{28, 28, 1, {hidden(784), {10, Bias::none}}};
  const auto count = [&](const Json& genome) { return genome_of(genome)->paper_parameters(mlp); };
  EXPECT_EQ(count({{"type", "spatial_gem"}, {"genes", 10}}), 160);
  EXPECT_EQ(count({{"type", "spatial_gem"}, {"genes", 22}}), 616);
  EXPECT_EQ(count({{"type", "spatial_gem"}, {"genes", 28}}), 952);
  EXPECT_EQ(count({{"type", "gem"}, {"genes", 12}}), 18960);
  EXPECT_EQ(mlp.direct_weights(), 622496);
  for (const auto& [genome, learned] :
       {std::pair<Json, std::int64_t>{{{"type", "spatial_gem"}, {"genes", 22}}, 616},
        {{{"type", "gem"}, {"genes", 12}}, 18960},
        {{{"type", "direct"}}, 622496}})
    EXPECT_EQ(Layout::size(genome_of(genome)->layout(mlp).learned), learned) << genome;
}

/// Every layer's weights begin with the deviation of Kaiming's initialisation.
TEST(Scales, AreThoseOfEachLayer) {
  Context context = Context::cpu(1);
  const Network mlp{28, 28, 1, {hidden(196), {10, Bias::none}}};
  for (const Json& genome :
       {Json{{"type", "spatial_gem"}, {"genes", 22}}, Json{{"type", "gem"}, {"genes", 12}}}) {
    const Draw draw = genome_of(genome)->draw(mlp, 1);
    ASSERT_EQ(draw.scales.size(), 2u);
    const Grown grown(context, genome_of(genome), mlp, 1, draw, 1.0);
    for (int l = 0; l < 2; ++l) {
      const std::vector<float> w = grown.weights(l).w;
      double mean = 0, squares = 0;
      for (const float x : w) mean += x / static_cast<double>(w.size());
      for (const float x : w) squares += (x - mean) * (x - mean) / static_cast<double>(w.size());
      EXPECT_NEAR(std::sqrt(squares), std::sqrt(2.0 / mlp.inputs_of(l)), 1e-4) << genome << l;
    }
  }
}

}  // namespace
}  // namespace innate::test
