// Genome: what is inherited and learned, and how a network develops from it. One object says how one kind of
// genome of one size is laid out, drawn and grown; it holds no numbers of a replica.
//
// To add an encoding: one file under engine/genome/ that implements Genome and Development, its line in
// registry.cpp, and its tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "innate/engine/network.h"
#include "innate/engine/schema.h"
#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/training.h"
#include "innate/kernels/view.h"

namespace innate::engine {

/// One array of a genome: rows x columns, row-major.
struct Tensor {
  std::string name;
  std::int64_t rows = 0, columns = 0;
  std::int64_t size() const { return rows * columns; }
};

/// The arrays of one replica, in the order in which they lie behind each other in its block of memory.
struct INNATE_API Layout {
  std::vector<Tensor> learned;  // what the optimizer changes
  std::vector<Tensor> frozen;   // drawn once

  static std::int64_t size(const std::vector<Tensor>& tensors);
  static int index(const std::vector<Tensor>& tensors, const std::string& name);  // -1: not there
};

/// One replica's numbers at the start, in host memory.
struct Draw {
  std::vector<float> learned, frozen;
  float scale = 1.0f;  // s of W = s X O Y^T
};

/// The replicas that are being trained, as a Development sees them: views over the cohort's memory in which
/// the i-th active replica is number i. Views are in the order of Layout.
struct Arrays {
  int replicas = 0;
  std::vector<Ragged<float>> learned, gradients;
  std::vector<Ragged<const float>> frozen;
  Extents genes;                         // genes.most stays the whole cohort's
  const float* scale = nullptr;          // one a replica
  const std::uint64_t* seeds = nullptr;  // one a replica
};

/// Where a gene is expressed on the grid of input neurons, which reaches from -1 (first row or column) to 1:
/// a Gaussian around (row, column) that falls to 1/e at `width`.
struct GenePlace {
  std::int64_t gene = 0;
  int channel = 0;  // of the input's colours; 0 where it is grey
  double row = 0, column = 0, width = 0;
};

/// A network's only layer, in host memory.
struct Weights {
  std::vector<float> w;     // inputs x outputs, row-major
  std::vector<float> bias;  // outputs; 0 where the layer has none
};

/// Grows the networks of a cohort and carries gradients back to its genomes; owns the arrays in between.
class INNATE_API Development {
 public:
  virtual ~Development() = default;
  /// Genome -> what `forward` needs. To be called whenever the learned arrays have changed.
  virtual void develop(const Arrays& arrays) = 0;
  /// outputs = network(inputs), `rows` rows a replica; `training` keeps what `backward` needs.
  virtual void forward(const Arrays& arrays, int rows, const Inputs& inputs, Ragged<float> outputs,
                       bool training) = 0;
  /// From the gradient at the outputs, after `forward` with `training`, to all of arrays.gradients.
  virtual void backward(const Arrays& arrays, int rows, const Inputs& inputs,
                        Ragged<const float> doutputs) = 0;

  // For export and pictures, never for training: of one replica (arrays.replicas is 1, no view has offsets),
  // after `develop`.
  /// The weights that `forward` multiplies its inputs with and the biases that it adds.
  virtual Weights weights(const Arrays& arrays) = 0;
  /// X, how strongly each input neuron expresses each gene: inputs x genes; empty where there is no such
  /// thing.
  virtual std::vector<float> profiles(const Arrays&) { return {}; }
};

/// What a Development needs to know of the cohort that it serves.
struct Plan {
  Network network;
  int replicas = 0;
  std::vector<std::int64_t> genes;  // of each replica
  int train_rows = 0;               // 0: `backward` will not be called
  std::vector<int> test_rows;       // of the calls of a test: as many as fit, and what is left
  double density = 1.0;             // share of pixels that are not 0, of the training set

  std::int64_t most_genes() const { return *std::max_element(genes.begin(), genes.end()); }
};

class INNATE_API Genome {
 public:
  virtual ~Genome() = default;
  /// What genome_from_json would make the same genome from: its `type` and every field.
  virtual Json to_json() const = 0;
  /// The extent that may differ between replicas of one kind: genes, vectors of a random basis, ...
  virtual std::int64_t genes() const { return 1; }
  virtual Layout layout(const Network& network) const = 0;
  /// The replica's numbers at the start, from its seed alone.
  virtual Draw draw(const Network& network, std::uint64_t seed) const = 0;
  /// The parameter count that the source paper prints; -1 where it prints none.
  virtual std::int64_t paper_parameters(const Network&) const { return -1; }
  /// Where the genes lie, for a replica's learned numbers; empty where genes have no places.
  virtual std::vector<GenePlace> places(const Network&, const std::vector<float>& /*learned*/) const {
    return {};
  }
  /// How the fused loop reads this genome; none: it is trained room by room. The layout's learned arrays must
  /// then lie in the order that training.h says.
  virtual std::optional<training::Encoding> fused() const { return std::nullopt; }
  /// The same genome, storing nothing that can be made again from the seed: less memory, more time, the same
  /// bits. Null where nothing could be saved.
  virtual std::unique_ptr<Genome> compact() const { return nullptr; }
  /// Replicas whose genomes are of the same kind share one Development, whatever their gene counts.
  virtual std::unique_ptr<Development> development(Context& context, const Plan& plan) const = 0;
};

/// From `genome` of a resolved experiment.
INNATE_API std::unique_ptr<Genome> genome_from_json(const Json& json);

}  // namespace innate::engine
