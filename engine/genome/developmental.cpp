// Developmental: the weights of every receptive field are grown from the expression of the neurons that it
// joins, W_r = s Y_r O^T X_r^T (Barabasi 2023, Methods, "convolutional layers"; S-GEM LeNet-5). All layers of
// fields share one O. A neuron's expression is a profile of its row, column and channel; what is expressed by
// a map goes through the map's pools and is the next layer's X. Dense layers behind the fields are an S-GEM
// of their own: the first one's inputs and units express genes by their places, those of later ones as
// learned.
#include <algorithm>
#include <cmath>

#include "engine/genome/parts.h"
#include "innate/kernels/dense.h"
#include "innate/kernels/field.h"
#include "innate/kernels/identities.h"
#include "innate/kernels/pooling.h"
#include "innate/kernels/wiring.h"
#include "kernels/core/check.h"

namespace innate::engine {

namespace {

using expression::Profile;

/// Numbers a gene has for a profile of so many axes: centres and inverse widths.
constexpr int numbers(int axes) { return 2 * axes; }

/// One set of neurons that express genes by their places.
struct Set {
  std::string array;
  Grid grid;
  int axes;
  std::int64_t genes;
  std::uint32_t stream;
  std::int64_t neurons() const { return std::int64_t{grid.height} * grid.width * grid.channels; }
};

class Developmental : public Genome {
 public:
  explicit Developmental(const Json& json)
      : genes_(json.at("genes")),
        dense_genes_(json.at("dense").at("genes")),
        centred_(json.at("centred")),
        initial_(json.at("initial")) {
    for (const Profile p : {Profile::bump, Profile::gaussian})
      if (json.at("profile") == name(p)) profile_ = p;
  }

  Options options() const override {
    return options_from_json({{"type", "developmental"},
                              {"genes", genes_},
                              {"profile", name(profile_)},
                              {"centred", centred_},
                              {"dense", {{"type", "gem"}, {"genes", dense_genes_}}},
                              {"initial", initial_}});
  }
  std::int64_t extent() const override { return genes_; }

  Layout layout(const Network& network) const override {
    check_fit(network);
    Layout layout;
    for (const Set& s : sets(network)) layout.learned.push_back({s.array, numbers(s.axes), s.genes});
    for (int l = first_dense(network) + 1; l <= network.depth(); ++l)
      if (!placed(network, l))
        layout.learned.push_back({identity(network, l), network.outputs_of(l - 1), dense_genes_});
    layout.learned.push_back({"interaction", genes_, genes_});
    layout.learned.push_back({"dense_interaction", dense_genes_, dense_genes_});
    add_biases(network, &layout);
    layout.scales = network.depth();
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    const Layout layout = this->layout(network);
    Draw draw = draw_zeros(network, layout, seed);
    for (const Set& s : sets(network)) draw_places(s, seed, place_of(layout, s.array, &draw));
    const auto normals = [&](const std::string& array, random::Key key, double deviation,
                             std::int64_t count) {
      random::fill_normal(key, 0.0, deviation, place_of(layout, array, &draw),
                          static_cast<std::size_t>(count));
    };
    const double deviation = initial_.at("interaction");
    normals("interaction", {seed, random::Purpose::interaction, 0}, deviation, genes_ * genes_);
    normals("dense_interaction", {seed, random::Purpose::interaction, 1}, 1.0, dense_genes_ * dense_genes_);
    for (int l = first_dense(network) + 1; l <= network.depth(); ++l)
      if (!placed(network, l))
        normals(identity(network, l), {seed, random::Purpose::expression, static_cast<std::uint32_t>(l)}, 1.0,
                network.outputs_of(l - 1) * dense_genes_);
    calibrate(network, layout, &draw);
    return draw;
  }

