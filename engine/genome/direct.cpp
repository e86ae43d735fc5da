// Direct: every weight is learned. What the other encodings are compared with.
#include <algorithm>

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
    layout.learned.push_back({"weights", network.inputs(), network.outputs()});
    add_bias(network.last(), &layout);
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    const Layout l = layout(network);
    Draw draw = draw_zeros(network.last(), l, seed);
    const double half = size_of(size_, network, 1);
    random::fill_uniform({seed, random::Purpose::weights}, -half, half, draw.learned.data(),
                         static_cast<std::size_t>(l.learned[0].size()));
    return draw;
  }

  std::int64_t paper_parameters(const Network& network) const override { return network.direct_weights(); }

  std::vector<Weights> grow(Tape&, const Network& network, const Inherited& inherited) const override {
    Weights w;
    w.w = inherited("weights"), w.bias = inherited("bias");
    w.inputs = network.inputs(), w.outputs = network.outputs();
    return {w};
  }

 private:
  Json size_;
};

Value fields() {
  const Json usual = {{"weights", "inverse_sqrt_inputs"}};
  const Value initial = object({required("weights", size_value({"inverse_sqrt_inputs"}),
                                         "weights are uniform between plus and minus this")});
  return object({optional("initial", preset({{"tuned", usual}, {"authors", usual}}, initial), "tuned",
                          "how the weights are drawn")});
}

std::unique_ptr<Genome> make(const Json& json) { return std::make_unique<Direct>(json); }

}  // namespace

extern const GenomeKind direct_kind;
const GenomeKind direct_kind{"direct", fields, make};

}  // namespace innate::engine
