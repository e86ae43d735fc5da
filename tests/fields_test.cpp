// Networks with layers of fields and convolutions: what each genome grows and how its gradient comes back
// through maps, pools and dense layers, beside the same by the rooms' references in float64; how many numbers
// they have, and how they are read.
#include <gtest/gtest.h>

#include <map>

#include "innate/engine/grown.h"
#include "tests/reference/activation.h"
#include "tests/reference/apply.h"
#include "tests/reference/classifier.h"
#include "tests/reference/dense.h"
#include "tests/reference/field.h"
#include "tests/reference/identities.h"
#include "tests/reference/naive.h"
#include "tests/reference/pooling.h"
#include "tests/support/answers.h"
#include "tests/support/backends.h"
#include "tests/support/compare.h"
#include "tests/support/genomes.h"
#include "tests/support/gradients.h"

namespace innate::test {
namespace {

using namespace engine;
using reference::Matrix;

#if defined(INNATE_SIMT)
constexpr int kDraws = 10;
#else
constexpr int kDraws = 24;
#endif

struct Problem {
  Json genome;
  Network network;
  std::uint64_t seed;
  Dataset set;
  Draw draw;
  Layout layout;

  bool direct() const { return genome.at("type") == "direct"; }
};

Problem problem(const Json& genome, const Network& network, int images, std::uint64_t seed) {
  const auto made = genome_of(genome);
  Problem p{genome,
            network,
            seed,
            bars(images, network.channels, seed),
            made->draw(network, seed),
            made->layout(network)};
  for (std::size_t i = 0; i < p.draw.learned.size(); ++i)  // nothing is 0 at first
    p.draw.learned[i] += 0.05f * static_cast<float>(i % 7) - 0.15f;
  return p;
}

std::string of(const std::string& name, int layer) {
  return layer == 0 ? name : name + "_" + std::to_string(layer);
}

/// The whole network, forwards and back.
template <class Real>
class Reference {
 public:
  using Numbers = std::vector<Real>;

  Reference(const Problem& p, const Numbers& learned) : p_(p) {
    auto at = learned.begin();
    for (const Tensor& t : p.layout.learned) {
      arrays_.insert_or_assign(t.name, Matrix<Real>(t.rows, t.columns, {at, at + t.size()}));
      at += t.size();
    }
    grow();
    forward();
    backward();
  }

  Real loss = 0;

