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

/// The weights of one of a network's layers, in host memory.
struct GrownWeights {
  /// Row-major: inputs x outputs; of fields, places x weights of a place (field.h), and of a convolution one
  /// place's: Network::weight_rows x weight_columns.
  std::vector<float> w;
  std::vector<float> bias;  // one for each neuron; 0 where the layer has none
};

class INNATE_API Grown {
 public:
  /// `numbers`: as Pool::numbers gives them. `density`: of the training set, 0 to 1, which decides the order
  /// of products. `context` must outlive the object. Throws Error where there is no genome, the network or
  /// the density is none, or `numbers` do not fit the genome's layout.
  Grown(Context& context, std::shared_ptr<const Genome> genome, const Network& network, std::uint64_t seed,
        Draw numbers, double density);
  /// The same for what Pool::learned gives; what is frozen is drawn again from the seed.
  Grown(Context& context, std::shared_ptr<const Genome> genome, const Network& network, std::uint64_t seed,
        const std::vector<float>& learned, double density);

  const Layout& layout() const { return layout_; }
  /// All learned numbers, then all frozen ones, in the layout's order.
  const std::vector<float>& learned() const { return draw_.learned; }
  const std::vector<float>& frozen() const { return draw_.frozen; }
  /// Constants s: one, or one a layer.
  const std::vector<float>& scales() const { return draw_.scales; }

  /// What a layer multiplies its inputs with, and adds.
  GrownWeights weights(int layer = 0) const;
  /// X, how strongly each of a layer's input neurons expresses each gene: inputs x genes; empty where there
  /// is no such thing. These two throw Error where the network has no such layer.
  std::vector<float> profiles(int layer = 0) const;

  struct Answers {
    std::int64_t correct = 0, images = 0;
    double loss = 0;
    double accuracy() const { return static_cast<double>(correct) / static_cast<double>(images); }
  };
  /// On all images of a set. On the test images of its training this
  /// gives the bits of the replica's last test, if that took all of them.
  Answers test(const DeviceImages& set) const;
  /// What the network answers to each image of a set, before the softmax: images x outputs.
  std::vector<float> logits(const DeviceImages& set) const;
  /// What a layer makes of each of the first `images` of a set (0: of all), behind its activation and its
  /// pools: images x units, or images x neurons of the pooled map. Throws Error also where the network has no
  /// such layer, or the set fewer images.
  std::vector<float> activations(const DeviceImages& set, int layer, std::int64_t images = 0) const;
  /// Of the mean loss over all images of a set: one number for each learned one. All images are one batch, so
  /// a batch's worth of them gives a learner's gradient. (A pool keeps its gradients no longer than a step.)
  std::vector<float> gradient(const DeviceImages& set) const;
  // These four throw Error where the images have another size than the network's grids, a label is not below
  // its outputs, or the set lies in another backend's memory.

 private:
  void check_set(const DeviceImages& set) const;

  Context& context_;
  std::shared_ptr<const Genome> genome_;
  Network network_;
  Layout layout_;
  std::uint64_t seed_;
  double density_;
  Draw draw_;  // its learned numbers are the replica's
};

}  // namespace innate::engine
