// GEM: W = s X O Y^T with X and O learned (Barabasi 2023).
#include <algorithm>

#include "engine/genome/factored.h"
#include "engine/genome/parts.h"

namespace innate::engine {

namespace {

class Gem : public Genome {
 public:
  explicit Gem(const Json& json)
      : genes_(json.at("genes")),
        output_(output_from_json(json.at("output"))),
        initial_(json.at("initial")) {}

  Options options() const override {
    return options_from_json(
        {{"type", "gem"}, {"genes", genes_}, {"output", name(output_)}, {"initial", initial_}});
  }
  std::int64_t extent() const override { return genes_; }

  Layout layout(const Network& network) const override {
    Layout layout;
    layout.learned.push_back({"expression", network.inputs(), genes_});
    add_factors(network, genes_, output_, &layout);
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    const Layout l = layout(network);
    Draw draw = draw_factors(network, l, seed, size_of(initial_.at("interaction"), network, genes_));
    float* x = place_of(l, "expression", &draw);
    random::fill_normal({seed, random::Purpose::expression}, 0.0,
                        size_of(initial_.at("expression"), network, genes_), x,
                        static_cast<std::size_t>(network.inputs() * genes_));
    const Json& scale = initial_.at("scale");
    draw.scale = static_cast<float>(
        is_kaiming(scale)
            ? kaiming(network) / std::max(deviation_of_weights(network, l, genes_, x, &draw), 1e-9)
            : size_of(scale, network, genes_));
    return draw;
  }

  /// G (N_in + N_out + G), which counts the output identities although they are frozen.
  std::int64_t paper_parameters(const Network& network) const override {
    return genes_ * (network.inputs() + network.outputs() + genes_);
  }

  std::vector<Weights> grow(Tape&, const Network& network, const Inherited& inherited) const override {
    return {factored_weights(network, inherited, inherited("expression"))};
  }

 private:
  std::int64_t genes_;
  OutputIdentity output_;
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
               "the constant s; kaiming: the deviation of W is sqrt(2 / inputs) at the start"),
  });
  return object({genes_field(), output_field(),
                 optional("initial", preset({{"tuned", tuned}, {"authors", authors}}, initial), "tuned",
                          "how the genome is drawn")});
}

std::unique_ptr<Genome> make(const Json& json) { return std::make_unique<Gem>(json); }

}  // namespace

extern const GenomeKind gem_kind;
const GenomeKind gem_kind{"gem", fields, make};

}  // namespace innate::engine
