#include "innate/engine/network.h"

#include <limits>

#include "innate/engine/json.h"
#include "kernels/core/check.h"

namespace innate::engine {

namespace {

Value dense_fields() {
  return object({
      required("units", integer(1, 65536), "How many neurons the layer has."),
      optional("activation", word({"none"}), "none",
               "What is applied to the layer's sums; the last layer has none."),
      optional("bias", word({"none", "frozen", "learned"}), "none",
               "Whether neurons have biases, and whether learning changes them."),
  });
}

DenseLayer dense_from_json(const Json& json) {
  const std::string bias = json.at("bias");
  return {json.at("units").get<int>(), bias == "none"     ? Bias::none
                                       : bias == "frozen" ? Bias::frozen
                                                          : Bias::learned};
}

/// The kinds of layers, by the name they have in an experiment.
struct Kind {
  const char* type;
  Value (*schema)();
  DenseLayer (*make)(const Json&);
};
constexpr Kind kKinds[] = {{"dense", dense_fields, dense_from_json}};

}  // namespace

Value network_schema() {
  std::vector<Type> types;
  for (const Kind& kind : kKinds) types.push_back({kind.type, kind.schema()});
  return object(
      {required("layers", list(variant(std::move(types)), 1),
                "The layers after the input, whose size the data gives. This build trains exactly one.")});
}

Network network_from_json(const Json& json, int height, int width, int channels) {
  Network network{height, width, channels, {}};
  const Json resolved = resolve(network_schema(), json, "network");
  for (const Json& layer : resolved.at("layers"))
    for (const Kind& kind : kKinds)
      if (layer.at("type") == kind.type) network.layers.push_back(kind.make(layer));
  network.check();
  return network;
}

void Network::check() const {
  require(height >= 1 && width >= 1 && channels >= 1, "a network has grids of ", height, " x ", width, " x ",
          channels, " input neurons; all three must be at least 1");
  const double numbers = static_cast<double>(height) * width * channels;
  require(numbers <= std::numeric_limits<int>::max(), "a network has ", numbers, " input neurons; at most ",
          std::numeric_limits<int>::max(), " are possible");
  require(!layers.empty(), "a network has no layers; give it at least one");
  for (std::size_t l = 0; l < layers.size(); ++l) {
    require(layers[l].units >= 1, "layer ", l, " of a network has ", layers[l].units,
            " units; at least 1 is needed");
    const int bias = static_cast<int>(layers[l].bias);
    require(bias >= 0 && bias <= static_cast<int>(Bias::learned), "layer ", l, " of a network has the bias ",
            bias, "; use one of enum Bias");
  }
}

const DenseLayer& Network::last() const {
  check();
  return layers.back();
}

int Network::inputs_of(int layer) const {
  check();
  require(layer >= 0 && layer < static_cast<int>(layers.size()), "there is no layer ", layer,
          " in a network of ", layers.size());
  return layer == 0 ? inputs() : layers[static_cast<std::size_t>(layer - 1)].units;
}

std::int64_t Network::direct_weights() const {
  std::int64_t sum = 0;
  for (int l = 0; l < static_cast<int>(layers.size()); ++l)
    sum += static_cast<std::int64_t>(inputs_of(l)) * layers[static_cast<std::size_t>(l)].units;
  return sum;
}

Variable Network::apply(Tape& tape, Signal signal, const std::vector<Weights>& weights, Variable seed) const {
  if (weights.size() != layers.size())
    throw Error("the genome grows " + std::to_string(weights.size()) + " layers, the network has " +
                std::to_string(layers.size()));
  Variable out;
  for (const Weights& w : weights) {
    out = tape.layer(signal, w, seed);
    signal = {};
    signal.values = out;
    signal.rows = out.rows, signal.columns = out.columns;
  }
  return out;
}

}  // namespace innate::engine