  std::vector<Weights> grow(Tape& tape, const Network& network, const Inherited& inherited) const override {
    const auto expressed = [&](const Set& s) {
      return tape.identities(inherited(s.array), s.grid, s.axes, profile_, centred_);
    };
    const std::vector<Set> sets = this->sets(network);
    const int dense = first_dense(network);
    std::vector<Weights> all;
    Variable x = expressed(sets[0]);
    for (int l = 0; l < dense; ++l) {
      const Variable y = expressed(sets[static_cast<std::size_t>(l) + 1]);
      all.push_back(weights_of(network, inherited, l));
      all.back().w = tape.grow_fields(x, inherited("interaction"), y, inherited.scale(l), all.back().field);
      all.back().x = x;
      if (l + 1 < dense) x = network.pool(tape, l, y);
    }
    x = expressed(sets[static_cast<std::size_t>(dense) + 1]);
    for (int l = dense; l < network.depth(); ++l) {
      Weights w = weights_of(network, inherited, l);
      w.form = Weights::Form::factored;
      w.x = x, w.o = inherited("dense_interaction"), w.scale = inherited.scale(l);
      w.y = x = placed(network, l + 1) ? expressed(sets.back()) : inherited(identity(network, l + 1));
      all.push_back(w);
    }
    return all;
  }

 private:
  static int first_dense(const Network& network) {
    int l = 0;
    while (l < network.depth() && network.layers[static_cast<std::size_t>(l)].kind == Layer::Kind::fields)
      ++l;
    return l;
  }

  static void check_fit(const Network& network) {
    network.check();
    for (int l = 0; l < network.depth(); ++l)
      if (network.layers[static_cast<std::size_t>(l)].kind == Layer::Kind::convolution)
        throw SchemaError("genome.type", "\"developmental\" grows the weights of every place; layer " +
                                             std::to_string(network.number_of(l)) +
                                             " shares them: make it one of fields");
    if (network.layers[0].kind != Layer::Kind::fields)
      throw SchemaError(
          "genome.type",
          "\"developmental\" grows layers of fields, and the network begins with a dense one: use "
          "gem or spatial_gem");
  }

  /// Whether the outputs of dense layer l - 1 express genes by their places: those of the first one, where it
  /// is hidden.
  static bool placed(const Network& network, int l) {
    return l == first_dense(network) + 1 && l < network.depth();
  }
  static std::string identity(const Network& network, int l) {
    return of_layer("dense_identity", l - first_dense(network) - 1);
  }

  /// The input's, each layer of fields', the first dense layer's inputs', and its units'.
  std::vector<Set> sets(const Network& network) const {
    const int dense = first_dense(network);
    std::vector<Set> all = {{"places", network.grid_of(0), 3, genes_, 0}};
    for (int l = 0; l < dense; ++l)
      all.push_back(
          {of_layer("places", l + 1), network.own_grid(l), 3, genes_, static_cast<std::uint32_t>(l + 1)});
    const auto stream = static_cast<std::uint32_t>(dense + 1);
    all.push_back({"dense_places", network.grid_of(dense), 3, dense_genes_, stream});
    if (placed(network, dense + 1))
      all.push_back({"dense_places_1", network.own_grid(dense), 2, dense_genes_, stream + 1});
    return all;
  }

  // ---- drawing, on the host

  /// Centres uniform; inverse widths N(0, d^2) where a ridge has a direction, else d.
  void draw_places(const Set& s, std::uint64_t seed, float* places) const {
    const double centres = initial_.at("centres"), steep = initial_.at("inverse_width");
    const auto half = static_cast<std::size_t>(s.axes * s.genes);
    random::fill_uniform({seed, random::Purpose::places, 2 * s.stream}, -centres, centres, places, half);
    if (profile_ == Profile::ridge)
      random::fill_normal({seed, random::Purpose::places, 2 * s.stream + 1}, 0.0, steep, places + half, half);
    else
      std::fill(places + half, places + 2 * half, static_cast<float>(steep));
  }

  std::vector<float> expressed(const Set& s, const float* places) const {
    Context host = Context::cpu(1);
    std::vector<float> x(static_cast<std::size_t>(s.neurons() * s.genes));
    const expression::IdentityShape shape{
        1,        s.grid.height, s.grid.width, s.grid.channels, s.axes, {s.genes, nullptr, nullptr},
        profile_, centred_};
    expression::identities(host, shape, {places, 0, nullptr}, {x.data(), 0, nullptr});
    return x;
  }

  static std::vector<float> pooled(const Network& network, int layer, std::vector<float> y,
                                   std::int64_t genes) {
    Context host = Context::cpu(1);
    Grid grid = network.own_grid(layer);
    for (const pooling::Window& w : network.layers[static_cast<std::size_t>(layer)].pools) {
      const pooling::Shape shape{1, grid.height, grid.width, grid.channels, {genes, nullptr, nullptr}, w};
      grid.height /= w.height, grid.width /= w.width;
      std::vector<float> less(static_cast<std::size_t>(grid.height * grid.width * grid.channels * genes));
      pooling::forward(host, shape, {y.data(), 0, nullptr}, {less.data(), 0, nullptr});
      y.swap(less);
    }
    return y;
  }

