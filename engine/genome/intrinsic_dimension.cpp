// Intrinsic dimension: all tensors of a network are one combination of fixed random tensors (Li et al. 2018;
// the random basis of the code of Barabasi 2023). Each tensor's numbers have the deviation of PyTorch's
// default, 1 / sqrt(3 inputs), and the coefficients, which all layers share, begin at 1, 0, 0, ...
#include <algorithm>
#include <cmath>

#include "engine/genome/parts.h"

namespace innate::engine {

namespace {

/// Numbers of a layer: W, and behind it the bias where it is learned.
std::int64_t combined(const Network& network, int layer) {
  const std::int64_t inputs = network.inputs_of(layer), outputs = network.outputs_of(layer);
  const bool learned = network.layers[static_cast<std::size_t>(layer)].bias == Bias::learned;
  return (inputs + (learned ? 1 : 0)) * outputs;
}

class IntrinsicDimension : public Genome {
 public:
  explicit IntrinsicDimension(std::int64_t dimension) : dimension_(dimension) {}

  Options options() const override {
    return options_from_json({{"type", "intrinsic_dimension"}, {"dimension", dimension_}});
  }
  std::int64_t extent() const override { return dimension_; }

  Layout layout(const Network& network) const override {
    only_dense(network, "intrinsic_dimension");
    Layout layout;
    layout.learned.push_back({"coefficients", 1, dimension_});
    add_biases(network, Bias::frozen, &layout);
    for (int l = 0; l < network.depth(); ++l)
      layout.basis.push_back({of_layer("basis", l), dimension_, combined(network, l)});
    layout.scales = network.depth();
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    Draw draw = draw_zeros(network, layout(network), seed);
    draw.learned[0] = 1.0f;
    for (int l = 0; l < network.depth(); ++l)
      draw.scales[static_cast<std::size_t>(l)] =
          static_cast<float>(1 / std::sqrt(3.0 * network.inputs_of(l)));
    return draw;
  }

  std::int64_t paper_parameters(const Network&) const override { return dimension_; }
  std::vector<Weights> grow(Tape& tape, const Network& network, const Inherited& inherited) const override {
    std::vector<Weights> all;
    for (int l = 0; l < network.depth(); ++l) {
      const Variable theta =
          tape.combine(inherited(of_layer("basis", l)), inherited.seed(l), inherited("coefficients"),
                       combined(network, l), inherited.scale(l));
      Weights w = weights_of(network, inherited, l);
      w.w = theta.part(0, w.inputs, w.outputs);
      if (network.layers[static_cast<std::size_t>(l)].bias == Bias::learned)
        w.bias = theta.part(w.inputs * w.outputs, 1, w.outputs);
      all.push_back(w);
    }
    return all;
  }

 private:
  std::int64_t dimension_;
};

Value fields() {
  return object({required("dimension", integer(1, 1 << 20),
                          "how many fixed random networks the network is a combination of")});
}

std::unique_ptr<Genome> make(const Json& json) {
  return std::make_unique<IntrinsicDimension>(json.at("dimension"));
}

}  // namespace

extern const GenomeKind intrinsic_dimension_kind;
const GenomeKind intrinsic_dimension_kind{"intrinsic_dimension", fields, make};

}  // namespace innate::engine
