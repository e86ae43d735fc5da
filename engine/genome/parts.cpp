#include "engine/genome/parts.h"

#include <cmath>
#include <tuple>

#include "innate/engine/schema.h"
#include "kernels/core/check.h"

namespace innate::engine {

std::int64_t Layout::size(const std::vector<Tensor>& tensors) {
  std::int64_t sum = 0;
  for (const Tensor& t : tensors) sum += t.size();
  return sum;
}

int Layout::index(const std::vector<Tensor>& tensors, const std::string& name) {
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].name == name) return static_cast<int>(i);
  return -1;
}

void check(const Draw& draw, const Layout& layout) {
  for (const auto& [what, tensors, numbers] : {std::tuple("learned", &layout.learned, &draw.learned),
                                               std::tuple("frozen", &layout.frozen, &draw.frozen)})
    require(static_cast<std::int64_t>(numbers->size()) == Layout::size(*tensors), "there are ",
            numbers->size(), " ", what, " numbers; the genome has ", Layout::size(*tensors),
            " for this network");
  require(static_cast<std::int64_t>(draw.scales.size()) == layout.scales, "there are ", draw.scales.size(),
          " scales; the genome has ", layout.scales, " for this network");
}

float* place_of(const Layout& layout, const std::string& name, Draw* draw) {
  for (auto [tensors, numbers] :
       {std::pair(&layout.learned, &draw->learned), std::pair(&layout.frozen, &draw->frozen)}) {
    float* place = numbers->data();
    for (const Tensor& t : *tensors) {
      if (t.name == name) return place;
      place += t.size();
    }
  }
  return nullptr;
}

double kaiming(const Network& network, int layer) { return std::sqrt(2.0 / network.fan_in(layer)); }

void only_dense(const Network& network, const char* type) {
  for (int l = 0; l < network.depth(); ++l)
    if (network.layers[static_cast<std::size_t>(l)].kind != Layer::Kind::dense)
      throw SchemaError("genome.type", std::string("\"") + type + "\" grows dense layers, and layer " +
                                           std::to_string(network.number_of(l)) +
                                           " is none: choose an encoding that grows such layers");
}

Weights weights_of(const Network& network, const Inherited& inherited, int layer) {
  Weights w;
  w.inputs = network.inputs_of(layer), w.outputs = network.outputs_of(layer);
  w.bias = inherited(of_layer("bias", layer));
  if (network.layers[static_cast<std::size_t>(layer)].kind == Layer::Kind::dense) return w;
  w.form = Weights::Form::fields;
  w.field = network.geometry(layer);
  return w;
}

void add_biases(const Network& network, Bias kind, Layout* layout) {
  for (int l = 0; l < network.depth(); ++l)
    if (network.layers[static_cast<std::size_t>(l)].bias == kind)
      (kind == Bias::learned ? layout->learned : layout->frozen)
          .push_back({of_layer("bias", l), 1, network.biases(l)});
}

Draw draw_zeros(const Network& network, const Layout& layout, std::uint64_t seed) {
  Draw draw{std::vector<float>(static_cast<std::size_t>(Layout::size(layout.learned))),
            std::vector<float>(static_cast<std::size_t>(Layout::size(layout.frozen))),
            std::vector<float>(static_cast<std::size_t>(layout.scales), 1.0f)};
  for (int l = 0; l < network.depth(); ++l)
    if (network.layers[static_cast<std::size_t>(l)].bias == Bias::frozen)
      random::fill_normal({seed, random::Purpose::bias, static_cast<std::uint32_t>(l)}, 0.0, 0.5,
                          place_of(layout, of_layer("bias", l), &draw),
                          static_cast<std::size_t>(network.biases(l)));
  return draw;
}

double size_of(const Json& size, int inputs, std::int64_t genes, double otherwise) {
  if (size.is_number()) return size.get<double>();
  const std::string word = size;
  if (word == "inverse_sqrt_inputs") return 1 / std::sqrt(static_cast<double>(inputs));
  if (word == "inverse_sqrt_genes") return 1 / std::sqrt(static_cast<double>(genes));
  return otherwise;
}

}  // namespace innate::engine
