#include "innate/engine/network.h"

#include <cmath>
#include <limits>

#include "innate/engine/json.h"
#include "innate/engine/task.h"
#include "kernels/activation/dropout_call.h"
#include "kernels/core/check.h"

namespace innate::engine {

namespace {

Field activation_field() {
  return optional("activation", word({"none", "relu", "tanh", "sigmoid"}), "none",
                  "What is applied to the layer's sums; the last layer has none.");
}
Value dense_fields() {
  return object({
      required("units", integer(1, 65536), "How many neurons the layer has."),
      activation_field(),
      maybe("grid", list(integer(1, 65536), 2),
            "Rows and columns of the grid that the layer's neurons stand on, for genes that have places; by "
            "default as square as their number allows."),
      optional("bias", word({"none", "frozen", "learned"}), "none",
               "Whether neurons have biases, and whether learning changes them."),
  });
}

std::vector<Field> map_fields(const Field& bias) {
  return {required("channels", integer(1, 4096), "How many neurons stand at each place of the layer's map."),
          required("size", integer(1, 1024), "Rows and columns of the part of the map before that one sees."),
          optional("stride", integer(1, 1024), 1, "From one place to the next, on the map before."),
          optional("padding", integer(0, 1024), 0,
                   "By how much fields may hang over the map's edge, where they see nothing."),
          activation_field(),
          bias};
}
Value fields_fields() {
  return object(map_fields(optional("bias", word({"none", "frozen", "learned", "per_channel"}), "none",
                                    "Whether neurons have biases of their own, and whether learning changes "
                                    "them; per_channel: learned, one "
                                    "for all neurons of a channel.")));
}
Value convolution_fields() {
  return object(map_fields(optional("bias", word({"none", "frozen", "learned"}), "none",
                                    "Whether channels have biases, and whether learning changes them.")));
}
Value pool_fields() {
  return object({
      optional("kind", word({"average", "max", "global"}), "average",
               "The mean or the largest of each window; global: the mean of the whole map."),
      maybe("size", integer(1, 1024), "Rows and columns of a window, which do not overlap; not of global."),
  });
}

Value dropout_fields() {
  return object({required("rate", number(0, 0.999),
                          "The share of the layer's numbers that are set to 0 at each step while it learns; "
                          "the others are divided by 1 - rate.")});
}

activation::Function activation_from(const std::string& word) {
  using activation::Function;
  for (const Function f : {Function::relu, Function::tanh, Function::sigmoid})
    if (word == activation::name(f)) return f;
  return Function::none;
}

Bias bias_from(const std::string& word) {
  return word == "none" ? Bias::none : word == "frozen" ? Bias::frozen : Bias::learned;
}

Layer dense_from_json(const Json& json) {
  Layer layer;
  layer.units = json.at("units");
  layer.bias = bias_from(json.at("bias"));
  layer.activation = activation_from(json.at("activation"));
  if (json.contains("grid")) layer.height = json.at("grid")[0], layer.width = json.at("grid")[1];
  return layer;
}

Layer map_from_json(const Json& json, Layer::Kind kind) {
  Layer layer;
  layer.kind = kind;
  layer.units = json.at("channels");
  layer.size = json.at("size"), layer.stride = json.at("stride"), layer.padding = json.at("padding");
  layer.bias = bias_from(json.at("bias"));
  layer.each_bias = kind == Layer::Kind::fields && json.at("bias") != "per_channel";
  layer.activation = activation_from(json.at("activation"));
  return layer;
}
Layer fields_from_json(const Json& json) { return map_from_json(json, Layer::Kind::fields); }
Layer convolution_from_json(const Json& json) { return map_from_json(json, Layer::Kind::convolution); }

// Parts of the layer before them.
constexpr const char *kPool = "pool", *kDropout = "dropout";

/// Puts a pool behind the last layer; `before`: the type of what stands before it in the list.
void add_pool(const Json& json, const std::string& before, const std::string& path, Network* network) {
  if (network->layers.empty() || network->layers.back().kind == Layer::Kind::dense)
    throw SchemaError(path, "a pool stands behind fields, a convolution or another pool");
  if (before == kDropout) throw SchemaError(path, "a pool stands before the dropout");
  const Grid map = network->pooled_grid(network->depth() - 1);
  const std::string kind = json.at("kind");
  pooling::Window window{pooling::Function::average, map.height, map.width};
  if (kind == "global") {
    if (json.contains("size")) throw SchemaError(path + ".size", "a global pool has no size");
  } else {
    if (!json.contains("size")) throw SchemaError(path + ".size", "this key is missing");
    window.function = kind == "max" ? pooling::Function::max : pooling::Function::average;
    window.height = window.width = json.at("size");
    if (window.height > map.height || window.width > map.width)
      throw SchemaError(path + ".size", "is " + std::to_string(window.height) + "; the map is " +
                                            std::to_string(map.height) + " x " + std::to_string(map.width));
  }
  network->layers.back().pools.push_back(window);
}

/// Puts dropout behind the last layer and its pools.
void add_dropout(const Json& json, const std::string& before, const std::string& path, Network* network) {
  if (network->layers.empty()) throw SchemaError(path, "dropout stands behind a layer");
  if (before == kDropout) throw SchemaError(path, "the layer before has dropout already");
  network->layers.back().dropout = json.at("rate");
}

/// What the schema cannot see: how a layer's grid fits its units, and what the last one must not have.
void check_layers(const std::vector<Layer>& layers) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Layer& layer = layers[l];
    const std::string path = "network.layers[" + std::to_string(layer.number) + "]";
    if (layer.height > 0 && static_cast<std::int64_t>(layer.height) * layer.width != layer.units)
      throw SchemaError(path + ".grid", "is " + std::to_string(layer.height) + " x " +
                                            std::to_string(layer.width) + "; the layer has " +
                                            std::to_string(layer.units) + " units");
  }
  if (layers.back().kind != Layer::Kind::dense)
    throw SchemaError("network.layers[" + std::to_string(layers.back().number) + "].type",
                      "the last layer answers: it is dense");
  if (layers.back().activation != activation::Function::none)
    throw SchemaError("network.layers[" + std::to_string(layers.back().number) + "].activation",
                      "the last layer's answers are judged as they are: it has none");
  if (layers.back().dropout > 0)
    throw SchemaError("network.layers[" + std::to_string(layers.back().number + 1) + "]",
                      "the last layer's answers are judged as they are: no dropout stands behind it");
}

