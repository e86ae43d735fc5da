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

Grown::Grown(Context& context, std::shared_ptr<const Genome> genome, const Network& network,
             std::uint64_t seed, const std::vector<float>& learned, double density)
    : context_(context),
      genome_(std::move(genome)),
      network_(network),
      layout_(genome_->layout(network)),
      density_(density),
      host_learned_(learned) {
  const std::int64_t length = Layout::size(layout_.learned);
  if (static_cast<std::int64_t>(learned.size()) != length)
    throw Error("a genome of " + std::to_string(learned.size()) +
                " learned numbers where the network needs " + std::to_string(length));
  Draw draw = genome_->draw(network, seed);
  host_frozen_ = std::move(draw.frozen);
  host_scale_ = draw.scale;
  learned_ = Buffer<float>(context, host_learned_);
  frozen_ = Buffer<float>(context, host_frozen_);
  scale_ = Buffer<float>(context, std::vector<float>{host_scale_});
  seed_ = Buffer<std::uint64_t>(context, std::vector<std::uint64_t>{seed});
  arrays_.replicas = 1;
  arrays_.genes.most = genome_->genes();
  arrays_.scale = scale_.data();
  arrays_.seeds = seed_.data();
  add_views(layout_.learned, learned_.data(), &arrays_.learned);
  add_views(layout_.frozen, frozen_.data(), &arrays_.frozen);
}

/// Grown, and ready for calls of so many rows.
std::unique_ptr<Development> Grown::develop(int rows) const {
  auto development = genome_->development(context_, {network_, 1, {genome_->genes()}, 0, rows, density_});
  development->develop(arrays_);
  return development;
}

Weights Grown::weights() const { return develop(1)->weights(arrays_); }
std::vector<float> Grown::profiles() const { return develop(1)->profiles(arrays_); }

Grown::Answers Grown::test(const DeviceImages& set) const {
  const int outputs = network_.layers.back().units, rows = std::min(kTestRows, set.count());
  Buffer<float> logits(context_, static_cast<std::size_t>(rows) * static_cast<std::size_t>(outputs)),
      loss(context_, 1);
  Buffer<std::int32_t> correct(context_, 1);
  const auto development = develop(rows);
  const Measured found = measure(context_, *development, arrays_, outputs, set.count(), rows,
                                 [&set](int first, int, Inputs* inputs) {
                                   *inputs = inputs_of(set, {set.in_order() + first, 0, nullptr});
                                   return Ragged<const std::uint8_t>{set.labels() + first, 0, nullptr};
                                 },
                                 {logits, loss, correct});
  return {found.correct[0], set.count(), found.losses[0]};
}

}  // namespace innate::engine
