// GEM: W = s X O Y^T with X and O learned (Barabasi 2023).
#include <algorithm>

#include "engine/genome/factored.h"
#include "engine/genome/parts.h"

namespace innate::engine {

namespace {

class Gem : public Genome {
 public:
  explicit Gem(const Json& json) : factors_(json), initial_(json.at("initial")) {}

  Options options() const override { return factors_.options("gem", initial_); }
  std::int64_t extent() const override { return factors_.genes; }

  Layout layout(const Network& network) const override {
    only_dense(network, "gem");
    Layout layout;
    for (int l = 0; l < network.depth(); ++l)
      layout.learned.push_back({of_layer("expression", l), network.inputs_of(l), factors_.genes});
    add_factors(network, factors_, &layout);
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    const Layout layout = this->layout(network);
    const std::int64_t genes = factors_.genes;
    Draw draw = draw_factors(network, layout, factors_, seed,
                             size_of(initial_.at("interaction"), network.inputs(), genes));
    for (int l = 0; l < network.depth(); ++l)
      random::fill_normal({seed, random::Purpose::expression, static_cast<std::uint32_t>(l)}, 0.0,
                          size_of(initial_.at("expression"), network.inputs_of(l), genes),
                          place_of(layout, of_layer("expression", l), &draw),
                          static_cast<std::size_t>(network.inputs_of(l) * genes));
    const auto expression = [&](int l) {
      const float* x = place_of(layout, of_layer("expression", l), &draw);
      return std::vector<float>(x, x + network.inputs_of(l) * genes);
    };
    draw_scales(network, layout, factors_, initial_.at("scale"), expression, &draw);
    return draw;
  }

  /// G (N_in + N_out + G), which counts the output identities although they are frozen; with hidden layers
  /// G (N_in + hidden + G), which does not.
  std::int64_t paper_parameters(const Network& network) const override {
    std::int64_t neurons = network.depth() == 1 ? network.outputs() : 0;
    for (int l = 0; l < network.depth(); ++l) neurons += network.inputs_of(l);
    return factors_.genes * (neurons + factors_.genes);
  }

  std::vector<Weights> grow(Tape&, const Network& network, const Inherited& inherited) const override {
    std::vector<Variable> x;
    for (int l = 0; l < network.depth(); ++l) x.push_back(inherited(of_layer("expression", l)));
    return factored_weights(network, inherited, factors_, x);
  }

 private:
  Factors factors_;
  Json initial_;
};

Value fields() {
  const Json tuned = {{"expression", "inverse_sqrt_inputs"},
                      {"interaction", "inverse_sqrt_genes"},
                      {"scale", "inverse_sqrt_genes"}};
  const Json authors = {{"expression", 1.0}, {"interaction", 1.0}, {"scale", "kaiming"}};
  const Value initial = object({
      required("expression", size_value({"inverse_sqrt_inputs", "inverse_sqrt_genes"}), "deviation of X"),
      required("interaction", size_value({"inverse_sqrt_genes"}), "deviation of O"),
      required("scale", size_value({"inverse_sqrt_genes", "kaiming"}),
               "the constant s; kaiming, and any word where there are several layers: the deviation of each "
               "layer's W is sqrt(2 / inputs) at the start"),
  });
  return object({genes_field(), output_field(), interaction_field(),
                 optional("initial", preset({{"tuned", tuned}, {"authors", authors}}, initial), "tuned",
                          "how the genome is drawn")});
}

std::unique_ptr<Genome> make(const Json& json) { return std::make_unique<Gem>(json); }

}  // namespace

extern const GenomeKind gem_kind;
const GenomeKind gem_kind{"gem", fields, make};

}  // namespace innate::engine
