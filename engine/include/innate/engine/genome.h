// Genome: what is inherited and learned, and how the weights of a network come from it. One object says how
// one kind of genome of one size is laid out, drawn and grown; it holds no numbers of a replica.
//
// To add an encoding: one file under engine/genome/ that implements Genome, its line in registry.cpp, its
// tests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "innate/engine/network.h"
#include "innate/engine/options.h"
#include "innate/engine/tape.h"
#include "innate/kernels/api.h"

namespace innate::engine {

/// One array of a genome: rows x columns, row-major.
struct Tensor {
  std::string name;
  std::int64_t rows = 0, columns = 0;
  std::int64_t size() const { return rows * columns; }
};

/// The arrays of one replica. Learned ones lie behind each other in this order, and so do frozen ones.
struct INNATE_API Layout {
  std::vector<Tensor> learned;  // what the learner changes
  std::vector<Tensor> frozen;   // drawn once
  std::vector<Tensor> basis;    // numbers R of the replica's seeds (basis.h); stored, or made at every use
  std::int64_t scales = 1;      // constants s: one, or one a layer

  static std::int64_t size(const std::vector<Tensor>& tensors);
  static int index(const std::vector<Tensor>& tensors, const std::string& name);  // -1: not there
};

/// One replica's numbers at the start, in host memory.
struct Draw {
  std::vector<float> learned, frozen;
  std::vector<float> scales = {1.0f};  // s of W = s X O Y^T
};

/// Throws Error where a draw has more or fewer learned or frozen numbers or scales than the layout.
INNATE_API void check(const Draw& draw, const Layout& layout);

/// `own`, which fits `layout`, with the arrays and scales of `other`, which fits `from`, but for the arrays
/// that are `drawn`: these stay its own. An array may be learned in one and frozen in the other. Throws
/// Error, which names the array and both sizes, where one of the others is in one layout alone or has another
/// size, or there are more scales or bases in one of them.
INNATE_API Draw inherit(const Layout& layout, Draw own, const Layout& from, const Draw& other,
                        const std::vector<std::string>& drawn);

/// Where a gene is expressed on the grid of input neurons, which reaches from -1 (first row or column) to 1:
/// a Gaussian around (row, column) that falls to 1/e at `width`.
struct GenePlace {
  std::int64_t gene = 0;
  int channel = 0;  // of the input's colours; 0 where it is grey
  double row = 0, column = 0, width = 0;
};

/// A replica's arrays on a tape, by their names in the layout; empty where there is none of that name, or
/// where it is made from the seed.
struct Inherited {
  std::function<Variable(const std::string&)> array;
  Variable scales, seeds;

  Variable operator()(const std::string& name) const { return array(name); }
  /// The constant s number i, and the seed of the layout's basis number i.
  Variable scale(std::int64_t i) const { return scales.part(i, 1, 1); }
  Variable seed(std::int64_t i) const { return seeds.part(i, 1, 1); }
};

class INNATE_API Genome {
 public:
  virtual ~Genome() = default;
  /// What make_genome would make the same genome from: its `type` and every field.
  virtual Options options() const = 0;
  /// What decides how large it is: genes, vectors of a random basis, a dimension.
  virtual std::int64_t extent() const { return 1; }
  virtual Layout layout(const Network& network) const = 0;
  /// The replica's numbers at the start, from its seed alone.
  virtual Draw draw(const Network& network, std::uint64_t seed) const = 0;
  /// Writes down how the weights of each layer come from the genome.
  virtual std::vector<Weights> grow(Tape& tape, const Network& network, const Inherited& inherited) const = 0;
  /// The parameter count that the source paper prints; -1 where it prints none.
  virtual std::int64_t paper_parameters(const Network&) const { return -1; }
  /// Where the genes lie, for a replica's numbers; empty where genes have no places.
  virtual std::vector<GenePlace> places(const Network&, const Draw& /*numbers*/) const { return {}; }
  virtual bool has_places() const { return false; }
};

/// From its `type` and the fields of that type, as `genome` of an experiment has them (`innate schema` lists
/// them all). Throws SchemaError, which names the field and says what is allowed.
INNATE_API std::unique_ptr<Genome> make_genome(const Options& options);

}  // namespace innate::engine
