// Direct: every weight is learned. What the other encodings are compared with.
#include <algorithm>

#include "engine/genome/bias.h"
#include "engine/genome/registry.h"
#include "engine/genome/sizes.h"
#include "innate/kernels/dense.h"

namespace innate::engine {

namespace {

class DirectDevelopment : public Development {
 public:
  DirectDevelopment(Context& context, const Plan& plan, Layout layout)
      : context_(context),
        network_(plan.network),
        layout_(std::move(layout)),
        workspace_(context,
                   plan.train_rows == 0
                       ? 0
                       : dense::workspace_bytes(context, {plan.replicas, plan.train_rows, network_.inputs(),
                                                          network_.layers[0].units})) {}

  void develop(const Arrays&) override {}

  void forward(const Arrays& arrays, int rows, const Inputs& inputs, Ragged<float> outputs, bool) override {
    dense::forward(context_, shape(arrays, rows), inputs, arrays.learned[0], bias_of(arrays, layout_),
                   outputs);
  }

  void backward(const Arrays& arrays, int rows, const Inputs& inputs, Ragged<const float> doutputs) override {
    dense::Gradients gradients;
    gradients.weights = arrays.gradients[0];
    if (arrays.gradients.size() > 1) gradients.bias = arrays.gradients[1];
    dense::backward(context_, shape(arrays, rows), inputs, arrays.learned[0], doutputs, gradients,
                    workspace_.data(), workspace_.size());
  }

  Weights weights(const Arrays& arrays) override {
    std::vector<float> w(static_cast<std::size_t>(network_.direct_weights()));
    context_.download(w.data(), arrays.learned[0].data, w.size() * sizeof(float));
    return {std::move(w), download_bias(context_, bias_of(arrays, layout_), network_.layers[0].units)};
  }

 private:
  dense::Shape shape(const Arrays& arrays, int rows) const {
    return {arrays.replicas, rows, network_.inputs(), network_.layers[0].units};
  }

  Context& context_;
  Network network_;
  Layout layout_;
  Buffer<unsigned char> workspace_;
};

class Direct : public Genome {
 public:
  explicit Direct(const Json& json) : size_(json.at("initial").at("weights")) {}

  Json to_json() const override { return {{"type", "direct"}, {"initial", {{"weights", size_}}}}; }

  Layout layout(const Network& network) const override {
    Layout layout;
    layout.learned.push_back({"weights", network.inputs(), network.layers[0].units});
    add_bias(network.layers[0], &layout);
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    const Layout l = layout(network);
    Draw draw{std::vector<float>(static_cast<std::size_t>(Layout::size(l.learned))),
              std::vector<float>(static_cast<std::size_t>(Layout::size(l.frozen))), 1.0f};
    const double half = size_of(size_, network, 1);
    random::fill_uniform({seed, random::Purpose::weights}, -half, half, draw.learned.data(),
                         static_cast<std::size_t>(l.learned[0].size()));
    if (!draw.frozen.empty()) draw_frozen_bias(network.layers[0], seed, draw.frozen.data());
    return draw;
  }

  std::int64_t paper_parameters(const Network& network) const override { return network.direct_weights(); }

  std::optional<training::Encoding> fused() const override { return training::Encoding::direct; }

  std::unique_ptr<Development> development(Context& context, const Plan& plan) const override {
    return std::make_unique<DirectDevelopment>(context, plan, layout(plan.network));
  }

 private:
  Json size_;
};

}  // namespace

Value direct_schema() {
  const Json usual = {{"weights", "inverse_sqrt_inputs"}};
  const Value initial = object({required("weights", size_value({"inverse_sqrt_inputs"}),
                                         "weights are uniform between plus and minus this")});
  return object({optional("initial", preset({{"tuned", usual}, {"authors", usual}}, initial), "tuned",
                          "how the weights are drawn")});
}

std::unique_ptr<Genome> make_direct(const Json& json) { return std::make_unique<Direct>(json); }

}  // namespace innate::engine
