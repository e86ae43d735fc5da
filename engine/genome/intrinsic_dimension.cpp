// Intrinsic dimension: all tensors of a network are one combination of fixed random tensors (Li et al. 2018;
// the random basis of the code of Barabasi 2023). Each tensor's numbers have the deviation of PyTorch's
// default, 1 / sqrt(3 inputs), and the coefficients begin at 1, 0, 0, ...
#include <algorithm>
#include <cmath>

#include "engine/genome/parts.h"

namespace innate::engine {

namespace {

/// W, and behind it the bias where it is learned.
std::int64_t combined(const Network& network) {
  const DenseLayer& layer = network.last();
  return std::int64_t{network.inputs()} * layer.units + (layer.bias == Bias::learned ? layer.units : 0);
}

class IntrinsicDimension : public Genome {
 public:
  explicit IntrinsicDimension(std::int64_t dimension) : dimension_(dimension) {}

  Options options() const override {
    return options_from_json({{"type", "intrinsic_dimension"}, {"dimension", dimension_}});
  }
  std::int64_t extent() const override { return dimension_; }

  Layout layout(const Network& network) const override {
    Layout layout;
    layout.learned.push_back({"coefficients", 1, dimension_});
    if (network.last().bias == Bias::frozen) add_bias(network.last(), &layout);
    layout.basis.push_back({"basis", dimension_, combined(network)});
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    Draw draw = draw_zeros(network.last(), layout(network), seed);
    draw.learned[0] = 1.0f;
    draw.scale = static_cast<float>(1 / std::sqrt(3.0 * network.inputs()));
    return draw;
  }

  std::int64_t paper_parameters(const Network&) const override { return dimension_; }
  std::vector<Weights> grow(Tape& tape, const Network& network, const Inherited& inherited) const override {
    const Variable theta = tape.combine(inherited("basis"), inherited.seed, inherited("coefficients"),
                                        combined(network), inherited.scale);
    Weights w;
    w.inputs = network.inputs(), w.outputs = network.outputs();
    w.w = theta.part(0, w.inputs, w.outputs);
    w.bias = network.last().bias == Bias::learned ? theta.part(w.inputs * w.outputs, 1, w.outputs)
                                                  : inherited("bias");
    return {w};
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
