// Random basis: W = s R P with R fixed, random numbers and P learned (the baseline "RB" of Barabasi 2023, as
// its text has it), for each layer an R of its own. s = 1 / sqrt(inputs). The last layer's P begins at 0;
// before it P is drawn such that the deviation of W is sqrt(2 / inputs), since units that are all 0 learn
// nothing.
#include <algorithm>
#include <cmath>

#include "engine/genome/parts.h"

namespace innate::engine {

namespace {

class RandomBasis : public Genome {
 public:
  explicit RandomBasis(std::int64_t vectors) : vectors_(vectors) {}

  Options options() const override {
    return options_from_json({{"type", "random_basis"}, {"vectors", vectors_}});
  }
  std::int64_t extent() const override { return vectors_; }

  Layout layout(const Network& network) const override {
    only_dense(network, "random_basis");
    Layout layout;
    for (int l = 0; l < network.depth(); ++l) {
      layout.learned.push_back({of_layer("coefficients", l), vectors_, network.outputs_of(l)});
      layout.basis.push_back({of_layer("basis", l), network.inputs_of(l), vectors_});
    }
    add_biases(network, &layout);
    layout.scales = network.depth();
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    const Layout layout = this->layout(network);
    Draw draw = draw_zeros(network, layout, seed);
    for (int l = 0; l < network.depth(); ++l) {
      draw.scales[static_cast<std::size_t>(l)] =
          static_cast<float>(1 / std::sqrt(static_cast<double>(network.inputs_of(l))));
      if (l + 1 < network.depth())
        random::fill_normal({seed, random::Purpose::weights, static_cast<std::uint32_t>(l)}, 0.0,
                            std::sqrt(2.0 / static_cast<double>(vectors_)),
                            place_of(layout, of_layer("coefficients", l), &draw),
                            static_cast<std::size_t>(vectors_ * network.outputs_of(l)));
    }
    return draw;
  }

  std::int64_t paper_parameters(const Network& network) const override {
    std::int64_t sum = 0;
    for (int l = 0; l < network.depth(); ++l) sum += vectors_ * network.outputs_of(l);
    return sum;
  }
  std::vector<Weights> grow(Tape&, const Network& network, const Inherited& inherited) const override {
    std::vector<Weights> all;
    for (int l = 0; l < network.depth(); ++l) {
      Weights w = weights_of(network, inherited, l);
      w.form = Weights::Form::combined;
      w.r = inherited(of_layer("basis", l)), w.seed = inherited.seed(l);
      w.p = inherited(of_layer("coefficients", l)), w.scale = inherited.scale(l);
      all.push_back(w);
    }
    return all;
  }

 private:
  std::int64_t vectors_;
};

Value fields() {
  return object({required("vectors", integer(1, 1 << 20),
                          "how many fixed random vectors the weights of each output are a combination of")});
}

std::unique_ptr<Genome> make(const Json& json) { return std::make_unique<RandomBasis>(json.at("vectors")); }

}  // namespace

extern const GenomeKind random_basis_kind;
const GenomeKind random_basis_kind{"random_basis", fields, make};

}  // namespace innate::engine
