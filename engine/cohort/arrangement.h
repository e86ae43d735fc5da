// Where the arrays of a cohort's replicas lie within one buffer: each replica has a block, its tensors behind
// each other. Blocks differ in size where gene counts do; nothing is padded to the largest.
#pragma once

#include <cstdint>
#include <vector>

#include "innate/engine/genome.h"
#include "innate/kernels/context.h"

namespace innate::engine {

class Arrangement {
 public:
  /// tensors[r]: those of replica r; every replica has the same number of them.
  Arrangement(Context& context, std::vector<std::vector<Tensor>> tensors);

  std::int64_t size() const { return start_.back(); }
  std::int64_t start(int replica) const { return start_[static_cast<std::size_t>(replica)]; }
  std::int64_t length(int replica) const { return start(replica + 1) - start(replica); }

  /// From now on views see these replicas, in this order.
  void activate(const std::vector<int>& replicas);
  /// Tensor `tensor` of the active replicas.
  Ragged<float> view(float* buffer, int tensor) const;
  /// The whole blocks of the active replicas, and their lengths.
  Ragged<float> blocks(float* buffer) const;
  Extents lengths() const;

 private:
  std::vector<std::vector<Tensor>> tensors_;
  std::vector<std::int64_t> start_;  // of each replica, and the end
  std::vector<Buffer<std::int64_t>>
      offsets_;  // of each tensor, then of the block: one number an active replica
  std::vector<std::int64_t> host_lengths_;
  Buffer<std::int64_t> lengths_;
  Context& context_;
};

}  // namespace innate::engine
