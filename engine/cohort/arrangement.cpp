#include "engine/cohort/arrangement.h"

#include <algorithm>

namespace innate::engine {

Arrangement::Arrangement(Context& context, std::vector<std::vector<Tensor>> tensors)
    : tensors_(std::move(tensors)), start_(1, 0), context_(context) {
  for (const auto& of_replica : tensors_) start_.push_back(start_.back() + Layout::size(of_replica));
}

void Arrangement::activate(const std::vector<int>& replicas) {
  offsets_.clear();
  host_lengths_.clear();
  const std::size_t tensors = tensors_[0].size();
  for (std::size_t t = 0; t <= tensors; ++t) {
    std::vector<std::int64_t> offsets;
    for (const int r : replicas) {
      std::int64_t at = start(r);
      for (std::size_t before = 0; before < t && t < tensors; ++before)
        at += tensors_[static_cast<std::size_t>(r)][before].size();
      offsets.push_back(at);
    }
    offsets_.emplace_back(context_, offsets);
  }
  for (const int r : replicas) host_lengths_.push_back(length(r));
  lengths_ = Buffer<std::int64_t>(context_, host_lengths_);
}

Ragged<float> Arrangement::view(float* buffer, int tensor) const {
  return {buffer, 0, offsets_[static_cast<std::size_t>(tensor)].data()};
}

Ragged<float> Arrangement::blocks(float* buffer) const { return {buffer, 0, offsets_.back().data()}; }

Extents Arrangement::lengths() const {
  return {*std::max_element(host_lengths_.begin(), host_lengths_.end()), host_lengths_.data(),
          lengths_.data()};
}

}  // namespace innate::engine
