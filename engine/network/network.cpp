#include "innate/engine/network.h"

#include <cmath>
#include <limits>

#include "innate/engine/json.h"
#include "kernels/core/check.h"

namespace innate::engine {

namespace {

Value dense_fields() {
  return object({
      required("units", integer(1, 65536), "How many neurons the layer has."),
      optional("activation", word({"none", "relu", "tanh", "sigmoid"}), "none",
               "What is applied to the layer's sums; the last layer has none."),
      maybe("grid", list(integer(1, 65536), 2),
            "Rows and columns of the grid that the layer's neurons stand on, for genes that have places; by "
            "default as square as their number allows."),
      optional("bias", word({"none", "frozen", "learned"}), "none",
               "Whether neurons have biases, and whether learning changes them."),
  });
}

activation::Function activation_from(const std::string& word) {
  using activation::Function;
  for (const Function f : {Function::relu, Function::tanh, Function::sigmoid})
    if (word == activation::name(f)) return f;
  return Function::none;
}

DenseLayer dense_from_json(const Json& json) {
  const std::string bias = json.at("bias");
  DenseLayer layer;
  layer.units = json.at("units");
  layer.bias = bias == "none" ? Bias::none : bias == "frozen" ? Bias::frozen : Bias::learned;
  layer.activation = activation_from(json.at("activation"));
  if (json.contains("grid")) layer.height = json.at("grid")[0], layer.width = json.at("grid")[1];
  return layer;
}

/// What the schema cannot see: how a layer's grid fits its units, and what the last one must not have.
void check_layers(const std::vector<DenseLayer>& layers) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const DenseLayer& layer = layers[l];
    const std::string path = "network.layers[" + std::to_string(l) + "]";
    if (layer.height > 0 && static_cast<std::int64_t>(layer.height) * layer.width != layer.units)
      throw SchemaError(path + ".grid", "is " + std::to_string(layer.height) + " x " +
                                            std::to_string(layer.width) + "; the layer has " +
                                            std::to_string(layer.units) + " units");
  }
  if (!layers.empty() && layers.back().activation != activation::Function::none)
    throw SchemaError("network.layers[" + std::to_string(layers.size() - 1) + "].activation",
                      "the last layer's answers are judged as they are: it has none");
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
  return object({required("layers", list(variant(std::move(types)), 1),
                          "The layers after the input, whose size the data gives; the last one answers.")});
}

Network network_from_json(const Json& json, int height, int width, int channels) {
  Network network{height, width, channels, {}};
  const Json resolved = resolve(network_schema(), json, "network");
  const Json& layers = resolved.at("layers");
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Json grid = layers[l].value("grid", Json::array({1, 1}));
    if (grid.size() != 2)
      throw SchemaError("network.layers[" + std::to_string(l) + "].grid",
                        "has " + std::to_string(grid.size()) + " numbers; a grid has two, rows and columns");
    for (const Kind& kind : kKinds)
      if (layers[l].at("type") == kind.type) network.layers.push_back(kind.make(layers[l]));
  }
  check_layers(network.layers);
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
  require(layers.back().activation == activation::Function::none,
          "the last layer of a network has an activation; its answers are judged as they are");
  for (std::size_t l = 0; l < layers.size(); ++l) {
    require(layers[l].units >= 1, "layer ", l, " of a network has ", layers[l].units,
            " units; at least 1 is needed");
    const int bias = static_cast<int>(layers[l].bias);
    require(bias >= 0 && bias <= static_cast<int>(Bias::learned), "layer ", l, " of a network has the bias ",
            bias, "; use one of enum Bias");
    const int function = static_cast<int>(layers[l].activation);
    require(function >= 0 && function <= static_cast<int>(activation::Function::sigmoid), "layer ", l,
            " of a network has the activation ", function, "; use one of enum activation::Function");
    const int height = layers[l].height, width = layers[l].width;
    require((height == 0 && width == 0) || std::int64_t{height} * width == layers[l].units, "layer ", l,
            " of a network stands on a grid of ", height, " x ", width, " and has ", layers[l].units,
            " units");
  }
}

const DenseLayer& Network::last() const {
  check();
  return layers.back();
}

Grid DenseLayer::grid() const {
  if (height > 0) return {height, width, 1};
  int rows = static_cast<int>(std::sqrt(static_cast<double>(units)));
  while (rows > 1 && units % rows != 0) --rows;
  return {rows, units / rows, 1};
}

Grid Network::grid_of(int layer) const {
  inputs_of(layer);  // checks
  return layer == 0 ? Grid{height, width, channels} : layers[static_cast<std::size_t>(layer - 1)].grid();
}

int Network::inputs_of(int layer) const {
  check();
  require(layer >= 0 && layer < depth(), "there is no layer ", layer, " in a network of ", layers.size());
  return layer == 0 ? inputs() : layers[static_cast<std::size_t>(layer - 1)].units;
}

int Network::outputs_of(int layer) const {
  inputs_of(layer);  // checks
  return layers[static_cast<std::size_t>(layer)].units;
}

std::int64_t Network::direct_weights() const {
  std::int64_t sum = 0;
  for (int l = 0; l < depth(); ++l) sum += std::int64_t{inputs_of(l)} * outputs_of(l);
  return sum;
}

Variable Network::apply(Tape& tape, Signal signal, const std::vector<Weights>& weights) const {
  if (weights.size() != layers.size())
    throw Error("the genome grows " + std::to_string(weights.size()) + " layers, the network has " +
                std::to_string(layers.size()));
  Variable out;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    out = tape.layer(signal, weights[l]);
    tape.activate(out, layers[l].activation);
    signal = {};
    signal.values = out;
    signal.rows = out.rows, signal.columns = out.columns;
  }
  return out;
}

}  // namespace innate::engine
