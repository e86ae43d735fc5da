// Intrinsic dimension: all tensors of a network are one combination of fixed random tensors (Li et al. 2018;
// the random basis of the code of Barabasi 2023). Each tensor's numbers have the deviation of PyTorch's
// default, 1 / sqrt(3 inputs), and the coefficients begin at 1, 0, 0, ...
#include <algorithm>
#include <cmath>

#include "engine/genome/bias.h"
#include "engine/genome/registry.h"
#include "engine/genome/stored_basis.h"
#include "innate/kernels/dense.h"

namespace innate::engine {

namespace {

/// W, and behind it the bias where it is learned.
std::int64_t combined(const Network& network) {
  const DenseLayer& layer = network.layers[0];
  return std::int64_t{network.inputs()} * layer.units + (layer.bias == Bias::learned ? layer.units : 0);
}

class IntrinsicDimensionDevelopment : public Development {
 public:
  IntrinsicDimensionDevelopment(Context& context, const Plan& plan, Layout layout)
      : context_(context),
        network_(plan.network),
        layout_(std::move(layout)),
        weights_(combined(plan.network)),
        theta_(context, static_cast<std::size_t>(plan.replicas * weights_)) {
    if (plan.train_rows == 0) return;
    dtheta_ = Buffer<float>(context, theta_.size());
    workspace_ = Buffer<unsigned char>(
        context, dense::workspace_bytes(context, dense_shape(plan.replicas, plan.train_rows)));
  }

  void develop(const Arrays& arrays) override {
    basis::combine(context_, shape(arrays), numbers_of(arrays, layout_), arrays.learned[0], arrays.scale,
                   all(theta_));
  }

  void forward(const Arrays& arrays, int rows, const Inputs& inputs, Ragged<float> outputs, bool) override {
    dense::forward(context_, dense_shape(arrays.replicas, rows), inputs, all(theta_),
                   learns_bias() ? biases(theta_) : bias_of(arrays, layout_), outputs);
  }

  void backward(const Arrays& arrays, int rows, const Inputs& inputs, Ragged<const float> doutputs) override {
    dense::Gradients gradients;
    gradients.weights = all(dtheta_);
    if (learns_bias()) gradients.bias = biases(dtheta_);
    dense::backward(context_, dense_shape(arrays.replicas, rows), inputs, all(theta_), doutputs, gradients,
                    workspace_.data(), workspace_.size());
    basis::combine_backward(context_, shape(arrays), numbers_of(arrays, layout_), arrays.scale, all(dtheta_),
                            arrays.gradients[0]);
  }

  Weights weights(const Arrays& arrays) override {
    std::vector<float> w(static_cast<std::size_t>(network_.direct_weights()));
    context_.download(w.data(), theta_.data(), w.size() * sizeof(float));
    return {std::move(w), download_bias(context_, learns_bias() ? biases(theta_) : bias_of(arrays, layout_),
                                        network_.layers[0].units)};
  }

 private:
  bool learns_bias() const { return network_.layers[0].bias == Bias::learned; }
  Ragged<float> all(const Buffer<float>& theta) const { return {theta.data(), weights_, nullptr}; }
  Ragged<float> biases(const Buffer<float>& theta) const {
    return {theta.data() + std::int64_t{network_.inputs()} * network_.layers[0].units, weights_, nullptr};
  }
  basis::CombinationShape shape(const Arrays& arrays) const {
    return {arrays.replicas, arrays.genes, weights_};
  }
  dense::Shape dense_shape(int replicas, int rows) const {
    return {replicas, rows, network_.inputs(), network_.layers[0].units};
  }

  Context& context_;
  Network network_;
  Layout layout_;
  std::int64_t weights_;
  Buffer<float> theta_, dtheta_;  // one after the other, of every running replica
  Buffer<unsigned char> workspace_;
};

class IntrinsicDimension : public Genome {
 public:
  IntrinsicDimension(std::int64_t dimension, bool stored) : dimension_(dimension), stored_(stored) {}

  Json to_json() const override { return {{"type", "intrinsic_dimension"}, {"dimension", dimension_}}; }
  std::int64_t genes() const override { return dimension_; }

  Layout layout(const Network& network) const override {
    Layout layout;
    layout.learned.push_back({"coefficients", 1, dimension_});
    if (network.layers[0].bias == Bias::frozen) add_bias(network.layers[0], &layout);
    if (stored_) layout.frozen.push_back({"basis", dimension_, combined(network)});
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    Draw draw = draw_around_basis(network.layers[0], layout(network), seed);
    draw.learned[0] = 1.0f;
    draw.scale = static_cast<float>(1 / std::sqrt(3.0 * network.inputs()));
    return draw;
  }

  std::int64_t paper_parameters(const Network&) const override { return dimension_; }
  std::optional<training::Encoding> fused() const override { return training::Encoding::intrinsic_dimension; }
  std::unique_ptr<Genome> compact() const override {
    return std::make_unique<IntrinsicDimension>(dimension_, false);
  }

  std::unique_ptr<Development> development(Context& context, const Plan& plan) const override {
    return std::make_unique<IntrinsicDimensionDevelopment>(context, plan, layout(plan.network));
  }

 private:
  std::int64_t dimension_;
  bool stored_;
};

}  // namespace

Value intrinsic_dimension_schema() {
  return object({required("dimension", integer(1, 1 << 20),
                          "how many fixed random networks the network is a combination of")});
}

std::unique_ptr<Genome> make_intrinsic_dimension(const Json& json) {
  return std::make_unique<IntrinsicDimension>(json.at("dimension"), true);
}

}  // namespace innate::engine
