// S-GEM: GEM whose input expression is a Gaussian of the place of a neuron, three numbers a gene (Barabasi
// 2023). Colour images have a grid of neurons for each channel, and a gene three numbers for each grid.
#include <algorithm>
#include <cmath>

#include "engine/genome/factored.h"
#include "engine/genome/parts.h"
#include "innate/kernels/expression.h"
#include "kernels/core/check.h"

namespace innate::engine {

namespace {

class SpatialGem : public Genome {
 public:
  explicit SpatialGem(const Json& json) : factors_(json), initial_(json.at("initial")) {
    const Json& centres = initial_.at("centres");
    if (centres.at("of") == "position" && centres.at("within").get<double>() > 1)
      throw SchemaError("genome.initial.centres.within",
                        "is " + centres.at("within").dump() + "; a position lies within 1");
  }

  Options options() const override { return factors_.options("spatial_gem", initial_); }
  std::int64_t extent() const override { return factors_.genes; }

  Layout layout(const Network& network) const override {
    only_dense(network, "spatial_gem");
    Layout layout;
    for (int l = 0; l < network.depth(); ++l)
      layout.learned.push_back({of_layer("places", l), 3 * network.grid_of(l).channels, factors_.genes});
    add_factors(network, factors_, &layout);
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    const Layout layout = this->layout(network);
    const Json &interaction = initial_.at("interaction"), &scale = initial_.at("scale");
    const bool deep = network.depth() > 1;
    const double words = deep ? kSharedInteraction / std::sqrt(static_cast<double>(factors_.genes)) : 1.0;
    Draw draw = draw_factors(network, layout, factors_, seed,
                             size_of(interaction, network.inputs(), factors_.genes, words));
    for (int l = 0; l < network.depth(); ++l)
      draw_places(network.grid_of(l).channels, {seed, random::Purpose::places, static_cast<std::uint32_t>(l)},
                  place_of(layout, of_layer("places", l), &draw));
    const auto expression = [&](int l) {
      return expand(network.grid_of(l), place_of(layout, of_layer("places", l), &draw));
    };
    if (is_kaiming(interaction) && !deep) {
      const double own = size_of(scale, network.inputs(), factors_.genes);
      const double factor =
          kaiming(network) / (own * deviation_of_weights(network, layout, factors_, 0, expression, &draw));
      float* o = place_of(layout, "interaction", &draw);
      std::transform(o, o + factors_.genes * factors_.genes, o,
                     [factor](float value) { return static_cast<float>(value * factor); });
    }
    const bool calibrated = is_kaiming(scale) || (is_kaiming(interaction) && deep);
    draw_scales(network, layout, factors_, calibrated ? Json("kaiming") : scale, expression, &draw);
    return draw;
  }

  /// G (G + 3 C + 3), in the paper G (G + 6), which counts a spatial output layer that single-layer runs do
  /// not have. Two layers: G (G + 6), all of them learned.
  std::int64_t paper_parameters(const Network& network) const override {
    const int grids = std::max(1, network.depth() - 1);  // beside the input's
    return factors_.genes * (factors_.genes + 3 * (network.channels + grids));
  }

  std::vector<GenePlace> places(const Network& network, const Draw& numbers) const override {
    const std::vector<float>& learned = numbers.learned;
    const auto needed = static_cast<std::size_t>(3 * network.channels * factors_.genes);
    require(learned.size() >= needed, "there are ", learned.size(), " learned numbers; the places of ",
            factors_.genes, " genes in ", network.channels, " channels are ", needed);
    std::vector<GenePlace> all;
    const float* at = learned.data();  // the layout's first array
    for (int c = 0; c < network.channels; ++c, at += 3 * factors_.genes)
      for (std::int64_t g = 0; g < factors_.genes; ++g)
        all.push_back({g, c, std::tanh(double{at[g]}), std::tanh(double{at[factors_.genes + g]}),
                       std::exp(-double{std::min(at[2 * factors_.genes + g], expression::greatest_q)})});
    return all;
  }

