// Direct: every weight is learned. What the other encodings are compared with.
#include <algorithm>
#include <cmath>

#include "engine/genome/parts.h"

namespace innate::engine {

namespace {

class Direct : public Genome {
 public:
  explicit Direct(const Json& json) : size_(json.at("initial").at("weights")) {}

  Options options() const override {
    return options_from_json({{"type", "direct"}, {"initial", {{"weights", size_}}}});
  }

  Layout layout(const Network& network) const override {
    Layout layout;
    for (int l = 0; l < network.depth(); ++l)
      layout.learned.push_back({of_layer("weights", l), network.weight_rows(l), network.weight_columns(l)});
    add_biases(network, &layout);
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    const Layout layout = this->layout(network);
    Draw draw = draw_zeros(network, layout, seed);
    for (int l = 0; l < network.depth(); ++l) {
      const double half =
          is_kaiming(size_) ? std::sqrt(3.0) * kaiming(network, l) : size_of(size_, network.fan_in(l), 1);
      random::fill_uniform({seed, random::Purpose::weights, static_cast<std::uint32_t>(l)}, -half, half,
                           place_of(layout, of_layer("weights", l), &draw),
                           static_cast<std::size_t>(network.weight_rows(l) * network.weight_columns(l)));
    }
    return draw;
  }

  std::int64_t paper_parameters(const Network& network) const override { return network.direct_weights(); }

  std::vector<Weights> grow(Tape&, const Network& network, const Inherited& inherited) const override {
    std::vector<Weights> all;
    for (int l = 0; l < network.depth(); ++l) {
      all.push_back(weights_of(network, inherited, l));
      all.back().w = inherited(of_layer("weights", l));
    }
    return all;
  }

 private:
  Json size_;
};

Value fields() {
  const Json usual = {{"weights", "inverse_sqrt_inputs"}};
  const Value initial = object(
      {required("weights", size_value({"inverse_sqrt_inputs", "kaiming"}),
                "weights are uniform between plus and minus this, of the inputs of a neuron; kaiming: with a "
                "deviation of sqrt(2 / inputs)")});
  return object({optional("initial", preset({{"tuned", usual}, {"authors", usual}}, initial), "tuned",
                          "how the weights are drawn")});
}

std::unique_ptr<Genome> make(const Json& json) { return std::make_unique<Direct>(json); }

}  // namespace

extern const GenomeKind direct_kind;
const GenomeKind direct_kind{"direct", fields, make};

}  // namespace innate::engine