  /// The deviation of all weights of a layer of fields, where s is 1.
  static double deviation(const field::Geometry& g, std::int64_t genes, const std::vector<float>& x,
                          const float* o, const std::vector<float>& y) {
    std::vector<float> z(x.size()), w(static_cast<std::size_t>(g.places() * g.weights() * g.outputs));
    Context host = Context::cpu(1);
    const int side = static_cast<int>(genes);
    const dense::Shape shape{1, static_cast<int>(g.in_neurons()), side, side};
    Inputs seen;
    seen.values = {x.data(), 0, nullptr};
    dense::forward(host, shape, seen, {o, 0, nullptr}, {}, {z.data(), 0, nullptr});
    field::weights(host, {1, g, genes}, {z.data(), 0, nullptr}, {y.data(), 0, nullptr}, {},
                   {w.data(), 0, nullptr}, {});
    double sum = 0, squares = 0;
    for (const float value : w) sum += double{value}, squares += double{value} * double{value};
    const double count = static_cast<double>(w.size()), mean = sum / count;
    return std::max(std::sqrt(std::max(0.0, squares / count - mean * mean)), 1e-9);
  }

  /// s of each layer such that the deviation of its weights is kaiming's.
  void calibrate(const Network& network, const Layout& layout, Draw* draw) const {
    const std::vector<Set> sets = this->sets(network);
    const int dense = first_dense(network);
    const auto of = [&](std::size_t i) { return expressed(sets[i], place_of(layout, sets[i].array, draw)); };
    const auto set_scale = [&](int l, double own) {
      draw->scales[static_cast<std::size_t>(l)] = static_cast<float>(kaiming(network, l) / own);
    };
    std::vector<float> x = of(0);
    for (int l = 0; l < dense; ++l) {
      const std::vector<float> y = of(static_cast<std::size_t>(l) + 1);
      set_scale(l, deviation(network.geometry(l), genes_, x, place_of(layout, "interaction", draw), y));
      x = pooled(network, l, y, genes_);
    }
    x = of(static_cast<std::size_t>(dense) + 1);
    for (int l = dense; l < network.depth(); ++l) {
      std::vector<float> y;
      if (placed(network, l + 1)) {
        y = of(sets.size() - 1);
      } else {
        const float* own = place_of(layout, identity(network, l + 1), draw);
        y.assign(own, own + network.outputs_of(l) * dense_genes_);
      }
      set_scale(
          l, std::max(wiring::deviation(network.inputs_of(l), network.outputs_of(l), dense_genes_, x.data(),
                                        place_of(layout, "dense_interaction", draw), y.data()),
                      1e-9));
      x = y;
    }
  }

  std::int64_t genes_, dense_genes_;
  Profile profile_ = Profile::ridge;
  bool centred_;
  Json initial_;
};

Value fields() {
  const Json tuned = {{"centres", 1.0}, {"inverse_width", 20.0}, {"interaction", 1.0}};
  const Value initial = object({
      required("centres", number_above(0),
               "uniform between plus and minus this; the grid reaches from -1 to 1 along each axis"),
      required(
          "inverse_width", number_above(0),
          "of profiles: the deviation of N(0, d^2) for a ridge along each axis, else that of every gene"),
      required("interaction", number_above(0), "deviation of the O that layers of fields share"),
  });
  const Value dense = variant({{"gem", object({required("genes", integer(1, 65536), "how many genes")})}});
  return object({
      required("genes", integer(1, 65536), "how many genes neurons of maps can express, G"),
      optional("profile", word({"ridge", "bump", "gaussian"}), "ridge",
               "of a gene over rows, columns and channels"),
      optional("centred", boolean(), true, "whether a gene's mean over a map is taken off"),
      required("dense", dense, "the encoding of the dense layers, which has genes of its own"),
      optional("initial", preset({{"tuned", tuned}}, initial), "tuned", "how the genome is drawn"),
  });
}

std::unique_ptr<Genome> make(const Json& json) { return std::make_unique<Developmental>(json); }

}  // namespace

extern const GenomeKind developmental_kind;
const GenomeKind developmental_kind{"developmental", fields, make};

}  // namespace innate::engine
