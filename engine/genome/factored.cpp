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
      .push_back({"output_identity", network.layers[0].units, genes});
  add_bias(network.layers[0], layout);
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

Draw draw_factors(const Network& network, const Layout& layout, std::uint64_t seed, double interaction) {
  Draw draw{std::vector<float>(static_cast<std::size_t>(Layout::size(layout.learned))),
            std::vector<float>(static_cast<std::size_t>(Layout::size(layout.frozen))), 1.0f};
  const auto o = static_cast<std::size_t>(Layout::index(layout.learned, "interaction"));
  const std::int64_t genes = layout.learned[o].rows;
  random::fill_normal({seed, random::Purpose::interaction}, 0.0, interaction,
                      place_of(layout, "interaction", &draw), static_cast<std::size_t>(genes * genes));
  random::fill_normal({seed, random::Purpose::output_identity}, 0.0, 1.0,
                      place_of(layout, "output_identity", &draw),
                      static_cast<std::size_t>(genes * network.layers[0].units));
  if (network.layers[0].bias == Bias::frozen)
    draw_frozen_bias(network.layers[0], seed, place_of(layout, "bias", &draw));
  return draw;
}

double deviation_of_weights(const Network& network, const Layout& layout, std::int64_t genes, const float* x,
                            Draw* draw) {
  return wiring::deviation(network.inputs(), network.layers[0].units, genes, x,
                           place_of(layout, "interaction", draw), place_of(layout, "output_identity", draw));
}

FactoredDevelopment::FactoredDevelopment(Context& context, const Plan& plan, Layout layout)
    : context_(context), plan_(plan), layout_(std::move(layout)) {
  Arrays all;
  all.replicas = plan.replicas;
  all.genes = {plan.most_genes(), plan_.genes.data(),
               plan_.genes.data()};  // for sizes only: not read on the device
  std::size_t bytes = apply::workspace_bytes(context, shape(all, plan.test_rows), false);
  if (plan.train_rows > 0)
    bytes = std::max(bytes, apply::workspace_bytes(context, shape(all, plan.train_rows), true));
  workspace_ = Buffer<unsigned char>(context, bytes);
}

apply::Shape FactoredDevelopment::shape(const Arrays& arrays, int rows) const {
  return {arrays.replicas, rows,         plan_.network.inputs(), plan_.network.layers[0].units,
          arrays.genes,    plan_.density};
}

apply::Factors FactoredDevelopment::factors(const Arrays& arrays) {
  const int learned = Layout::index(layout_.learned, "output_identity");
  const int frozen = Layout::index(layout_.frozen, "output_identity");
  const Ragged<const float> y = learned >= 0
                                    ? Ragged<const float>(arrays.learned[static_cast<std::size_t>(learned)])
                                    : arrays.frozen[static_cast<std::size_t>(frozen)];
  const auto o = static_cast<std::size_t>(Layout::index(layout_.learned, "interaction"));
  return {expression(arrays), arrays.learned[o], y, arrays.scale, bias_of(arrays, layout_)};
}

Ragged<float> FactoredDevelopment::gradient(const Arrays& arrays, const std::string& name) const {
  const int i = Layout::index(layout_.learned, name);
  return i < 0 ? Ragged<float>{} : arrays.gradients[static_cast<std::size_t>(i)];
}

void FactoredDevelopment::forward(const Arrays& arrays, int rows, const Inputs& inputs, Ragged<float> outputs,
                                  bool training) {
  apply::forward(context_, shape(arrays, rows), inputs, factors(arrays), outputs, training, workspace_.data(),
                 workspace_.size());
}

void FactoredDevelopment::backward(const Arrays& arrays, int rows, const Inputs& inputs,
                                   Ragged<const float> doutputs) {
  const apply::Gradients gradients{expression_gradient(arrays),
                                   gradient(arrays, "interaction"),
                                   gradient(arrays, "output_identity"),
                                   gradient(arrays, "bias"),
                                   {}};
  apply::backward(context_, shape(arrays, rows), inputs, factors(arrays), doutputs, gradients,
                  workspace_.data(), workspace_.size());
}

Weights FactoredDevelopment::weights(const Arrays& arrays) {
  const apply::Factors f = factors(arrays);
  const wiring::Shape shape{1, plan_.network.inputs(), plan_.network.layers[0].units, arrays.genes};
  const Buffer<unsigned char> workspace(context_, wiring::workspace_bytes(context_, shape));
  const Buffer<float> w(context_, static_cast<std::size_t>(plan_.network.direct_weights()));
  wiring::forward(context_, shape, f.x, f.o, f.y, f.scale, {w.data(), 0, nullptr}, workspace.data(),
                  workspace.size());
  return {w.download(), download_bias(context_, f.bias, plan_.network.layers[0].units)};
}

std::vector<float> FactoredDevelopment::profiles(const Arrays& arrays) {
  std::vector<float> x(static_cast<std::size_t>(plan_.network.inputs() * arrays.genes.most));
  context_.download(x.data(), expression(arrays).data, x.size() * sizeof(float));
  return x;
}

}  // namespace innate::engine