/// The kinds of layers, by the name they have in an experiment.
struct Kind {
  const char* type;
  Value (*schema)();
  Layer (*make)(const Json&);
};
constexpr Kind kKinds[] = {{"dense", dense_fields, dense_from_json},
                           {"fields", fields_fields, fields_from_json},
                           {"convolution", convolution_fields, convolution_from_json}};

/// Throws SchemaError where fields do not fit the map.
void check_map(const Network& network, const std::string& path) {
  const int l = network.depth() - 1;
  const Layer& layer = network.layers.back();
  const Grid map = network.grid_of(l);
  if (layer.kind == Layer::Kind::dense) return;
  if (l > 0 && network.layers[static_cast<std::size_t>(l) - 1].kind == Layer::Kind::dense)
    throw SchemaError(path + ".type", "stands behind a dense layer, which has no map");
  if (layer.size > map.height + 2 * layer.padding || layer.size > map.width + 2 * layer.padding)
    throw SchemaError(path + ".size", "is " + std::to_string(layer.size) + "; the map before is " +
                                          std::to_string(map.height) + " x " + std::to_string(map.width) +
                                          ", with a padding of " + std::to_string(layer.padding));
}

}  // namespace

Value network_schema() {
  std::vector<Type> types;
  for (const Kind& kind : kKinds) types.push_back({kind.type, kind.schema()});
  types.push_back({kPool, pool_fields()});
  types.push_back({kDropout, dropout_fields()});
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
    const std::string path = "network.layers[" + std::to_string(l) + "]";
    const std::string before = l > 0 ? layers[l - 1].at("type") : "";
    if (layers[l].at("type") == kPool) add_pool(layers[l], before, path, &network);
    if (layers[l].at("type") == kDropout) add_dropout(layers[l], before, path, &network);
    for (const Kind& kind : kKinds)
      if (layers[l].at("type") == kind.type) {
        network.layers.push_back(kind.make(layers[l]));
        network.layers.back().number = static_cast<int>(l);
        check_map(network, path);
      }
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
  require(layers.back().kind == Layer::Kind::dense, "the last layer of a network is not dense");
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
    require(dropout::possible(layers[l].dropout) && (layers[l].dropout == 0 || l + 1 < layers.size()),
            "layer ", l, " of a network has a dropout of ", layers[l].dropout,
            "; it must be 0 to 1 - 2^-16, and 0 in the last layer");
    const bool dense = layers[l].kind == Layer::Kind::dense;
    require(!dense || layers[l].pools.empty(), "layer ", l, " of a network is dense, and is pooled");
    require(dense || l == 0 || layers[l - 1].kind != Layer::Kind::dense, "layer ", l,
            " of a network has fields, and the layer before it is dense, and has no map");
  }
}

const Layer& Network::last() const {
  check();
  return layers.back();
}

Grid Layer::grid() const {
  if (height > 0) return {height, width, 1};
  int rows = static_cast<int>(std::sqrt(static_cast<double>(units)));
  while (rows > 1 && units % rows != 0) --rows;
  return {rows, units / rows, 1};
}

