#include "innate/engine/grown.h"

#include <algorithm>

#include "engine/cohort/measure.h"

namespace innate::engine {

namespace {

/// A view of each tensor, one behind the other.
template <class View>
void add_views(const std::vector<Tensor>& tensors, float* data, std::vector<View>* views) {
  for (const Tensor& tensor : tensors) {
    views->push_back({data, 0, nullptr});
    data += tensor.size();
  }
}

}  // namespace

Grown::Grown(Context& context, const Genome& genome, const Network& network, std::uint64_t seed,
             const std::vector<float>& learned, double density)
    : context_(context), network_(network), layout_(genome.layout(network)), host_learned_(learned) {
  const std::int64_t length = Layout::size(layout_.learned);
  if (static_cast<std::int64_t>(learned.size()) != length)
    throw Error("a genome of " + std::to_string(learned.size()) +
                " learned numbers where the network needs " + std::to_string(length));
  Draw draw = genome.draw(network, seed);
  host_frozen_ = std::move(draw.frozen);
  host_scale_ = draw.scale;
  learned_ = Buffer<float>(context, host_learned_);
  frozen_ = Buffer<float>(context, host_frozen_);
  scale_ = Buffer<float>(context, std::vector<float>{host_scale_});
  arrays_.replicas = 1;
  arrays_.genes.most = genome.genes();
  arrays_.scale = scale_.data();
  add_views(layout_.learned, learned_.data(), &arrays_.learned);
  add_views(layout_.frozen, frozen_.data(), &arrays_.frozen);
  development_ = genome.development(context, {network, 1, {genome.genes()}, 0, kTestRows, density});
  development_->develop(arrays_);
}

std::vector<float> Grown::weights() { return development_->weights(arrays_); }
std::vector<float> Grown::profiles() { return development_->profiles(arrays_); }

std::vector<float> Grown::bias() const {
  std::vector<float> bias(static_cast<std::size_t>(network_.layers.back().units), 0.0f);
  for (auto [tensors, numbers] :
       {std::pair(&layout_.learned, &host_learned_), std::pair(&layout_.frozen, &host_frozen_)}) {
    const float* at = numbers->data();
    for (const Tensor& t : *tensors) {
      if (t.name == "bias") bias.assign(at, at + t.size());
      at += t.size();
    }
  }
  return bias;
}

Grown::Answers Grown::test(const DeviceImages& set) {
  const int outputs = network_.layers.back().units, rows = std::min(kTestRows, set.count());
  Buffer<float> logits(context_, static_cast<std::size_t>(rows) * static_cast<std::size_t>(outputs)),
      loss(context_, 1);
  Buffer<std::int32_t> correct(context_, 1);
  const Measured found = measure(context_, *development_, arrays_, outputs, set.count(), rows,
                                 [&set](int first, int, Inputs* inputs) {
                                   *inputs = inputs_of(set, {set.in_order() + first, 0, nullptr});
                                   return Ragged<const std::uint8_t>{set.labels() + first, 0, nullptr};
                                 },
                                 {logits, loss, correct});
  return {found.correct[0], set.count(), found.losses[0]};
}

}  // namespace innate::engine
