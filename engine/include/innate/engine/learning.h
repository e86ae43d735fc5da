// Learners, when what they learn is tested, and when a replica stops.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "innate/engine/genome.h"
#include "innate/engine/task.h"
#include "innate/kernels/api.h"
#include "innate/kernels/optimizer.h"

namespace innate::engine {

/// What a learner writes its step down with.
struct Model {
  const Genome& genome;
  const Network& network;
  const Task& task;
};
/// A replica's own arrays on a tape: what it has inherited, all its learned numbers, and one of each of the
/// rest.
struct Own {
  Inherited inherited;
  Variable learned;               // 1 x numbers
  std::vector<Variable> tensors;  // its parts
  Variable seed, rate, clock, loss_sum;
};

/// How a genome gets better. It says which arrays it keeps of a replica, and writes a step down.
class INNATE_API Learner {
 public:
  virtual ~Learner() = default;
  /// Steps of a replica, and samples that it sees at each.
  virtual std::int64_t steps() const = 0;
  virtual int batch() const = 0;
  virtual double rate() const = 0;
  /// The arrays that it keeps beside the learned numbers, each as long as those, all 0 at first.
  virtual std::vector<std::string> kept() const = 0;
  /// Writes the section "train", of which one pass is one step.
  virtual void write(Tape& tape, const Model& model, const Own& own) const = 0;
};

/// Gradient descent on mini-batches. Its arrays: Adam's "first_moment" and "second_moment", SGD's "velocity",
/// which without momentum is the gradient of the last step.
struct INNATE_API Gradient : Learner {
  enum class Kind { adam, sgd } kind = Kind::adam;
  optimizer::Adam adam;
  optimizer::Sgd sgd;
  double learning_rate = 1e-3;  // of either kind
  optimizer::Schedule schedule;
  int images = 64;              // a step
  std::int64_t most = 0;        // steps; has to be given

  std::int64_t steps() const override { return most; }
  int batch() const override { return images; }
  double rate() const override { return learning_rate; }
  std::vector<std::string> kept() const override;
  void write(Tape& tape, const Model& model, const Own& own) const override;
};

/// Stops a replica after `patience` tests in a row without progress. Progress is an accuracy above the best
/// so far plus `improvement`; where improvement is 0, equalling the best is enough (as in the authors' code).
/// patience 0: never.
struct Stopping {
  int patience = 0;
  double improvement = 0;
};

/// What a test can measure beside accuracy and loss.
///   modularity      of the graph whose nodes are the neurons and whose edges are the weights between layers,
///                   without their signs: the largest over 10 starts of Louvain's method. Gives `modularity`
///   class_distance  Euclidean, of the first 1,000 test images (all, where there are fewer): the mean from an
///                   image to the mean of its class, and between the means of two classes. Gives
///                   `within_logits` and `between_logits`, and `within_hidden` and `between_hidden` behind
///                   the hidden layer's activation; of several hidden layers `within_hidden_0` and so on
enum class Measure { modularity, class_distance };

/// One number that a test has measured.
struct Measured {
  std::string name;
  double value = 0;
};

struct INNATE_API Testing {
  std::int64_t every = 1000;  // steps; also before the first step and after the last
  std::int64_t images = 0;    // drawn anew for every test; 0: all test images
  Stopping stop;
  /// Above 0, in place of `every`: so many tests from step 1 to the last, in equal ratios, at whole steps (of
  /// two at one step there is one); also before the first step.
  std::int64_t log = 0;
  std::vector<Measure> measures = {};
  /// Above 0: so many training images are held out (Classification::held); a test measures
  /// `held_out_accuracy` on them.
  std::int64_t held_out = 0;

  /// When the test comes that follows the one at step `last` (-1: there was none), in `steps` steps.
  std::int64_t next(std::int64_t last, std::int64_t steps) const;
  /// How many there are at most, in `steps` steps.
  std::int64_t count(std::int64_t steps) const;
};

/// What the stopping rule remembers of one replica.
struct INNATE_API Progress {
  double best = -1;
  int stagnant = 0;

  /// Takes the accuracy of a test; true: the rule says stop.
  bool stops(const Stopping& rule, double accuracy);
};

}  // namespace innate::engine
