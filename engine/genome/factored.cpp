#include "engine/genome/factored.h"

#include <algorithm>
#include <cmath>

#include "innate/kernels/wiring.h"

namespace innate::engine {

Factors::Factors(const Json& json)
    : genes(json.at("genes")),
      output(json.at("output") == "learned" ? OutputIdentity::learned : OutputIdentity::frozen),
      interaction(json.value("interaction", "shared") == "own" ? Interaction::own : Interaction::shared) {}

Json Factors::with(Json options) const {
  options["genes"] = genes;
  options["output"] = output == OutputIdentity::learned ? "learned" : "frozen";
  if (interaction == Interaction::own) options["interaction"] = "own";
  return options;
}

Field genes_field() { return required("genes", integer(1, 65536), "how many genes a neuron can express, G"); }

Field output_field() {
  return optional("output", word({"frozen", "learned"}), "frozen",
                  "whether the output neurons' expression Y stays as drawn or is learned");
}

Field interaction_field() {
  return maybe("interaction", word({"shared", "own"}),
               "whether all layers share one O (shared, the default), or each has its own");
}

void add_factors(const Network& network, const Factors& factors, Layout* layout) {
  const int interactions = factors.interaction == Interaction::own ? network.depth() : 1;
  for (int l = 0; l < interactions; ++l)
    layout->learned.push_back({of_layer("interaction", l), factors.genes, factors.genes});
  (factors.output == OutputIdentity::learned ? layout->learned : layout->frozen)
      .push_back({"output_identity", network.outputs(), factors.genes});
  add_biases(network, layout);
  layout->scales = network.depth();
}

Draw draw_factors(const Network& network, const Layout& layout, const Factors& factors, std::uint64_t seed,
                  double interaction) {
  Draw draw = draw_zeros(network, layout, seed);
  const auto genes = static_cast<std::size_t>(factors.genes);
  for (int l = 0; l < (factors.interaction == Interaction::own ? network.depth() : 1); ++l)
    random::fill_normal({seed, random::Purpose::interaction, static_cast<std::uint32_t>(l)}, 0.0, interaction,
                        place_of(layout, of_layer("interaction", l), &draw), genes * genes);
  random::fill_normal({seed, random::Purpose::output_identity}, 0.0, 1.0,
                      place_of(layout, "output_identity", &draw),
                      genes * static_cast<std::size_t>(network.outputs()));
  return draw;
}

double deviation_of_weights(const Network& network, const Layout& layout, const Factors& factors, int layer,
                            const ExpressionOf& x, Draw* draw) {
  const bool last = layer + 1 == network.depth();
  const std::vector<float> own = x(layer), next = last ? std::vector<float>{} : x(layer + 1);
  return std::max(wiring::deviation(network.inputs_of(layer), network.outputs_of(layer), factors.genes,
                                    own.data(), place_of(layout, factors.interaction_of(layer), draw),
                                    last ? place_of(layout, "output_identity", draw) : next.data()),
                  1e-9);
}

void draw_scales(const Network& network, const Layout& layout, const Factors& factors, const Json& size,
                 const ExpressionOf& x, Draw* draw) {
  for (int l = 0; l < network.depth(); ++l) {
    const bool given = size.is_number() || (network.depth() == 1 && !is_kaiming(size));
    draw->scales[static_cast<std::size_t>(l)] = static_cast<float>(
        given ? size_of(size, network.inputs(), factors.genes)
              : kaiming(network, l) / deviation_of_weights(network, layout, factors, l, x, draw));
  }
}

std::vector<Weights> factored_weights(const Network& network, const Inherited& inherited,
                                      const Factors& factors, const std::vector<Variable>& x) {
  std::vector<Weights> all;
  for (int l = 0; l < network.depth(); ++l) {
    Weights w = weights_of(network, inherited, l);
    w.form = Weights::Form::factored;
    w.x = x[static_cast<std::size_t>(l)], w.o = inherited(factors.interaction_of(l));
    w.y = l + 1 < network.depth() ? x[static_cast<std::size_t>(l) + 1] : inherited("output_identity");
    w.scale = inherited.scale(l);
    all.push_back(w);
  }
  return all;
}

}  // namespace innate::engine
