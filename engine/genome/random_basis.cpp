// Random basis: W = s R P with R fixed, random numbers and P learned (the baseline "RB" of Barabasi 2023, as
// its text has it). s = 1 / sqrt(inputs), and P begins at 0.
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
    Layout layout;
    layout.learned.push_back({"coefficients", vectors_, network.outputs()});
    add_bias(network.last(), &layout);
    layout.basis.push_back({"basis", network.inputs(), vectors_});
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    Draw draw = draw_zeros(network.last(), layout(network), seed);
    draw.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(network.inputs())));
    return draw;
  }

  std::int64_t paper_parameters(const Network& network) const override {
    return vectors_ * network.outputs();
  }
  std::vector<Weights> grow(Tape&, const Network& network, const Inherited& inherited) const override {
    Weights w;
    w.form = Weights::Form::combined;
    w.r = inherited("basis"), w.p = inherited("coefficients"), w.scale = inherited.scale;
    w.bias = inherited("bias");
    w.inputs = network.inputs(), w.outputs = network.outputs();
    return {w};
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
