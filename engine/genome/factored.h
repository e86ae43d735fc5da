// What GEM and S-GEM share: W = s X O Y^T applied to data, with O, and Y and the bias where they are learned,
// among the learned arrays. They differ in where X comes from.
#pragma once

#include "engine/genome/bias.h"
#include "engine/genome/sizes.h"
#include "innate/engine/genome.h"
#include "innate/kernels/apply.h"

namespace innate::engine {

enum class OutputIdentity { frozen, learned };
OutputIdentity output_from_json(const Json& json);
const char* name(OutputIdentity output);

/// Fields of `genome` that both have.
Field genes_field();
Field output_field();

/// Adds interaction, output_identity and bias behind what the layout holds already.
void add_factors(const Network& network, std::int64_t genes, OutputIdentity output, Layout* layout);

/// A Draw with places for every array, O drawn with deviation `interaction`, Y as N(0, 1), and the bias.
Draw draw_factors(const Network& network, const Layout& layout, std::uint64_t seed, double interaction);

/// The array's place in a draw.
float* place_of(const Layout& layout, const std::string& name, Draw* draw);

/// The deviation of W = X O Y^T for X as given (inputs x genes) and the draw's O and Y.
double deviation_of_weights(const Network& network, const Layout& layout, std::int64_t genes, const float* x,
                            Draw* draw);

class FactoredDevelopment : public Development {
 public:
  FactoredDevelopment(Context& context, const Plan& plan, Layout layout);

  void forward(const Arrays& arrays, int rows, const Inputs& inputs, Ragged<float> outputs,
               bool training) override;
  void backward(const Arrays& arrays, int rows, const Inputs& inputs, Ragged<const float> doutputs) override;
  Weights weights(const Arrays& arrays) override;
  std::vector<float> profiles(const Arrays& arrays) override;

 protected:
  /// X, and where its gradient goes.
  virtual Ragged<const float> expression(const Arrays& arrays) = 0;
  virtual Ragged<float> expression_gradient(const Arrays& arrays) = 0;

  Context& context_;
  Plan plan_;
  Layout layout_;

 private:
  apply::Shape shape(const Arrays& arrays, int rows) const;
  apply::Factors factors(const Arrays& arrays);
  Ragged<float> gradient(const Arrays& arrays, const std::string& name) const;

  Buffer<unsigned char> workspace_;
};

}  // namespace innate::engine
