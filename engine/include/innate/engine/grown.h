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

/// The weights of a network's layer, in host memory.
struct GrownWeights {
  std::vector<float> w;     // inputs x outputs, row-major
  std::vector<float> bias;  // outputs; 0 where the layer has none
};

class INNATE_API Grown {
 public:
  /// `learned`: as Pool::learned gives them; what is frozen is drawn again from the seed. `density`: of the
  /// training set, which decides the order of products. `context` must outlive the object. Throws Error where
  /// `learned` has another length than the genome's layout.
  Grown(Context& context, std::shared_ptr<const Genome> genome, const Network& network, std::uint64_t seed,
        const std::vector<float>& learned, double density);

  const Layout& layout() const { return layout_; }
  /// All learned numbers, then all frozen ones, in the layout's order.
  const std::vector<float>& learned() const { return draw_.learned; }
  const std::vector<float>& frozen() const { return draw_.frozen; }
  float scale() const { return draw_.scale; }

  /// What the network multiplies its inputs with, and adds.
  GrownWeights weights() const;
  /// X, how strongly each input neuron expresses each gene: inputs x genes; empty where there is no such
  /// thing.
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
  Context& context_;
  std::shared_ptr<const Genome> genome_;
  Network network_;
  Layout layout_;
  std::uint64_t seed_;
  double density_;
  Draw draw_;  // its learned numbers are the replica's
};

}  // namespace innate::engine
