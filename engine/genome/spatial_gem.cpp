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
  explicit SpatialGem(const Json& json)
      : genes_(json.at("genes")), output_(output_from_json(json.at("output"))), initial_(json.at("initial")) {
    const Json& centres = initial_.at("centres");
    if (centres.at("of") == "position" && centres.at("within").get<double>() > 1)
      throw SchemaError("genome.initial.centres.within",
                        "is " + centres.at("within").dump() + "; a position lies within 1");
  }

  Options options() const override {
    return options_from_json(
        {{"type", "spatial_gem"}, {"genes", genes_}, {"output", name(output_)}, {"initial", initial_}});
  }
  std::int64_t extent() const override { return genes_; }

  Layout layout(const Network& network) const override {
    Layout layout;
    layout.learned.push_back({"places", 3 * network.channels, genes_});
    add_factors(network, genes_, output_, &layout);
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    const Layout l = layout(network);
    const Json &interaction = initial_.at("interaction"), &scale = initial_.at("scale");
    Draw draw = draw_factors(network, l, seed, size_of(interaction, network, genes_));
    draw_places(network.channels, seed, place_of(l, "places", &draw));
    const std::vector<float> x = expand(network, place_of(l, "places", &draw));
    const double own = size_of(scale, network, genes_);
    if (is_kaiming(interaction)) {
      const double factor = kaiming(network) /
                            (own * std::max(deviation_of_weights(network, l, genes_, x.data(), &draw), 1e-9));
      float* o = place_of(l, "interaction", &draw);
      std::transform(o, o + genes_ * genes_, o,
                     [factor](float value) { return static_cast<float>(value * factor); });
    }
    draw.scale = static_cast<float>(
        is_kaiming(scale)
            ? kaiming(network) / std::max(deviation_of_weights(network, l, genes_, x.data(), &draw), 1e-9)
            : own);
    return draw;
  }

  /// G (G + 3 C + 3), in the paper G (G + 6), which counts a spatial output layer that single-layer runs do
  /// not have.
  std::int64_t paper_parameters(const Network& network) const override {
    return genes_ * (genes_ + 3 * network.channels + 3);
  }

  std::vector<GenePlace> places(const Network& network, const std::vector<float>& learned) const override {
    const auto needed = static_cast<std::size_t>(3 * network.channels * genes_);
    require(learned.size() >= needed, "there are ", learned.size(), " learned numbers; the places of ",
            genes_, " genes in ", network.channels, " channels are ", needed);
    std::vector<GenePlace> all;
    const float* at = learned.data();  // the layout's first array
    for (int c = 0; c < network.channels; ++c, at += 3 * genes_)
      for (std::int64_t g = 0; g < genes_; ++g)
        all.push_back({g, c, std::tanh(double{at[g]}), std::tanh(double{at[genes_ + g]}),
                       std::exp(-double{std::min(at[2 * genes_ + g], expression::greatest_q)})});
    return all;
  }

  bool has_places() const override { return true; }

  std::vector<Weights> grow(Tape& tape, const Network& network, const Inherited& inherited) const override {
    const auto profiles =
        tape.profiles(inherited("places"), {network.height, network.width, network.channels});
    return {factored_weights(network, inherited, tape.expand(profiles))};
  }

 private:
  /// For each channel my, mx of every gene, then q = -ln width.
  void draw_places(int channels, std::uint64_t seed, float* places) const {
    const double within = initial_.at("centres").at("within");
    const bool positions = initial_.at("centres").at("of") == "position";
    const random::Key key{seed, random::Purpose::places};
    const float q = static_cast<float>(-std::log(initial_.at("width").get<double>()));
    std::uint64_t draws = 0;
    for (int c = 0; c < channels; ++c, places += 3 * genes_) {
      for (std::int64_t i = 0; i < 2 * genes_; ++i) {
        const double drawn = within * (2 * random::uniform(key, draws++) - 1);
        places[i] = static_cast<float>(positions ? std::atanh(drawn) : drawn);
      }
      std::fill(places + 2 * genes_, places + 3 * genes_, q);
    }
  }

  /// X, on the host.
  std::vector<float> expand(const Network& network, const float* places) const {
    Context host = Context::cpu(1);
    const expression::Shape grid{
        1, network.height, network.width, network.channels, {genes_, nullptr, nullptr}};
    const std::int64_t columns = network.channels * genes_;
    std::vector<float> u(static_cast<std::size_t>(network.height * columns)),
        v(static_cast<std::size_t>(network.width * columns));
    std::vector<float> x(static_cast<std::size_t>(network.inputs() * genes_));
    expression::profiles(host, grid, {places, 0, nullptr}, {u.data(), 0, nullptr}, {v.data(), 0, nullptr});
    expression::expand(host, grid, {u.data(), 0, nullptr}, {v.data(), 0, nullptr}, {x.data(), 0, nullptr});
    return x;
  }

  std::int64_t genes_;
  OutputIdentity output_;
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
               "deviation of O; kaiming: such that the deviation of W is sqrt(2 / inputs)"),
      required("scale", size_value({"kaiming"}),
               "the constant s; kaiming: the deviation of W is sqrt(2 / inputs) at the start"),
  });
  return object({genes_field(), output_field(),
                 optional("initial", preset({{"tuned", tuned}, {"authors", authors}}, initial), "tuned",
                          "how the genome is drawn")});
}

std::unique_ptr<Genome> make(const Json& json) { return std::make_unique<SpatialGem>(json); }

}  // namespace

extern const GenomeKind spatial_gem_kind;
const GenomeKind spatial_gem_kind{"spatial_gem", fields, make};

}  // namespace innate::engine