  /// One number for each learned one, in the layout's order.
  Numbers gradient() const {
    Numbers all;
    for (const Tensor& t : p_.layout.learned) {
      const Numbers& part = gradients_.at(t.name);
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }

 private:
  using M = Matrix<Real>;
  struct Grew {
    M x{0, 0}, o{0, 0}, y{0, 0}, z{0, 0};  // expressions, and X O of fields
    Numbers m, bias;                       // of fields, or direct
  };

  static std::size_t index(int l) { return static_cast<std::size_t>(l); }
  const Layer& layer(int l) const { return p_.network.layers[index(l)]; }
  bool on_map(int l) const { return layer(l).kind != Layer::Kind::dense; }
  std::string function(int l) const { return activation::name(layer(l).activation); }
  Real scale(int l) const { return p_.direct() ? Real(1) : static_cast<Real>(p_.draw.scales[index(l)]); }
  int first_dense() const {
    int l = 0;
    while (on_map(l)) ++l;
    return l;
  }
  reference::field::Shape shape(int l, std::int64_t columns) const {
    const field::Geometry g = p_.network.geometry(l);
    return {g.height,
            g.width,
            g.channels,
            g.size,
            g.stride,
            g.padding,
            g.outputs,
            columns,
            layer(l).kind == Layer::Kind::convolution,
            layer(l).each_bias};
  }

  // ---- growing

  static reference::identities::Grid grid(const Grid& g, int axes) {
    return {g.height, g.width, g.channels, axes};
  }
  std::string profile() const { return p_.genome.value("profile", "ridge"); }
  bool centred() const { return p_.genome.value("centred", true); }
  M expressed(const std::string& places, const Grid& g, int axes) const {
    return reference::identities::forward(profile(), centred(), grid(g, axes), arrays_.at(places));
  }
  void back_to_places(const std::string& places, const Grid& g, int axes, const M& dx) {
    add(places,
        reference::identities::d_places(profile(), centred(), grid(g, axes), arrays_.at(places), dx).data);
  }
  /// What expresses the outputs of a dense layer.
  std::string identity(int l) const {
    const int later = l - first_dense();
    return later == 0 && l + 1 < p_.network.depth() ? "dense_places_1" : of("dense_identity", later);
  }

  /// before[i]: what pool i sees.
  M through_pools(int l, M map, std::vector<M>* before) const {
    Grid g = p_.network.own_grid(l);
    for (const pooling::Window& w : layer(l).pools) {
      before->push_back(map);
      map = reference::pooling::forward(name_of(w), {g.height, g.width, g.channels, w.height, w.width}, map);
      g.height /= w.height, g.width /= w.width;
    }
    return map;
  }
  M back_through_pools(int l, M d, const std::vector<M>& before) const {
    std::vector<Grid> grids = {p_.network.own_grid(l)};
    for (const pooling::Window& w : layer(l).pools)
      grids.push_back({grids.back().height / w.height, grids.back().width / w.width, grids.back().channels});
    for (std::size_t i = layer(l).pools.size(); i-- > 0;) {
      const pooling::Window& w = layer(l).pools[i];
      d = reference::pooling::d_in(
          name_of(w), {grids[i].height, grids[i].width, grids[i].channels, w.height, w.width}, before[i], d);
    }
    return d;
  }
  static std::string name_of(const pooling::Window& w) {
    return w.function == pooling::Function::max ? "max" : "average";
  }

  void grow() {
    const int dense = first_dense();
    M x = p_.direct() ? M(0, 0) : expressed("places", p_.network.grid_of(0), 3);
    for (int l = 0; l < p_.network.depth(); ++l) {
      Grew w;
      if (arrays_.count(of("bias", l))) w.bias = arrays_.at(of("bias", l)).data;
      if (p_.direct()) {
        w.m = arrays_.at(of("weights", l)).data;
      } else if (on_map(l)) {
        w.x = x, w.o = arrays_.at("interaction");
        w.y = expressed(of("places", l + 1), p_.network.own_grid(l), 3);
        w.z = w.x * w.o;
        w.m = reference::field::weights(shape(l, w.o.rows), w.z.data, w.y.data, scale(l));
        expression_before_.emplace_back();
        x = through_pools(l, w.y, &expression_before_.back());
      } else {
        w.x = l == dense ? expressed("dense_places", p_.network.grid_of(l), 3) : grown_.back().y;
        w.o = arrays_.at("dense_interaction");
        const std::string name = identity(l);
        w.y = name == "dense_places_1" ? expressed(name, p_.network.own_grid(l), 2) : arrays_.at(name);
      }
      grown_.push_back(w);
    }
  }

  // ---- the network; maps are neurons x images

  void forward() {
    M a = reference::dense::values<Real>(p_.set.count, p_.network.inputs(), p_.set.images, 1.0f / 255.0f);
    for (int l = 0; l < p_.network.depth(); ++l) {
      const Grew& w = grown_[index(l)];
      if (on_map(l) && l == 0) a = transposed(a);
      if (!on_map(l) && l == first_dense() && l > 0) a = transposed(a);
      seen_.push_back(a);
      if (on_map(l))
        a = M(p_.network.outputs_of(l), a.columns,
              reference::field::outputs(shape(l, a.columns), w.m, a.data, Real(1), w.bias));
      else if (p_.direct())
        a = reference::dense::forward(a, arrays_.at(of("weights", l)), w.bias);
      else
        a = reference::apply::forward(a, w.x, w.o, w.y, scale(l), w.bias);
      for (Real& y : a.data) y = reference::activation::value(function(l), y);
      made_.push_back(a);
      before_.emplace_back();
      a = through_pools(l, a, &before_.back());
    }
    answers_ = a;
  }

  void backward() {
    const auto judged = reference::classifier::cross_entropy(answers_, p_.set.labels);
    loss = judged.loss;
    M d = judged.dlogits;
    for (int l = p_.network.depth() - 1; l >= 0; --l) {
      d = back_through_pools(l, d, before_[index(l)]);
      for (std::size_t i = 0; i < d.data.size(); ++i)
        d.data[i] *= reference::activation::slope(function(l), made_[index(l)].data[i]);
      d = on_map(l) ? back_through_fields(l, d) : back_through_dense(l, d);
      if (!on_map(l) && l > 0 && on_map(l - 1)) d = transposed(d);
    }
    if (!p_.direct()) back_to_genome();
  }

  void add(const std::string& name, const Numbers& part) {
    Numbers& sum = gradients_[name];
    sum.resize(part.size());
    for (std::size_t i = 0; i < part.size(); ++i) sum[i] += part[i];
  }

  M back_through_dense(int l, const M& dy) {
    const Grew& w = grown_[index(l)];
    const M& a = seen_[index(l)];
    add(of("bias", l), reference::dense::d_bias(dy));
    if (p_.direct()) {
      add(of("weights", l), reference::dense::d_weights(a, dy).data);
      return reference::dense::d_inputs(dy, arrays_.at(of("weights", l)));
    }
    add(l == first_dense() ? "d dense_places" : identity_gradient(l - 1),
        reference::apply::d_x(a, w.o, w.y, scale(l), dy).data);
    add("dense_interaction", reference::apply::d_o(a, w.x, w.y, scale(l), dy).data);
    add(identity_gradient(l), reference::apply::d_y(a, w.x, w.o, scale(l), dy).data);
    return reference::apply::d_inputs(w.x, w.o, w.y, scale(l), dy);
  }
  /// The sum that belongs to the expression of a dense layer's outputs.
  std::string identity_gradient(int l) const {
    return identity(l) == "dense_places_1" ? "d dense_places_1" : identity(l);
  }

  M back_through_fields(int l, const M& dy) {
    const Grew& w = grown_[index(l)];
    const M& a = seen_[index(l)];
    auto s = shape(l, a.columns);
    Numbers dm = reference::field::weights(s, a.data, dy.data, Real(1));
    if (s.shared) {
      Numbers sum(w.m.size());
      for (std::size_t i = 0; i < dm.size(); ++i) sum[i % sum.size()] += dm[i];
      dm = sum;
    }
    if (!w.bias.empty()) {
      const Numbers each = reference::dense::d_bias(transposed(dy));
      Numbers sum(w.bias.size());
      for (std::size_t i = 0; i < each.size(); ++i) sum[i % sum.size()] += each[i];
      add(of("bias", l), sum);
    }
    dm_.insert_or_assign(l, dm);
    if (p_.direct()) add(of("weights", l), dm);
    return M(a.rows, a.columns, reference::field::inputs(s, w.m, dy.data, Real(1)));
  }

  /// From the weights of fields and the expression of dense neurons to what they are grown from.
  void back_to_genome() {
    const int dense = first_dense();
    M from_next(0, 0);  // what the layer behind adds to the expression of a layer's outputs
    for (int l = dense - 1; l >= 0; --l) {
      const Grew& w = grown_[index(l)];
      const auto s = shape(l, w.o.rows);
      M dy(w.y.rows, w.y.columns, reference::field::outputs(s, dm_.at(l), w.z.data, scale(l), Numbers{}));
      if (l + 1 < dense) {
        const M back = back_through_pools(l, from_next, expression_before_[index(l)]);
        for (std::size_t i = 0; i < dy.data.size(); ++i) dy.data[i] += back.data[i];
      }
      back_to_places(of("places", l + 1), p_.network.own_grid(l), 3, dy);
      const M dz(w.z.rows, w.z.columns, reference::field::inputs(s, dm_.at(l), w.y.data, scale(l)));
      add("interaction", (transposed(w.x) * dz).data);
      from_next = dz * transposed(w.o);
    }
    back_to_places("places", p_.network.grid_of(0), 3, from_next);
    const auto whole = [&](const std::string& name, const M& like) {
      return M(like.rows, like.columns, gradients_.at(name));
    };
    back_to_places("dense_places", p_.network.grid_of(dense), 3,
                   whole("d dense_places", grown_[index(dense)].x));
    if (identity(dense) == "dense_places_1")
      back_to_places("dense_places_1", p_.network.own_grid(dense), 2,
                     whole("d dense_places_1", grown_[index(dense)].y));
  }

  const Problem& p_;
  std::map<std::string, M> arrays_;
  std::vector<Grew> grown_;
  std::vector<std::vector<M>> expression_before_, before_;  // what each pool sees
  std::vector<M> seen_, made_;
  M answers_{0, 0};
  std::map<int, Numbers> dm_;
  std::map<std::string, Numbers> gradients_;
};

struct Case {
  const char* name;
  Json genome;
  std::vector<Layer> layers;  // before the one that answers
  int channels = 1;
  bool small = true;  // fit for the SIMT executor
};

std::vector<Case> cases() {
  using activation::Function;
  const Json direct = {{"type", "direct"}};
  const auto developmental = [](int genes, int dense, const char* profile = "ridge", bool centred = true) {
    return Json{{"type", "developmental"},
                {"genes", genes},
                {"profile", profile},
                {"centred", centred},
                {"dense", {{"type", "gem"}, {"genes", dense}}},
                {"initial", {{"centres", 1.0}, {"inverse_width", 2.0}, {"interaction", 1.0}}}};
  };
  const std::vector<Layer> maps = two_maps(), one_map = {maps[0]},
                           three = {maps[0], maps[1], maps[2], hidden(5, Bias::none, Function::sigmoid)};
  std::vector<Layer> strided = map_with_max_pool();
  strided[0].stride = 2, strided[0].padding = 2, strided[0].units = 17;
  return {{"small_developmental", developmental(4, 3), maps},
          {"small_developmental_one_map", developmental(3, 2, "gaussian", false), one_map, 3},
          {"small_developmental_two_dense", developmental(5, 3, "bump"), three},
          {"small_developmental_strided", developmental(2, 4), strided, 3},
          {"small_direct_fields", direct, maps},
          {"small_direct_fields_colour", direct, map_with_max_pool(), 3},
          {"small_convolution", direct, shared_weights()},
          {"small_convolution_colour", direct, shared_weights(), 3}};
}

class NetworksWithFields : public testing::TestWithParam<On<Case>> {
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
INSTANTIATE_TEST_SUITE_P(, NetworksWithFields, testing::ValuesIn(on_backends(cases())), OnName());

TEST_P(NetworksWithFields, TheReferenceHasTheRightGradient) {
  if (backend() != Backend::cpu) GTEST_SKIP() << "asked once";
  expect_right_reference<Reference>(made(7));
}

TEST_P(NetworksWithFields, GradientIsTheReferences) {
  TestContext context(backend());
  for (const int images : {13, 34}) {
    const auto problem_of = [&](std::uint64_t seed) { return made(images, seed); };
    expect_gradient_of<Reference>(context.context, problem_of, kDraws, std::to_string(images) + " images: ");
  }
}

TEST_P(NetworksWithFields, EveryExecutorGivesTheSameBits) {
  TestContext context(backend(), 2);
  const Problem p = made(37);
  const auto task = std::make_shared<Classification>(context, DatasetPair{p.set, p.set});
  Course course;
  course.batch = 8, course.steps = 6, course.testing.every = 3, course.rate = 0.01;
  const auto spec = spec_of(genome_of(p.genome), p.network, task, course);
  const auto learned = [&](Executor executor, std::int64_t at_once) {
    Pool pool(context, {{spec, 5}}, executor);
    for (int s = 0; s < 6; s += static_cast<int>(at_once)) pool.advance(at_once);
    return pool.save().replicas[0].learned();
  };
  const std::vector<float> expected = learned(Executor::automatic, 6);
  for (const Executor executor : {Executor::fused, Executor::launches, Executor::graph})
    EXPECT_EQ(learned(executor, 6), expected) << name(executor);
  EXPECT_EQ(learned(Executor::automatic, 2), expected) << "in parts";
  TestContext cpu(Backend::cpu, 1);
  const auto there = std::make_shared<Classification>(cpu, DatasetPair{p.set, p.set});
  Pool pool(cpu, {{spec_of(genome_of(p.genome), p.network, there, course), 5}});
  pool.advance(6);
  EXPECT_EQ(pool.save().replicas[0].learned(), expected) << "on the CPU";
}

// ---- Standardised images

/// A network answers to (p / 255 - mean) / sd, whatever its first layer is.
TEST_P(NetworksWithFields, SeeStandardisedImages) {
  TestContext context(backend());
  const Problem p = made(30);
  DeviceImages set(context, p.set);
  const Grown grown(context, genome_of(p.genome), p.network, p.seed, p.draw, set.density());
  const std::vector<float> unit = grown.logits(set);
  const Standard standard = standard_of(p.set);
  set.standardise(context, standard);
  const std::vector<float> z = grown.logits(set);
  EXPECT_NE(z, unit);
  const std::vector<GrownWeights> layers = all_layers(grown, p.network);
  const auto pixels = static_cast<std::size_t>(p.set.pixels()), channels = standard.mean.size();
  for (std::size_t i = 0; i < 30; ++i) {
    std::vector<double> x;
    for (std::size_t e = 0; e < pixels; ++e)
      x.push_back((p.set.images[i * pixels + e] / 255.0 - standard.mean[e % channels]) /
                  standard.sd[e % channels]);
    const std::vector<double> expected = answers(p.network, layers, x);
    for (std::size_t k = 0; k < kBarClasses; ++k)
      EXPECT_NEAR(z[i * kBarClasses + k], expected[k], 1e-5 * (1 + norm(expected)));
  }
}

TEST(StandardisedImages, AreSeenByDenseLayersToo) {
  Context context = Context::cpu(1);
  for (const Json& genome : {Json{{"type", "direct"}}, Json{{"type", "spatial_gem"}, {"genes", 4}}}) {
    const Network network = bar_network(Bias::learned, 3);
    const Problem p = problem(genome, network, 20, 3);
    DeviceImages set(context, p.set);
    const Standard standard = standard_of(p.set);
    double sum = 0;
    for (std::size_t e = 1; e < p.set.images.size(); e += 3) sum += p.set.images[e] / 255.0;
    EXPECT_NEAR(standard.mean[1], sum / (20 * kBarHeight * kBarWidth), 1e-12);
    set.standardise(context, standard);
    const Grown grown(context, genome_of(genome), network, 3, p.draw, set.density());
    const std::vector<float> z = grown.logits(set);
    std::vector<double> x;
    for (std::size_t e = 0; e < static_cast<std::size_t>(p.set.pixels()); ++e)
      x.push_back((p.set.images[e] / 255.0 - standard.mean[e % 3]) / standard.sd[e % 3]);
    const std::vector<double> expected = answers(network, all_layers(grown, network), x);
    for (std::size_t k = 0; k < kBarClasses; ++k) EXPECT_NEAR(z[k], expected[k], 1e-5 * (1 + norm(expected)));
  }
}

// ---- How many numbers

Json layers_of_lenet(const char* kind, int padding, const char* bias) {
  const auto map = [&](int channels, int pad) {
    return Json{{"type", kind},   {"channels", channels}, {"size", 5},
                {"padding", pad}, {"bias", bias},         {"activation", "tanh"}};
  };
  const auto dense = [](int units, const char* activation) {
    return Json{{"type", "dense"}, {"units", units}, {"bias", "learned"}, {"activation", activation}};
  };
  const Json pool = {{"type", "pool"}, {"kind", "average"}, {"size", 2}};
  return {{"layers", Json::array({map(6, padding), pool, map(16, 0), pool, dense(120, "tanh"),
                                  dense(84, "tanh"), dense(10, "none")})}};
}

TEST(Lenet, HasAsManyNumbersAsThePaperSays) {
  const auto learned = [](const Json& genome, const Network& network) {
    return Layout::size(genome_of(genome)->layout(network).learned);
  };
  const Json direct = {{"type", "direct"}};
  const auto developmental = [](int genes) {
    return Json{{"type", "developmental"}, {"genes", genes}, {"dense", {{"type", "gem"}, {"genes", 30}}}};
  };
  EXPECT_EQ(
      learned(developmental(150), network_from_json(layers_of_lenet("fields", 2, "per_channel"), 28, 28, 1)),
      29456);
  EXPECT_EQ(
      learned(developmental(229), network_from_json(layers_of_lenet("fields", 0, "per_channel"), 32, 32, 3)),
      60819);
  const Network plain = network_from_json(layers_of_lenet("convolution", 2, "learned"), 28, 28, 1),
                unshared = network_from_json(layers_of_lenet("fields", 2, "learned"), 28, 28, 1);
  EXPECT_EQ(learned(direct, plain), 61706);
  EXPECT_EQ(plain.direct_weights(), 61470);
  EXPECT_EQ(learned(direct, unshared), 423038);
}

// ---- How they are read

std::string read_error(const Json& layers, const Json& genome = {{"type", "direct"}}) {
  return error_of([&] {
    const Network network = network_from_json({{"layers", layers}}, kBarHeight, kBarWidth, 1);
    genome_of(genome)->layout(network);
  });
}

TEST(FieldsInJson, SayWhatIsWrong) {
  const Json fields = {{"type", "fields"}, {"channels", 2}, {"size", 3}},
             convolution = {{"type", "convolution"}, {"channels", 2}, {"size", 3}},
             small = {{"type", "convolution"}, {"channels", 2}, {"size", 1}},
             dense = {{"type", "dense"}, {"units", 3}};
  const auto pool = [](int size) { return Json{{"type", "pool"}, {"size", size}}; };
  const Json developmental = {
      {"type", "developmental"}, {"genes", 2}, {"dense", {{"type", "gem"}, {"genes", 2}}}};
  EXPECT_EQ(read_error({fields, pool(2), dense}), "no error");
  EXPECT_EQ(read_error({fields, pool(2), dense}, developmental), "no error");
  EXPECT_EQ(read_error({dense, fields, dense}),
            "network.layers[1].type: stands behind a dense layer, which has no map");
  EXPECT_EQ(read_error({pool(2), fields, dense}),
            "network.layers[0]: a pool stands behind fields, a convolution or another pool");
  EXPECT_EQ(read_error({dense, pool(2), dense}),
            "network.layers[1]: a pool stands behind fields, a convolution or another pool");
  EXPECT_EQ(read_error({fields, pool(2), pool(2), dense}), "network.layers[2].size: is 2; the map is 2 x 1");
  EXPECT_EQ(read_error({fields, pool(4), dense}), "network.layers[1].size: is 4; the map is 5 x 3");
  EXPECT_EQ(read_error({fields, {{"type", "pool"}}, dense}), "network.layers[1].size: this key is missing");
  EXPECT_EQ(read_error({fields, {{"type", "pool"}, {"kind", "global"}, {"size", 2}}, dense}),
            "network.layers[1].size: a global pool has no size");
  EXPECT_EQ(read_error({fields, fields, pool(1), fields, dense}),
            "network.layers[3].size: is 3; the map before is 3 x 1, with a padding of 0");
  const Json dropout = {{"type", "dropout"}, {"rate", 0.5}};
  EXPECT_EQ(read_error({fields, pool(2), dropout, dense, dropout, dense}), "no error");
  EXPECT_EQ(read_error({dropout, dense}), "network.layers[0]: dropout stands behind a layer");
  EXPECT_EQ(read_error({dense, dropout, dropout, dense}),
            "network.layers[2]: the layer before has dropout already");
  EXPECT_EQ(read_error({fields, dropout, pool(2), dense}),
            "network.layers[2]: a pool stands before the dropout");
  EXPECT_EQ(
      read_error({dense, dropout}),
      "network.layers[1]: the last layer's answers are judged as they are: no dropout stands behind it");
  EXPECT_EQ(read_error({dense, {{"type", "dropout"}, {"rate", 1}}, dense}),
            "network.layers[1].rate: found 1; allowed: a number from 0 to 0.999");
  EXPECT_EQ(read_error({dense, {{"type", "dense"}, {"units", 3}, {"activation", "relu"}}}),
            "network.layers[1].activation: the last layer's answers are judged as they are: it has none");
  EXPECT_EQ(read_error({fields, pool(2)}), "network.layers[0].type: the last layer answers: it is dense");
  EXPECT_EQ(read_error(Json::array({dense}), developmental),
            "genome.type: \"developmental\" grows layers of fields, and the network begins with a dense one: "
            "use gem or spatial_gem");
  EXPECT_EQ(read_error({fields, pool(2), small, dense}, developmental),
            "genome.type: \"developmental\" grows the weights of every place; layer 2 shares them: make it "
            "one of fields");
  EXPECT_EQ(read_error({convolution, dense}, developmental),
            "genome.type: \"developmental\" grows the weights of every place; layer 0 shares them: make it "
            "one of fields");
  for (const Json& genome : {Json{{"type", "gem"}, {"genes", 2}}, Json{{"type", "spatial_gem"}, {"genes", 2}},
                             Json{{"type", "random_basis"}, {"vectors", 2}},
                             Json{{"type", "intrinsic_dimension"}, {"dimension", 2}}})
    EXPECT_EQ(read_error({fields, dense}, genome),
              "genome.type: \"" + genome.at("type").get<std::string>() +
                  "\" grows dense layers, and layer 0 is none: choose an encoding that grows such layers");
}

}  // namespace
}  // namespace innate::test
