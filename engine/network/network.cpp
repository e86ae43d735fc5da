#include "innate/engine/network.h"

#include "innate/engine/schemas.h"

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
  for (const Json& layer : json.at("layers"))
    for (const Kind& kind : kKinds)
      if (layer.at("type") == kind.type) network.layers.push_back(kind.make(layer));
  return network;
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
