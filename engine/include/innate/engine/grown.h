// Grown: the network that grows from one replica's genome, to be looked at, stored, or tested on other images
// than those of its training.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "innate/engine/genome.h"
#include "innate/engine/task.h"
#include "innate/kernels/api.h"

namespace innate::engine {

class INNATE_API Grown {
 public:
  /// `learned`: as Cohort::learned gives them; what is frozen is drawn again from the seed. `density`: of the
  /// training set, which decides the order of products (Plan). `context` must outlive the object. Throws
  /// Error where `learned` has another length than the genome's layout.
  Grown(Context& context, std::shared_ptr<const Genome> genome, const Network& network, std::uint64_t seed,
        const std::vector<float>& learned, double density);

  const Layout& layout() const { return layout_; }
  /// All learned numbers, then all frozen ones, in the layout's order.
  const std::vector<float>& learned() const { return host_learned_; }
  const std::vector<float>& frozen() const { return host_frozen_; }
  float scale() const { return host_scale_; }

  /// As Development gives them; `profiles` may be empty.
  Weights weights() const;
  std::vector<float> profiles() const;

  struct Answers {
    std::int64_t correct = 0, images = 0;
    double loss = 0;
    double accuracy() const { return static_cast<double>(correct) / static_cast<double>(images); }
  };
  /// On all images of a set whose labels the network's outputs cover. On the test images of its training this
  /// gives the bits of the replica's last test, if that took all of them.
  Answers test(const DeviceImages& set) const;

 private:
  std::unique_ptr<Development> develop(std::vector<int> rows) const;

  Context& context_;
  std::shared_ptr<const Genome> genome_;
  Network network_;
  Layout layout_;
  double density_;
  std::vector<float> host_learned_, host_frozen_;
  float host_scale_;
  Buffer<float> learned_, frozen_, scale_;
  Buffer<std::uint64_t> seed_;
  Arrays arrays_;
};

}  // namespace innate::engine
