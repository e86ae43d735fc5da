#include "engine/genome/factored.h"

#include <algorithm>
#include <cmath>

#include "innate/kernels/wiring.h"

namespace innate::engine {

OutputIdentity output_from_json(const Json& json) {
  return json.get<std::string>() == "learned" ? OutputIdentity::learned : OutputIdentity::frozen;
}

const char* name(OutputIdentity output) { return output == OutputIdentity::learned ? "learned" : "frozen"; }

Field genes_field() { return required("genes", integer(1, 65536), "how many genes a neuron can express, G"); }

Field output_field() {
  return optional("output", word({"frozen", "learned"}), "frozen",
                  "whether the output neurons' expression Y stays as drawn or is learned");
}

void add_factors(const Network& network, std::int64_t genes, OutputIdentity output, Layout* layout) {
  layout->learned.push_back({"interaction", genes, genes});
  (output == OutputIdentity::learned ? layout->learned : layout->frozen)
      .push_back({"output_identity", network.outputs(), genes});
  add_bias(network.last(), layout);
}

Draw draw_factors(const Network& network, const Layout& layout, std::uint64_t seed, double interaction) {
  Draw draw = draw_zeros(network.last(), layout, seed);
  const std::size_t genes = static_cast<std::size_t>(
      layout.learned[static_cast<std::size_t>(Layout::index(layout.learned, "interaction"))].rows);
  random::fill_normal({seed, random::Purpose::interaction}, 0.0, interaction,
                      place_of(layout, "interaction", &draw), genes * genes);
  random::fill_normal({seed, random::Purpose::output_identity}, 0.0, 1.0,
                      place_of(layout, "output_identity", &draw),
                      genes * static_cast<std::size_t>(network.outputs()));
  return draw;
}

double deviation_of_weights(const Network& network, const Layout& layout, std::int64_t genes, const float* x,
                            Draw* draw) {
  return wiring::deviation(network.inputs(), network.outputs(), genes, x,
                           place_of(layout, "interaction", draw), place_of(layout, "output_identity", draw));
}

Weights factored_weights(const Network& network, const Inherited& inherited, Variable x) {
  Weights w;
  w.form = Weights::Form::factored;
  w.x = x, w.o = inherited("interaction"), w.y = inherited("output_identity");
  w.scale = inherited.scale, w.bias = inherited("bias");
  w.inputs = network.inputs(), w.outputs = network.outputs();
  return w;
}

}  // namespace innate::engine
