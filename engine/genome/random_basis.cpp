// Random basis: W = s R P with R fixed, random numbers and P learned (the baseline "RB" of Barabasi 2023, as
// its text has it). s = 1 / sqrt(inputs), and P begins at 0.
#include <algorithm>
#include <cmath>

#include "engine/genome/bias.h"
#include "engine/genome/registry.h"
#include "engine/genome/stored_basis.h"

namespace innate::engine {

namespace {

class RandomBasisDevelopment : public Development {
 public:
  RandomBasisDevelopment(Context& context, const Plan& plan, Layout layout)
      : context_(context), plan_(plan), layout_(std::move(layout)) {
    const Extents vectors{plan.most_genes(), plan_.genes.data(), plan_.genes.data()};  // for sizes only
    const auto bytes = [&](int rows, bool training) {
      if (rows == 0) return std::size_t{0};
      return basis::workspace_bytes(context_, shape(plan_.replicas, vectors, rows), is_basis_stored(layout_),
                                    training);
    };
    workspace_ =
        Buffer<unsigned char>(context, std::max(bytes(plan.test_rows, false), bytes(plan.train_rows, true)));
  }

  void develop(const Arrays&) override {}

  void forward(const Arrays& arrays, int rows, const Inputs& inputs, Ragged<float> outputs,
               bool training) override {
    basis::forward(context_, shape(arrays.replicas, arrays.genes, rows), inputs, numbers_of(arrays, layout_),
                   arrays.learned[0], arrays.scale, bias_of(arrays, layout_), outputs, training,
                   workspace_.data(), workspace_.size());
  }

  void backward(const Arrays& arrays, int rows, const Inputs& inputs, Ragged<const float> doutputs) override {
    basis::backward(context_, shape(arrays.replicas, arrays.genes, rows), inputs, numbers_of(arrays, layout_),
                    arrays.scale, doutputs, arrays.gradients[0],
                    arrays.gradients.size() > 1 ? arrays.gradients[1] : Ragged<float>{}, workspace_.data(),
                    workspace_.size());
  }

  /// W as the product of a unit matrix with it.
  Weights weights(const Arrays& arrays) override {
    const int inputs = plan_.network.inputs(), outputs = plan_.network.layers[0].units;
    std::vector<float> unit(static_cast<std::size_t>(inputs) * static_cast<std::size_t>(inputs), 0.0f);
    for (std::size_t i = 0; i < unit.size(); i += static_cast<std::size_t>(inputs) + 1) unit[i] = 1.0f;
    const Buffer<float> a(context_, unit), w(context_, static_cast<std::size_t>(inputs * outputs));
    const auto of_unit = shape(1, arrays.genes, inputs);
    const Buffer<unsigned char> workspace(
        context_, basis::workspace_bytes(context_, of_unit, is_basis_stored(layout_), false));
    Inputs rows;
    rows.values = {a.data(), 0, nullptr};
    basis::forward(context_, of_unit, rows, numbers_of(arrays, layout_), arrays.learned[0], arrays.scale, {},
                   {w.data(), 0, nullptr}, false, workspace.data(), workspace.size());
    return {w.download(), download_bias(context_, bias_of(arrays, layout_), outputs)};
  }

 private:
  basis::ProductShape shape(int replicas, const Extents& vectors, int rows) const {
    return {replicas, rows, plan_.network.inputs(), plan_.network.layers[0].units, vectors, plan_.density};
  }

  Context& context_;
  Plan plan_;
  Layout layout_;
  Buffer<unsigned char> workspace_;
};

class RandomBasis : public Genome {
 public:
  RandomBasis(std::int64_t vectors, bool stored) : vectors_(vectors), stored_(stored) {}

  Json to_json() const override { return {{"type", "random_basis"}, {"vectors", vectors_}}; }
  std::int64_t genes() const override { return vectors_; }

  Layout layout(const Network& network) const override {
    Layout layout;
    layout.learned.push_back({"coefficients", vectors_, network.layers[0].units});
    add_bias(network.layers[0], &layout);
    if (stored_) layout.frozen.push_back({"basis", network.inputs(), vectors_});
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    Draw draw = draw_around_basis(network.layers[0], layout(network), seed);
    draw.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(network.inputs())));
    return draw;
  }

  std::int64_t paper_parameters(const Network& network) const override {
    return vectors_ * network.layers[0].units;
  }
  std::optional<training::Encoding> fused() const override { return training::Encoding::random_basis; }
  std::unique_ptr<Genome> compact() const override { return std::make_unique<RandomBasis>(vectors_, false); }

  std::unique_ptr<Development> development(Context& context, const Plan& plan) const override {
    return std::make_unique<RandomBasisDevelopment>(context, plan, layout(plan.network));
  }

 private:
  std::int64_t vectors_;
  bool stored_;
};

}  // namespace

Value random_basis_schema() {
  return object({required("vectors", integer(1, 1 << 20),
                          "how many fixed random vectors the weights of each output are a combination of")});
}

std::unique_ptr<Genome> make_random_basis(const Json& json) {
  return std::make_unique<RandomBasis>(json.at("vectors"), true);
}

}  // namespace innate::engine