// These say where maps lie while a network is still being put together.

Grid Network::grid_of(int layer) const {
  require(layer >= 0 && layer < depth(), "there is no layer ", layer, " in a network of ", layers.size());
  return layer == 0 ? Grid{height, width, channels} : pooled_grid(layer - 1);
}

field::Geometry Network::geometry(int layer) const {
  const Grid map = grid_of(layer);
  const Layer& l = layers[static_cast<std::size_t>(layer)];
  const field::Geometry geometry{map.height, map.width, map.channels, l.size, l.stride, l.padding, l.units};
  field::check("a layer", geometry);
  return geometry;
}

Grid Network::own_grid(int layer) const {
  const Grid map = grid_of(layer);
  const Layer& l = layers[static_cast<std::size_t>(layer)];
  if (l.kind == Layer::Kind::dense) return l.grid();
  const field::Geometry g{map.height, map.width, map.channels, l.size, l.stride, l.padding, l.units};
  return {g.out_height(), g.out_width(), g.outputs};
}

Grid Network::pooled_grid(int layer) const {
  Grid grid = own_grid(layer);
  for (const pooling::Window& w : layers[static_cast<std::size_t>(layer)].pools)
    grid.height /= w.height, grid.width /= w.width;
  return grid;
}

namespace {

int neurons(const Grid& grid) { return grid.height * grid.width * grid.channels; }

}  // namespace

int Network::inputs_of(int layer) const {
  check();
  return neurons(grid_of(layer));
}

int Network::outputs_of(int layer) const {
  check();
  return neurons(own_grid(layer));
}

int Network::fan_in(int layer) const {
  if (layers.at(static_cast<std::size_t>(layer)).kind == Layer::Kind::dense) return inputs_of(layer);
  return static_cast<int>(geometry(layer).weights());
}

std::int64_t Network::weight_rows(int layer) const {
  switch (layers.at(static_cast<std::size_t>(layer)).kind) {
    case Layer::Kind::dense: return inputs_of(layer);
    case Layer::Kind::fields: return geometry(layer).places();
    case Layer::Kind::convolution: return 1;
  }
  return 0;
}

std::int64_t Network::weight_columns(int layer) const {
  if (layers.at(static_cast<std::size_t>(layer)).kind == Layer::Kind::dense) return outputs_of(layer);
  const field::Geometry g = geometry(layer);
  return g.weights() * g.outputs;
}

int Network::biases(int layer) const {
  const Layer& l = layers.at(static_cast<std::size_t>(layer));
  if (l.kind == Layer::Kind::dense) return l.units;
  return l.kind == Layer::Kind::fields && l.each_bias ? outputs_of(layer) : l.units;
}

bool Network::all_dense() const {
  for (const Layer& layer : layers)
    if (layer.kind != Layer::Kind::dense) return false;
  return true;
}

std::int64_t Network::direct_weights() const {
  std::int64_t sum = 0;
  for (int l = 0; l < depth(); ++l) sum += weight_rows(l) * weight_columns(l);
  return sum;
}

int Network::number_of(int layer) const {
  const int number = layers.at(static_cast<std::size_t>(layer)).number;
  return number < 0 ? layer : number;
}

Variable Network::pool(Tape& tape, int layer, Variable map) const {
  Grid grid = own_grid(layer);
  for (const pooling::Window& window : layers[static_cast<std::size_t>(layer)].pools) {
    map = tape.pool(map, grid, window);
    grid.height /= window.height, grid.width /= window.width;
  }
  return map;
}

Variable Network::apply(Tape& tape, Signal signal, const std::vector<Weights>& weights,
                        const Chance& chance) const {
  if (weights.size() != layers.size())
    throw Error("the genome grows " + std::to_string(weights.size()) + " layers, the network has " +
                std::to_string(layers.size()));
  if (signal.set && signal.set->scales()) signal = tape.turn(signal);  // products on pixels know no shift
  Variable out;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const bool map = layers[l].kind != Layer::Kind::dense;
    if (signal.turned != map) signal = tape.turn(signal);
    out = tape.layer(signal, weights[l]);
    tape.activate(out, layers[l].activation);
    out = pool(tape, static_cast<int>(l), out);
    if (layers[l].dropout > 0 && chance.seed)
      out = tape.dropout(out, layers[l].dropout, static_cast<int>(l), chance.seed, chance.clock);
    const std::int64_t rows = signal.rows;
    signal = {};
    signal.values = out, signal.turned = map;
    signal.rows = rows, signal.columns = map ? out.rows : out.columns;
  }
  return out;
}

}  // namespace innate::engine