  bool has_places() const override { return true; }

  std::vector<Weights> grow(Tape& tape, const Network& network, const Inherited& inherited) const override {
    std::vector<Variable> x;
    for (int l = 0; l < network.depth(); ++l)
      x.push_back(tape.expand(tape.profiles(inherited(of_layer("places", l)), network.grid_of(l))));
    return factored_weights(network, inherited, factors_, x);
  }

 private:
  /// For each channel my, mx of every gene, then q = -ln width.
  void draw_places(int channels, random::Key key, float* places) const {
    const double within = initial_.at("centres").at("within");
    const bool positions = initial_.at("centres").at("of") == "position";
    const float q = static_cast<float>(-std::log(initial_.at("width").get<double>()));
    std::uint64_t draws = 0;
    for (int c = 0; c < channels; ++c, places += 3 * factors_.genes) {
      for (std::int64_t i = 0; i < 2 * factors_.genes; ++i) {
        const double drawn = within * (2 * random::uniform(key, draws++) - 1);
        places[i] = static_cast<float>(positions ? std::atanh(drawn) : drawn);
      }
      std::fill(places + 2 * factors_.genes, places + 3 * factors_.genes, q);
    }
  }

  /// X, on the host.
  std::vector<float> expand(const Grid& grid, const float* places) const {
    Context host = Context::cpu(1);
    const expression::Shape shape{
        1, grid.height, grid.width, grid.channels, {factors_.genes, nullptr, nullptr}};
    const std::int64_t columns = grid.channels * factors_.genes;
    std::vector<float> u(static_cast<std::size_t>(grid.height * columns)),
        v(static_cast<std::size_t>(grid.width * columns));
    std::vector<float> x(static_cast<std::size_t>(grid.height * grid.width * columns));
    expression::profiles(host, shape, {places, 0, nullptr}, {u.data(), 0, nullptr}, {v.data(), 0, nullptr});
    expression::expand(host, shape, {u.data(), 0, nullptr}, {v.data(), 0, nullptr}, {x.data(), 0, nullptr});
    return x;
  }

  // Of O's deviation where layers share it, times the root of the genes: larger ones learn slowly, since it
  // is the steps relative to O that count; smaller ones erratically.
  static constexpr double kSharedInteraction = 0.3;
  Factors factors_;
  Json initial_;
};

Value fields() {
  const Json tuned = {{"centres", {{"of", "position"}, {"within", 0.95}}},
                      {"width", 0.15},
                      {"interaction", "kaiming"},
                      {"scale", 0.3}};
  const Json authors = {{"centres", {{"of", "raw"}, {"within", 1.0}}},
                        {"width", 0.3},
                        {"interaction", 1.0},
                        {"scale", "kaiming"}};
  const Value initial = object({
      required("centres",
               object({required("of", word({"position", "raw"}),
                                "draw the place tanh m of a gene's centre, or m itself"),
                       required("within", number_above(0), "uniform between plus and minus this")}),
               "where genes are centred; the grid reaches from -1 to 1"),
      required("width", number_above(0), "width of every gene's Gaussian"),
      required("interaction", size_value({"kaiming"}),
               "deviation of O; kaiming: such that the deviation of W is sqrt(2 / inputs); where there are "
               "several layers: 0.3 / sqrt(genes), and each layer's scale is kaiming"),
      required("scale", size_value({"kaiming"}),
               "the constant s; kaiming: the deviation of each layer's W is sqrt(2 / inputs) at the start"),
  });
  return object({genes_field(), output_field(), interaction_field(),
                 optional("initial", preset({{"tuned", tuned}, {"authors", authors}}, initial), "tuned",
                          "how the genome is drawn")});
}

std::unique_ptr<Genome> make(const Json& json) { return std::make_unique<SpatialGem>(json); }

}  // namespace

extern const GenomeKind spatial_gem_kind;
const GenomeKind spatial_gem_kind{"spatial_gem", fields, make};

}  // namespace innate::engine
